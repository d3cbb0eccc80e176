"""Boundary systems on the same videos, beside what their papers claim: ``make bench-boundaries``.

python -m benchmarks.boundaries SIMMATCH [--retrain]

SIMMATCH holds the splits of simmatch. Measured is on three sets: made videos (``boundary_videos``), the matches of
clip25, and the demo match. Nothing is trained on any of them, nor on pictures of them; the made videos of test have
clip25's footage, though. ``frame-boundaries`` is the one that ships; the others are trained as
assets/training/<system>.toml says, in minutes, and kept in .runs/boundaries; --retrain trains all of them anew.

Average precision is that of the SoccerNet-v2 development kit within a second, over all changes and by kind, with a 95 %
interval from a bootstrap over matches where there are several. The official one is of the files as they are; the others
leave out labels at which a recording ends (simmatch has one in each half), for no new shot begins there. What it
ignores stands beside it: how many frames matched boundaries are off, and which kind is taken for which, of what is
surer than a half.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.settings import DEMO
from benchmarks.bootstrap import interval_over_matches
from benchmarks.boundary_errors import FALSE, MISSED, BoundaryErrors
from benchmarks.boundary_videos import make_all
from spotting_core.base.assets import asset
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.boundaries import KINDS
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.media.thumbnail import thumbnail
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.tasks.boundaries import BOUNDARIES
from spotting_core.tasks.task import Judged
from spotting_core.training.train import TrainingOrder, train

PLACE = Path(".runs") / "boundaries"
CLAIMS = {
    "frame-boundaries": "none",
    "histogram-boundaries": ".785, unverified",
    "intensity-boundaries": ".640, unverified",
    "content-boundaries": ".622, unverified",
    "calf-boundaries": ".596, unverified",
}
"""The systems, and the average precision that SoccerNet-v2's paper is remembered to give them on its own test games."""
_SHIPS = "frame-boundaries"
FADE_MIDDLE = 4 * 40_000
"""Simmatch labels a cross fade at the first of its eight blended frames; its middle is four frames later."""
_AT_THE_END = 20_000  # microseconds: a label half a frame before the end of a video is the end of the recording
_SURE = 0.5


@dataclass(frozen=True)
class TestSet:
    """Matches to measure on; whether a fade's label is its first frame, as in simmatch."""

    name: str
    games: Sequence[Path]
    labelled_at_first: bool


@dataclass(frozen=True)
class Measured:
    """What one system says of one set.

    Arguments:
        filed: against the labels as they lie in files; changes: without those at which a recording ends.
    """

    filed: list[Judged[Spot]]
    changes: list[Judged[Spot]]
    errors: BoundaryErrors


def sets_of(simmatch: Path, made: Path) -> list[TestSet]:
    return [
        TestSet("made", BOUNDARIES.labelled_games(made / "test"), False),
        TestSet("clip25", BOUNDARIES.labelled_games(simmatch / "clip25"), True),
        TestSet("demo", [DEMO], True),
    ]


def trained_model(name: str, made: Path, data: DataDirectory, *, anew: bool) -> LoadedModel:
    """The model that ships, or one that is trained if there is none yet."""
    out, run = PLACE / name / "model", PLACE / name / "run"
    if name == _SHIPS and not anew:
        return load_model(name)
    if anew:
        shutil.rmtree(PLACE / name, ignore_errors=True)
    if not out.is_dir():
        Console(stderr=True).print(f"Training {name}")
        train(TrainingOrder(asset("training", f"{name}.toml"), made, run, out, measured=False), data)
    return load_model(out)


def measure(model: LoadedModel, tested: TestSet, data: DataDirectory) -> Measured:
    """Analyse the matches of a set as a user would, and compare."""
    measured = Measured([], [], BoundaryErrors())
    for game in tested.games:
        source = open_match(game)
        truth, ends = BOUNDARIES.read_truth(game), {h.half: ingest(h.path, data).table.duration for h in source.halves}
        findings = analyse_match(source, model, data).findings(BOUNDARIES, least=BOUNDARIES.least_evaluated)
        changes = [_middle(s, tested) for s in truth if s.time < ends[s.half] - _AT_THE_END]
        measured.filed.append(Judged(game.name, truth, findings))
        measured.changes.append(Judged(game.name, changes, findings))
        sure = [s for s in findings if (s.confidence or 0) >= _SURE]
        for half in ends:
            measured.errors.add([s for s in changes if s.half == half], [s for s in sure if s.half == half])
    return measured


def _middle(spot: Spot, tested: TestSet) -> Spot:
    late = tested.labelled_at_first and spot.label == "smooth"
    return replace(spot, time=spot.time + FADE_MIDDLE) if late else spot


def seconds_a_minute(model: LoadedModel, place: Path) -> tuple[float, float]:
    """CPU seconds for a minute of the demo match: from its video, and with what is read known already."""
    spent = []
    data = DataDirectory(place / "data").ensure()
    halves = [ingest(half.path, data) for half in open_match(DEMO).halves]
    minutes = sum(media.table.duration for media in halves) / 60e6
    for out in ("first", "second"):
        began = time.process_time()
        analyse_match(open_match(DEMO), model, data, out=place / out)
        spent.append((time.process_time() - began) / minutes)
    shutil.rmtree(place)
    return spent[0], spent[1]


# --- tables ---------------------------------------------------------------------------------------------


def interval(judged: Sequence[Judged[Spot]]) -> str:
    """95 % interval of the corrected average precision over all changes; nothing for one match."""
    if len(judged) < 2:
        return ""
    low, high = interval_over_matches(judged, lambda m: BOUNDARIES.report(m, KINDS).average_map["all"] or 0.0)
    return f" ({low:.3f}–{high:.3f})"


def scores(measured: Measured) -> list[str]:
    """Cells of a row: average precision, corrected with its interval and official; by kind; frames off."""
    corrected = BOUNDARIES.report(measured.changes, KINDS)
    official = BOUNDARIES.report(measured.filed, KINDS, official=True)
    kinds = [corrected.per_class[kind]["all"] for kind in KINDS]
    both = [f"{corrected.average_map['all']:.3f}{interval(measured.changes)}", f"{official.average_map['all']:.3f}"]
    off = [f"{measured.errors.percentile(share):.1f}" for share in (50, 95)]
    return [*both, *(f"{value:.3f}" if value is not None else "–" for value in kinds), *off]


def print_scores(console: Console, tested: TestSet, rows: dict[str, Measured]) -> None:
    truths = BOUNDARIES.report(next(iter(rows.values())).changes, KINDS).truths
    title = f"{tested.name}: " + ", ".join(f"{int(truths[kind])} {kind}" for kind in KINDS)
    columns = ("System", "AP", "official", *KINDS, "frames off, median", "95 %", "claimed")
    table = Table(*columns, title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for name, measured in rows.items():
        table.add_row(name, *scores(measured), CLAIMS[name])
    console.print(table, "")


def print_kinds(console: Console, tested: TestSet, name: str, errors: BoundaryErrors) -> None:
    """Which kind is taken for which."""
    taken = (*KINDS, MISSED)
    title = f"{name} on {tested.name}: true kinds below each other, found kinds beside each other"
    columns = ("", *taken, "frames off, median", "95 %")
    table = Table(*columns, title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for kind in KINDS:
        off = [f"{errors.percentile(share, kind):.1f}" for share in (50, 95)]
        table.add_row(kind, *(str(errors.kinds[kind, other]) for other in taken), *off)
    table.add_row(FALSE, *(str(errors.kinds[FALSE, other]) for other in KINDS), "", "", "")
    console.print(table, "")


def print_costs(console: Console, models: dict[str, LoadedModel]) -> None:
    columns = ("System", "Parameters", "CPU s a minute, from the video", "with its features known")
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for name, model in models.items():
        parameters = sum(p.numel() for p in model.network.parameters())
        costs = seconds_a_minute(model, PLACE / "costs")
        table.add_row(name, f"{parameters:,}", *(f"{cost:.2f}" for cost in costs))
    console.print(table)


def print_by_the_way(console: Console) -> None:
    """What the thumbnails cost an analysis by the bundled model: CPU seconds of the demo, and their share of it."""
    from spotting_core.media.frames import numbered_frames

    spent = 0.0
    for half in open_match(DEMO).halves:
        media = ingest(half.path, DataDirectory(PLACE / "costs").ensure())
        for _, frame in numbered_frames(media.path, media.table):
            began = time.thread_time()  # decoding is other threads' work
            thumbnail(frame)
            spent += time.thread_time() - began
    began = time.process_time()
    place = PLACE / "costs"
    analyse_match(
        open_match(DEMO), load_model(), DataDirectory(place / "data").ensure(), out=place / "out", thumbnails=False
    )
    whole = time.process_time() - began
    shutil.rmtree(place)
    console.print(
        f"Thumbnails of the demo: {spent:.1f} CPU s, {spent / whole:.1%} of an analysis without ({whole:.0f} CPU s).",
        highlight=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("simmatch", type=Path)
    parser.add_argument("--retrain", action="store_true")
    arguments = parser.parse_args()
    made = PLACE / "made"
    if not made.is_dir():
        part = made.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        make_all(arguments.simmatch, part)
        part.rename(made)
    data = DataDirectory((PLACE / "data").absolute()).ensure()
    models = {name: trained_model(name, made, data, anew=arguments.retrain) for name in CLAIMS}
    console = Console(width=180)
    for tested in sets_of(arguments.simmatch, made):
        rows = {name: measure(model, tested, data) for name, model in models.items()}
        print_scores(console, tested, rows)
        for name, measured in rows.items():
            print_kinds(console, tested, name, measured.errors)
    print_costs(console, models)
    print_by_the_way(console)


if __name__ == "__main__":
    main()
