"""``touchline explain``: why a class was spotted at a time, by one method, as arrays and a figure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from app.command_line.analyze import source_path
from app.command_line.terminal import check_output, err, out, progress_bar, write_machine_output
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.computing.device import device_named
from spotting_core.domain.clock import half_clock, parse_clock
from spotting_core.models.card import BUNDLED, model_folder, read_card

if TYPE_CHECKING:
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.domain.spots import Spot
    from spotting_core.media.source import HalfSource, MatchSource
    from spotting_core.models.load import LoadedModel


_IN_NAMES = re.compile(r"[^\w.+-]+")
_NEAR = 5_000_000  # microseconds within which a time that was given is that of a spot


def explain(
    source: Path | None = typer.Argument(
        None, help="A video, a game folder, or a folder with a video for each part.", show_default=False
    ),
    time: str = typer.Option(
        ..., "--time", help="Time in the part, as 12:43 or 12:43.5; of a model of replays, in the replay."
    ),
    label: str = typer.Option(..., "--class", help="Name of the class."),
    half: int = typer.Option(1, "--half", help="Number of the part."),
    method: str | None = typer.Option(
        None,
        help="Name of a method; two take a parameter, as in 'entity-heads: 2' or 'text-similarity: a yellow card'.",
        show_default="the one measured most faithful",
    ),
    out_folder: Path = typer.Option(..., "--out", help="Where to write the arrays and the figure."),
    demo: bool = typer.Option(False, "--demo", help="The bundled match."),
    model: str = typer.Option(BUNDLED, help="Name of a bundled or added model, or a model folder."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    features: Path | None = typer.Option(
        None, help="Folder of feature files, for a model that reads them.", show_default="the match's own, or computed"
    ),
    json_file: str | None = typer.Option(None, "--json", help="Write what was found as JSON to this file (- for out)."),
) -> None:
    """Say why a class was spotted: the arrays (.npz) and a figure (.png, .svg).

    A match that is not analysed yet is analysed first.
    """
    from spotting_core.domain.spots import Spot
    from spotting_core.media.source import open_match

    check_output(json_file)
    check_output(str(out_folder / "explanation"))
    match = open_match(source_path(source, demo))
    if method is not None:
        _check_method(method, model)
    from explain.figure import save  # their libraries take seconds to load
    from explain.kept import anchor_time
    from explain.measured import default_of
    from explain.methods import method_and_parameters, probe_at
    from spotting_core.media.ingest import ingest
    from spotting_core.models.load import load_model

    loaded = load_model(model, device_named(device))
    chosen, parameters = method_and_parameters(method or default_of(loaded))
    reason = chosen.supports(loaded)
    if reason is not None:
        raise BadInputError(f"{chosen.title} does not fit {loaded.card.name}: {reason}")
    loaded.classes.index(label)
    part = _half_video(match, loaded, half)
    data = DataDirectory.default().ensure()
    analysis = analysis_of(match, loaded, data, features)
    spot = Spot(half, _time_in(analysis, half, time, match.path), label)
    probe = probe_at(analysis, ingest(part.path, data), loaded, half, anchor_time(analysis, spot))
    _note_unspotted(analysis, spot)
    attribution = chosen.explain(probe, _explained(analysis, spot), **parameters)
    stem = out_folder / _file_name(attribution, [chosen.name, *map(str, parameters.values())])
    attribution.save(stem.with_name(stem.name + ".npz"))
    figures = save(attribution, probe, stem.with_name(stem.name + ".png"))
    if json_file is not None:
        write_machine_output(_as_json(attribution, stem, figures), json_file)
    if json_file != "-":
        _print_summary(attribution, chosen.title, analysis.clock(half, attribution.anchor, 2), out_folder)


def _check_method(method: str, model: str) -> None:
    """Refuse a method that is none, or of which the model's card tells that it does not fit: before anything is loaded.

    Errors:
        BadInputError: see above, or there is no such model.
    """
    from explain.methods import method_and_parameters

    chosen, card = method_and_parameters(method)[0], read_card(model_folder(model))
    if reason := chosen.unfit(card):
        raise BadInputError(f"{chosen.title} does not fit {card.name}: {reason}")


def _half_video(match: MatchSource, model: LoadedModel, half: int) -> HalfSource:
    part = next((h for h in match.halves if h.half == half), None)
    if part is None:
        raise BadInputError(f"this match has no {model.classes.parts.title(half)}", where=match.path)
    return part


def _time_in(analysis: Analysis, half: int, text: str, match: Path) -> int:
    """The microseconds that a clock time means, where the part lasts that long."""
    time = parse_clock(text)
    if time > analysis.half(half).times[-1]:
        title, last = analysis.classes.parts.title(half), int(analysis.half(half).times[-1])
        fix = (
            f"Give a time from its own beginning, at most {last // 60_000_000}:{last // 1_000_000 % 60:02d}; "
            f"what the app shows as {analysis.clock(half, 0, 0)} is 0:00"
        )
        raise BadInputError(f"{title} is over before {text}", where=match, fix=fix)
    return time


def _note_unspotted(analysis: Analysis, asked: Spot) -> None:
    """Say that a moment is explained at which the class was not spotted, and where it was."""
    from spotting_core.tasks.replays import REPLAYS

    if analysis.record.task == REPLAYS.name:
        _note_shown(analysis, asked)
        return
    own = [s.time for s in analysis.spots() if (s.half, s.label) == (asked.half, asked.label)]
    nearest = min(own, key=lambda time: abs(time - asked.time), default=None)
    if nearest is not None and abs(nearest - asked.time) <= _NEAR:
        return
    title = analysis.classes.parts.title(asked.half)
    where = (
        f"; the nearest is at {analysis.clock(asked.half, nearest, 2)}"
        if nearest is not None
        else f", nor anywhere in {title}"
    )
    err.print(
        f"[yellow]Note:[/yellow] no {escape(asked.label)} was spotted within {_NEAR // 1_000_000} s of "
        f"{analysis.clock(asked.half, asked.time, 2)}{where}. What is explained is the score of that moment.",
        highlight=False,
        soft_wrap=True,
    )


def _explained(analysis: Analysis, asked: Spot) -> str:
    """The class that is explained; of a replay that of the action it shows, for its model speaks of moments."""
    from explain.explained_replay import NAMELESS, replay_at
    from spotting_core.tasks.replays import REPLAYS

    if analysis.record.task != REPLAYS.name:
        return asked.label
    return replay_at(analysis, asked.half, asked.time).label or NAMELESS


def _note_shown(analysis: Analysis, asked: Spot) -> None:
    """Say which action is explained of a replay that shows another one than was asked for."""
    from explain.explained_replay import NAMELESS, replay_at

    link = replay_at(analysis, asked.half, asked.time).candidates[0].link
    if link.label != asked.label:
        err.print(
            f"[yellow]Note:[/yellow] this replay shows most surely the {escape(link.label or NAMELESS)} at "
            f"{analysis.clock(link.half, link.time, 2)}. What is explained is why.",
            highlight=False,
            soft_wrap=True,
        )


def _file_name(attribution: Any, method: list[str]) -> str:
    """What the files of an attribution are called, without their suffix."""
    clock = half_clock(attribution.anchor, 2).replace(":", ".")
    return _IN_NAMES.sub("-", f"half{attribution.half}-{clock}-{attribution.label}-{'-'.join(method)}")


def _as_json(attribution: Any, stem: Path, figures: list[Path]) -> dict[str, Any]:
    names = ("method", "model", "half", "label", "anchor", "baseline", "held_fixed", "kind", "score", "seconds")
    facts = {name: getattr(attribution, name) for name in names}
    baseline = attribution.score_baseline if attribution.score_baseline == attribution.score_baseline else None
    return {**facts, "score_baseline": baseline, "scale": list(attribution.scale),
            "files": [f"{stem}.npz", *map(str, figures)]}  # fmt: skip


def _print_summary(attribution: Any, title: str, clock: str, folder: Path) -> None:
    out.print(
        f"{attribution.label} at {clock}: {attribution.score:.2f} in this window. "
        f"{title} took {attribution.seconds:.1f} s; arrays and figure are in {folder}",
        highlight=False,
        soft_wrap=True,
    )


def analysis_of(match: MatchSource, model: LoadedModel, data: DataDirectory, features: Path | None = None) -> Analysis:
    """The analysis of a match by a model: what ships beside it, what was made before, or a new one.

    Arguments:
        features: folder with the features of a model that reads them; the match's own where not given.

    Errors:
        BadInputError: see ``analyse_match``.
    """
    from app.command_line.match_layers import match_layers
    from spotting_core.inference.analyse import analyse_match
    from spotting_core.samples.progress import AnalysisProgress

    shipped = _shipped(match, model, data) if features is None else None  # it does not say which files it was made from
    if shipped is not None:
        return shipped
    with progress_bar() as bar:
        task = bar.add_task(match.fixture.title, total=None, note="")

        def report(progress: AnalysisProgress) -> bool:
            bar.update(task, total=progress.total, completed=progress.done, note=progress.stage)
            return True

        layers = match_layers(match, data)  # with what ships beside the match
        analysis = analyse_match(match, model, data, report=report, features=features, layers=layers)
    if analysis.record.notice:
        err.print(f"[yellow]Note:[/yellow] {escape(analysis.record.notice)}", highlight=False)
    return analysis


def _shipped(match: MatchSource, model: LoadedModel, data: DataDirectory) -> Analysis | None:
    """The analysis that lies beside a match, if it is of these videos and by this model."""
    from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis

    beside = match.path / "analysis"
    if not (beside / ANALYSIS_FILE).is_file():
        return None
    shipped = Analysis.open(beside)
    known = shipped.record.model
    same = (known["sha256"], known.get("settings", model.settings)) == (model.sha256, model.settings)
    return shipped if same and shipped.record.source_id == match.content_hash(data) else None
