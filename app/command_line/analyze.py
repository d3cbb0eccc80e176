"""``touchline analyze``: spot the actions of a match."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.progress import Progress as RichProgress
from rich.progress import TaskID
from rich.table import Table

from app.command_line.terminal import check_output, err, out, progress_bar, write_machine_output
from app.settings import DEMO
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, printable
from spotting_core.computing.device import device_named
from spotting_core.models.card import BUNDLED

if TYPE_CHECKING:  # commands that need no arrays start without the library that reads them
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.jobs.kind import Context
    from spotting_core.media.source import MatchSource
    from spotting_core.models.ensemble import Ensemble
    from spotting_core.models.load import LoadedModel
    from spotting_core.samples.progress import AnalysisProgress, ReportProgress


def analyze(
    source: Path | None = typer.Argument(
        None, help="A video, a game folder, or a folder with a video for each part.", show_default=False
    ),
    demo: bool = typer.Option(False, "--demo", help="Analyse the bundled match."),
    out_folder: Path | None = typer.Option(
        None, "--out", help="Where to write the analysis.", show_default="the data directory"
    ),
    model: list[str] = typer.Option(
        [BUNDLED], help="Name of a bundled model, or a model folder. Given several times, their scores are averaged."
    ),
    keep: Path | None = typer.Option(
        None, help="Where to keep the average of several models as a model folder.", show_default=False
    ),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    rate: float | None = typer.Option(None, help="Samples a second; must be the model's.", show_default="the model's"),
    features: Path | None = typer.Option(
        None, help="Folder of feature files, for a model that reads them.", show_default="the match's own, or computed"
    ),
    explain: bool = typer.Option(False, "--explain", help="Also explain every spot, and keep that with the analysis."),
    json_file: str | None = typer.Option(
        None, "--json", help="Write the spots as JSON to this file (- for standard output)."
    ),
) -> None:
    """Spot the actions of a match and write the analysis.

    An analysis that was stopped goes on where it was. Open the result with `touchline app`.
    """
    from spotting_core.inference.ensemble import analyse
    from spotting_core.jobs.kind import Context
    from spotting_core.media.source import check_parts, open_match
    from spotting_core.models.ensemble import load_models

    check_output(json_file)
    match = open_match(source_of(source, demo))
    loaded = load_models(model, device_named(device))
    check_parts(match, loaded.classes.parts)
    if keep is not None:
        _keep_average(keep, loaded)
    data = DataDirectory.default().ensure()
    _remember_average(keep, model, loaded, data)
    _print_doubts(match, loaded, data)
    with progress_bar() as bar:
        task = bar.add_task(escape(match.fixture.title), total=None, note="")
        options: dict[str, Any] = {"out": out_folder, "rate": rate, "features": features}
        analysis = analyse(match, loaded, data, report=_bar_report(bar, task), **options)
        if explain:
            _explain_spots(analysis, match.path, Context(data, lambda *_: True, device), bar)
    for remark in (*(f"{r}." for r in match.remarks(analysis.classes.parts)), *analysis.remarks):
        err.print(f"[yellow]Note:[/yellow] {escape(remark)}", highlight=False, soft_wrap=True)
    if json_file is not None:
        write_machine_output(as_json(analysis), json_file)
    if json_file != "-":
        _print_summary(analysis)


def _keep_average(folder: Path, loaded: LoadedModel | Ensemble) -> None:
    """Write the average of several models as a model folder.

    Errors:
        BadInputError: there is only one, or a model lies there.
    """
    from spotting_core.models.ensemble import Ensemble, save_ensemble

    if not isinstance(loaded, Ensemble):
        raise BadInputError("one model has no average to keep", where=folder, fix="Give --model several times")
    save_ensemble(folder, loaded)


def _remember_average(
    keep: Path | None, names: Sequence[str], loaded: LoadedModel | Ensemble, data: DataDirectory
) -> None:
    """Keep where the folder of an average is, if it has one; members are remembered when they are used."""
    from spotting_core.models.card import model_folder
    from spotting_core.models.ensemble import Ensemble
    from spotting_core.models.known import remember

    if isinstance(loaded, Ensemble) and (keep is not None or len(names) == 1):
        remember(keep or model_folder(names[0]), loaded.sha256, data)


def _bar_report(bar: RichProgress, task: TaskID) -> ReportProgress:
    """A report that moves the bar, and says once where stopped work goes on."""
    resumed: list[int] = []

    def report(progress: AnalysisProgress) -> bool:
        if progress.before and not resumed:
            resumed.append(progress.before)
            err.print(f"Going on at sample {progress.before} of {progress.total}.", highlight=False)
        note = f"{progress.stage}, {progress.speed:.1f}× real time" if progress.speed else progress.stage
        bar.update(task, total=progress.total, completed=progress.done, note=note)
        return True

    return report


def _print_doubts(match: MatchSource, loaded: LoadedModel | Ensemble, data: DataDirectory) -> None:
    """What the checks find wrong with the videos, before the work; the domain is told with the spots."""
    from spotting_core.media.ingest import ingest
    from spotting_core.preflight.finding import NOTE
    from spotting_core.preflight.match import check_videos
    from spotting_core.preflight.video import DOMAIN

    media = [ingest(h.path, data) for h in match.halves]
    for finding in check_videos(match, media, loaded.classes.parts, loaded.card):
        if finding.severity != NOTE and finding.check != DOMAIN:
            sentence = ". ".join(filter(None, [finding.what, finding.evidence, finding.fix]))
            err.print(f"[yellow]Note:[/yellow] {escape(printable(sentence))}.", highlight=False, soft_wrap=True)


def _explain_spots(analysis: Analysis, path: Path, context: Context, bar: RichProgress) -> None:
    """Explain the spots at the default thresholds, beside the analysis."""
    from explain.jobs.explanation import explain_spot
    from explain.kept import subject_of

    spots = analysis.spots()
    task = bar.add_task("Explanations", total=len(spots), note="")
    for done, spot in enumerate(spots, 1):
        explain_spot(analysis, path, subject_of(analysis, spot), context, ship=True)
        bar.update(task, completed=done, note=f"{spot.label} at {analysis.clock(spot.half, spot.time)}")


def source_of(source: Path | None, demo: bool) -> Path:
    """The path to work on.

    Errors:
        BadInputError: neither or both of SOURCE and --demo.
    """
    if demo == (source is not None):
        raise BadInputError("give a SOURCE or --demo", fix="A SOURCE is a video or a folder, for example my_match.mp4")
    return DEMO if source is None else source


def as_json(analysis: Analysis) -> dict[str, Any]:
    """Machine output: where the analysis lies and its spots at the default thresholds."""
    return {
        "analysis": printable(os.fspath(analysis.folder)),
        "model": analysis.record.model["name"],
        "notice": analysis.record.notice,
        "remarks": list(analysis.remarks),
        "timings": dict(analysis.record.timings),
        "spots": [
            {"half": s.half, "time": s.seconds, "label": s.label, "confidence": round(s.confidence or 0, 4)}
            for s in analysis.spots()
        ],
    }


def _print_summary(analysis: Analysis) -> None:
    spots = analysis.spots()
    counts = Counter(s.label for s in spots)
    table = Table("Class", "Spots", "When", box=None, header_style="bold", pad_edge=False)
    for action in analysis.classes:
        if counts[action.name]:
            own = [s for s in spots if s.label == action.name]
            times = ", ".join(analysis.clock(s.half, s.time) for s in own[:8])
            table.add_row(action.short, str(len(own)), times + (" …" if len(own) > 8 else ""))
    out.print(table if spots else "No spots at the default thresholds.")
    text = escape(printable(f"{len(spots)} spots of {analysis.record.title} in {analysis.folder}"))
    out.print(f"\n{text}", highlight=False, soft_wrap=True)
