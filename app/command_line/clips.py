"""``touchline clips``: cut the actions of a match into clips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from app.command_line.analyze import source_of
from app.command_line.terminal import err, out, progress_bar, write_machine_output
from app.settings import DEMO
from spotting_core.classes import DEFAULT_TABLE, ClassTable, load_classes
from spotting_core.clock import half_clock
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError

if TYPE_CHECKING:  # commands that need no arrays start without the library that reads them
    from spotting_core.analysis import Analysis
    from spotting_core.clips.export import Exported
    from spotting_core.clips.order import Order
    from spotting_core.clips.selection import Clip
    from spotting_core.media.ingest import Media
    from spotting_core.media.source import MatchSource
    from spotting_core.spots import Spot

_ALSO = {"sportscode": "Sportscode XML", "otio": "OpenTimelineIO"}


def clips(
    source: Path | None = typer.Argument(
        None, help="A video, a game folder, or a folder of halves.", show_default=False
    ),
    demo: bool = typer.Option(False, "--demo", help="Cut the bundled match."),
    out_folder: Path = typer.Option(..., "--out", help="Folder to write to."),
    labels: list[str] = typer.Option([], "--class", help="Class to clip; may be repeated.", show_default="all"),
    before: float | None = typer.Option(None, min=0, help="Seconds before a spot.", show_default="the class's lead"),
    after: float | None = typer.Option(None, min=0, help="Seconds after a spot.", show_default="the class's lag"),
    confidence: float = typer.Option(0.5, min=0, max=1, help="Least confidence of a predicted spot."),
    half: int | None = typer.Option(None, min=1, max=2, help="Only this half."),
    mark: list[str] = typer.Option([], "--mark", help='A stretch of your own, as "1 02:34.04-02:48"; may be repeated.'),
    label_file: Path | None = typer.Option(
        None, "--labels", help="Spots of a label or result file, in place of an analysis."
    ),
    reviewed: bool = typer.Option(False, "--reviewed", help="Spots that reviewers accepted, moved or added."),
    selection: str | None = typer.Option(None, "--selection", help="Name of a selection that was saved in the app."),
    analysis_folder: Path | None = typer.Option(
        None, "--analysis", help="An analysis.", show_default="the newest of this match"
    ),
    reel: bool = typer.Option(False, "--reel", help="All clips in one file."),
    titles: bool = typer.Option(True, help="Show a title card before each clip of a reel."),
    fast: bool = typer.Option(False, "--fast", help="Copy without encoding; a clip then starts at a key frame."),
    slow: float = typer.Option(1.0, min=0.1, max=1.0, help="Speed around the spot: 0.5 is half, without sound."),
    size: int | None = typer.Option(None, help="Lines of the picture, such as 720.", show_default="the video's own"),
    sound: bool = typer.Option(True, help="Keep the sound."),
    overlay: bool = typer.Option(False, "--overlay", help="Draw the heat map and the boxes of the analysis."),
    caption: bool = typer.Option(False, "--caption", help="Write class and match time on the picture."),
    also: list[str] = typer.Option([], "--also", help=f"Also write the selection as {' or '.join(_ALSO)}."),
    zipped: bool = typer.Option(False, "--zip", help="Put everything into one zip."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an export that is there."),
    json_file: str | None = typer.Option(
        None, "--json", help="Write what was exported as JSON to this file (- for standard output)."
    ),
) -> None:
    """Cut the actions of a match into clips, exact to the frame, with a manifest.

    Spots are those of the newest analysis, of --labels, or of the reviewers; or the clips are those of a --selection.
    What cannot be cut is told; the other clips are written.
    """
    from spotting_core.clips.order import Order
    from spotting_core.clips.selection import Choice, Margins
    from spotting_core.media.ingest import ingest
    from spotting_core.media.source import open_match

    match = open_match(source_of(source, demo))
    data = DataDirectory.default().ensure()
    media = {h.half: ingest(h.path, data) for h in match.halves}
    analysis = _analysis_of(match, data, analysis_folder)
    classes = analysis.classes if analysis is not None else load_classes(DEFAULT_TABLE)
    for label in labels:
        classes.index(label)
    choice = Choice(tuple(labels), (half,) if half else (), least=confidence)
    margins = Margins(classes, lead=before, lag=after)
    if selection is not None:
        chosen = [c for c in _selection(match, data, selection) if not labels or c.label in labels]
    else:
        if reviewed:
            spots = _reviewed(match, data)
        else:
            spots = _spots(match, analysis, label_file, classes, confidence, bool(mark) and not labels)
        chosen = _clips(spots, margins, media, choice, mark, slow, caption, classes, match)
    order = Order(
        tuple(chosen), match.fixture.title, _teams(match), reel, fast, size, titles, _layers(overlay, caption), sound,
        tuple(also), zipped,
    )  # fmt: skip
    _refuse_overwriting(out_folder, overwrite)
    exported = _export(order, match, media, classes, analysis, out_folder)
    if json_file is not None:
        write_machine_output(exported.as_json(), json_file)
    if json_file != "-":
        _tell(exported, order)
    if exported.failed:
        raise typer.Exit(1)


def _analysis_of(match: MatchSource, data: DataDirectory, folder: Path | None) -> Analysis | None:
    """The named analysis, else the newest of the match, else None."""
    from spotting_core.analysis import ANALYSIS_FILE, Analysis

    if folder is not None:
        return Analysis.open(folder)
    made = data.analyses(match.content_hash()).glob(f"*/{ANALYSIS_FILE}")
    newest = max(made, key=lambda path: path.stat().st_mtime, default=None)
    if newest is not None:
        return Analysis.open(newest.parent)
    return Analysis.open(DEMO / "analysis") if match.path == DEMO else None


def _spots(
    match: MatchSource,
    analysis: Analysis | None,
    label_file: Path | None,
    classes: ClassTable,
    least: float,
    marks_alone: bool,
) -> list[Spot]:
    """Spots of the label file, else of the analysis."""
    from spotting_core.formats import registry
    from spotting_core.formats.document import Options
    from spotting_core.inference.suppression import Spotting

    if label_file is not None:
        return registry.read_of_match(label_file, match.path.name, options=Options(classes)).sorted_spots
    if marks_alone:
        return []
    if analysis is None:
        raise BadInputError(
            "this match has not been analysed", where=match.path, fix="Run touchline analyze, or give --labels"
        )
    return analysis.spots(Spotting(threshold=least))


def _match_id(match: MatchSource, data: DataDirectory) -> str:
    """The library's name of a match.

    Errors:
        BadInputError: it is not in the library.
    """
    from sqlalchemy import select

    from spotting_core.store.database import open_database
    from spotting_core.store.tables import MatchRow

    with open_database(data).session() as session:
        found = session.scalar(select(MatchRow.id).where(MatchRow.path == str(match.path)))
    if found is None:
        raise BadInputError("this match is not in the library", where=match.path, fix="Add it in the app first")
    return found


def _reviewed(match: MatchSource, data: DataDirectory) -> list[Spot]:
    from spotting_core.store.database import open_database
    from spotting_core.store.reviews import Reviews

    return Reviews(open_database(data)).standing(_match_id(match, data))


def _selection(match: MatchSource, data: DataDirectory, name: str) -> tuple[Clip, ...]:
    from spotting_core.store.database import open_database
    from spotting_core.store.selections import Selections

    return Selections(open_database(data)).by_name(_match_id(match, data), name).clips


def _clips(
    spots: list[Spot],
    margins: Any,
    media: dict[int, Media],
    choice: Any,
    marks: list[str],
    slow: float,
    caption: bool,
    classes: ClassTable,
    match: MatchSource,
) -> list[Clip]:
    from dataclasses import replace

    from spotting_core.clips.selection import clips_of, parse_mark

    lengths = {half: m.table.duration for half, m in media.items()}
    found = [*clips_of(spots, margins, lengths, choice), *(parse_mark(text) for text in marks)]
    teams = _teams(match)
    found = [replace(c, slow=slow, caption=caption_of(c, classes, teams) if caption else "") for c in found]
    return sorted(found, key=lambda c: (c.half, c.start))


def caption_of(clip: Clip, classes: ClassTable, teams: dict[str, str]) -> str:
    """Class and team of a clip, for people."""
    short = classes.get(clip.label).short if clip.label in classes else clip.label
    return f"{short}, {teams[clip.team]}" if clip.team in teams else short


def _teams(match: MatchSource) -> dict[str, str]:
    fixture = match.fixture
    return {side: name for side, name in (("home", fixture.home), ("away", fixture.away)) if name}


def _layers(overlay: bool, caption: bool) -> frozenset[str]:
    from spotting_core.clips.drawing import BOXES, CAPTION, MAP

    return frozenset([*((MAP, BOXES) if overlay else ()), *((CAPTION,) if caption else ())])


def _refuse_overwriting(folder: Path, overwrite: bool) -> None:
    from spotting_core.clips.export import ZIP
    from spotting_core.clips.manifest import MANIFEST

    if folder.exists() and not folder.is_dir():
        raise BadInputError("this is a file, not a folder", where=folder, fix="Name another --out")
    if not overwrite and any((folder / name).exists() for name in (MANIFEST, ZIP)):
        raise BadInputError("there is an export already", where=folder, fix="Name another --out, or give --overwrite")


def _export(
    order: Order,
    match: MatchSource,
    media: dict[int, Media],
    classes: ClassTable,
    analysis: Analysis | None,
    folder: Path,
) -> Exported:
    from app.look import look
    from spotting_core.clips.export import Sources, export_clips
    from spotting_core.inference.progress import Progress

    with progress_bar() as bar:
        task = bar.add_task(match.fixture.title, total=None, note="")

        def report(progress: Progress) -> bool:
            note = f"{progress.stage}, {progress.speed:.1f}× real time" if progress.speed else progress.stage
            bar.update(task, total=progress.total, completed=progress.done, note=note)
            return True

        return export_clips(order, Sources(media, classes, look(), analysis), folder, report)


def _tell(exported: Exported, order: Order) -> None:
    whole = [r for r in exported.results if r.file is not None]
    for result in whole if order.fast else ():
        assert result.starts is not None
        early = (result.clip.start - result.starts) / 1e6
        out.print(
            f"{result.file} starts {early:.2f} s early, at {half_clock(result.starts)} of half {result.clip.half}",
            highlight=False,
        )
    for result in exported.results:
        if result.error:
            err.print(f"[yellow]Clip {result.number} {result.state}:[/yellow] {result.error}", highlight=False)
        elif result.lost:
            err.print(f"[yellow]Clip {result.number}:[/yellow] {result.lost} frames would not decode.", highlight=False)
    if any(c.slow < 1.0 for c in order.clips):
        out.print("There is no sound where the picture is slow.")
    made = "1 clip" if len(whole) == 1 else f"{len(whole)} clips"
    out.print(f"{made} of {order.title} in {exported.folder}", highlight=False, soft_wrap=True)
