"""``touchline features``: features of a match, in SoccerNet's layout."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.markup import escape
from rich.progress import TaskID

from app.command_line.terminal import out, progress_bar
from spotting_core.base.data_directory import DataDirectory
from spotting_core.computing.device import device_named


def features(
    source: Path = typer.Argument(help="A video, a game folder, or a folder with a video for each part."),
    backbone: str = typer.Option(
        "environment", help="environment, efficientnet-lite0, a model folder, or a timm backbone with --weights."
    ),
    weights: str = typer.Option("", help="File of a timm backbone's weights.", show_default=False),
    rate: float = typer.Option(2.0, min=0.1, max=25.0, help="Samples a second; SoccerNet's are 2 or 1."),
    reduction: Path | None = typer.Option(
        None, help="A stored reduction (a model's .reduction.safetensors), never fitted on this match."
    ),
    name: str | None = typer.Option(
        None, help="Name of the set in the file names.", show_default="the one by which models read it"
    ),
    out_folder: Path = typer.Option(..., "--out", help="Folder for 1_NAME.npy and 2_NAME.npy."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
) -> None:
    """Compute features of a match and write them as SoccerNet does: one .npy for each half, (samples, numbers).

    What was computed before is kept in the data directory, and a stopped run goes on where it was.
    """
    from spotting_core.features.extractor import load_extractor
    from spotting_core.features.files import write_features
    from spotting_core.features.reduction import Reduction
    from spotting_core.features.stored import stored_features
    from spotting_core.media.ingest import ingest
    from spotting_core.media.source import open_match

    match, data = open_match(source), DataDirectory.default().ensure()
    extractor = load_extractor(backbone, weights, device_named(device))
    applied = Reduction.load(reduction) if reduction else None
    if applied is not None:
        applied.check(extractor.dim)
    values_by_half = {}
    with progress_bar() as bar:
        for half in match.halves:
            task = bar.add_task(escape(half.path.name), total=None, note="")
            media = ingest(half.path, data)

            def report(done: int, total: int, task: TaskID = task) -> None:
                bar.update(task, completed=done, total=total)

            values_by_half[half.half] = stored_features(media, data, extractor, rate, report)
    label = name or extractor.spec.set_name(backbone) + (f"_PCA{applied.dim}" if applied else "")
    for half_number, values in values_by_half.items():
        path = write_features(out_folder, half_number, label, applied.apply(values) if applied else values)
        out.print(f"{len(values)} samples: {path}", highlight=False, soft_wrap=True)
