"""``touchline clips``: cut the actions of a match, or of several, into clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from app.command_line.analyze import source_path
from app.command_line.terminal import check_output, err, out, print_note, progress_bar, write_machine_output
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.domain.classes import DEFAULT_TABLE, extended, load_classes
from spotting_core.domain.clock import half_clock

_NAMED = 4  # classes that are named
_MOST_NOTES = 20  # lines about spots that are not cut, or not as they are asked for

if TYPE_CHECKING:  # commands that need no arrays start without the library that reads them
    from app.command_line.clip_choice import ClipOptions
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.clips.export import Exported
    from spotting_core.clips.order import Order
    from spotting_core.clips.selection import Clip
    from spotting_core.clips.sources import Footage, Sources
    from spotting_core.media.ingest import Media
    from spotting_core.media.source import MatchSource


def clips(
    sources: list[Path] | None = typer.Argument(
        None,
        metavar="[SOURCE]...",
        help="Videos, game folders, or folders with a video for each part.",
        show_default=False,
    ),
    demo: bool = typer.Option(False, "--demo", help="Cut the bundled match."),
    out_folder: Path = typer.Option(..., "--out", help="Folder to write to."),
    labels: list[str] = typer.Option([], "--class", help="Class to clip; may be repeated.", show_default="all"),
    before: float | None = typer.Option(None, min=0, help="Seconds before a spot.", show_default="the class's lead"),
    after: float | None = typer.Option(None, min=0, help="Seconds after a spot.", show_default="the class's lag"),
    confidence: float | None = typer.Option(
        None, min=0, max=1, help="Least confidence of a predicted spot.", show_default="0.5; all of a selection"
    ),
    half: int | None = typer.Option(None, min=1, help="Only the part of this number."),
    mark: list[str] = typer.Option([], "--mark", help='A stretch of your own, as "1 02:34.04-02:48"; may be repeated.'),
    label_file: Path | None = typer.Option(
        None, "--labels", help="Spots of a label or result file, in place of an analysis."
    ),
    classes: str | None = typer.Option(
        None,
        "--classes",
        help="Class table of the labels (.csv or class.txt): their margins, and that every label is in it.",
        show_default=f"{DEFAULT_TABLE}, and what else they name",
    ),
    reviewed: bool = typer.Option(False, "--reviewed", help="Spots that reviewers accepted, moved or added."),
    shots: list[str] = typer.Option(
        [], "--shots", help="Shots in place of actions: replay, live, main, close, goal, or a camera; may be repeated."
    ),
    replays: bool = typer.Option(False, "--replays", help="Spots inside replays too."),
    with_replays: bool = typer.Option(False, "--with-replays", help="After each action the replays that show it."),
    rivals: bool = typer.Option(
        False,
        "--rivals",
        help="Every class that a moment may be, where classes exclude each other, not the surest alone.",
    ),
    breaks: bool = typer.Option(
        False, "--breaks", help="Spots in warm-up, breaks and studio too, where the clock of the broadcast was read."
    ),
    selection: str | None = typer.Option(None, "--selection", help="Name of a selection that was saved in the app."),
    analysis_folder: Path | None = typer.Option(
        None,
        "--analysis",
        help="An analysis.",
        show_default="the one that the app uses of this match",
    ),
    reel: bool = typer.Option(False, "--reel", help="All clips in one file."),
    titles: bool = typer.Option(True, help="Show a title card before each clip of a reel."),
    fast: bool = typer.Option(False, "--fast", help="Copy without encoding; a clip then starts at a key frame."),
    slow: float = typer.Option(1.0, min=0.1, max=1.0, help="Speed around the spot: 0.5 is half, without sound."),
    size: int | None = typer.Option(None, help="Lines of the picture, even.", show_default="the video's own"),
    sound: bool = typer.Option(True, help="Keep the sound."),
    overlay: bool = typer.Option(False, "--overlay", help="Draw the heat map and the boxes of the analysis."),
    caption: bool = typer.Option(False, "--caption", help="Write class and match time on the picture."),
    also: list[str] = typer.Option([], "--also", help="Also write the selection as sportscode or otio."),
    names: str = typer.Option(
        "",
        "--names",
        help="How files are called, of {number}, {match}, {class}, {team}, {time}, {part} and {caption}; a reel, of "
        "{match} and {clips}.",
        show_default="{number}_{class}_{time}; reel",
    ),
    zipped: bool = typer.Option(False, "--zip", help="Put everything into one zip."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace an export that is there."),
    json_file: str | None = typer.Option(
        None, "--json", help="Write what was exported as JSON to this file (- for standard output)."
    ),
) -> None:
    """Cut the actions of one match or several into clips, exact to the frame, with a manifest.

    Spots are those of the analysis that the app uses of a match, of --labels, or of the reviewers; or the clips are
    those of a --selection or of --shots. Spots inside replays are left out where the cameras are known,
    and predicted ones of warm-up, breaks and studio where the clock of the broadcast has been read.
    What cannot be cut is told; the other clips are written.
    """
    from app.command_line.clip_choice import ClipOptions
    from spotting_core.clips.order import Order

    choice = ClipOptions(
        tuple(labels), half, confidence, before, after, tuple(mark), label_file, reviewed, selection, slow, caption,
        tuple(shots), replays, with_replays, classes, rivals, breaks,
    )  # fmt: skip
    check_output(json_file)
    _refuse_overwriting(out_folder, overwrite)
    _check_of_one(sources or [], choice, analysis_folder)
    paths = [source_path(path, demo) for path in sources] if sources else [source_path(None, demo)]
    chosen, footage, left_out, notes = _chosen(paths, choice, analysis_folder)
    order = Order(
        tuple(chosen), reel, fast, size, titles, _layers(overlay, caption), sound, tuple(also), zipped,
        names,
    )  # fmt: skip
    for note in notes[:_MOST_NOTES]:
        print_note(note)
    if len(notes) > _MOST_NOTES:
        err.print(f"… and {len(notes) - _MOST_NOTES} more.", highlight=False)
    exported = _export(order, footage, out_folder)
    if left_out and json_file != "-":
        spots = "1 spot in a replay is" if left_out == 1 else f"{left_out} spots in replays are"
        out.print(f"{spots} left out; --replays takes what lies in replays too.", highlight=False)
    _report(exported, order, footage, json_file)


def _check_of_one(sources: Sequence[Path], choice: ClipOptions, analysis_folder: Path | None) -> None:
    """Refuse what can only be said of one match where there are several."""
    options = {
        "--mark": choice.marks, "--labels": choice.label_file, "--selection": choice.selection,
        "--analysis": analysis_folder,
    }  # fmt: skip
    of_one = [name for name, value in options.items() if value]
    if len(sources) > 1 and of_one:
        raise BadInputError(
            f"{' and '.join(of_one)} can be said of one match only", fix="Cut the matches one after the other"
        )


def _chosen(
    paths: Sequence[Path], choice: ClipOptions, analysis_folder: Path | None
) -> tuple[list[Clip], Sources, int, list[str]]:
    """The clips of all matches, match by match, what they are cut from, how many spots in replays are left out, and
    what is to be said of the others."""
    from app.command_line.clip_choice import chosen_clips
    from app.components.look import look
    from spotting_core.clips.sources import Sources
    from spotting_core.media.source import open_match

    data, chosen, footage, left_out = DataDirectory.default().ensure(), [], {}, 0
    notes: list[str] = []
    for number, path in enumerate(dict.fromkeys(paths)):
        match = open_match(path)
        own, said = _with_classes(_footage(match, data, analysis_folder), choice, match)
        footage[str(number)] = own
        clips_of_match = chosen_clips(choice, match, data, own)
        chosen += [replace(clip, match=str(number)) for clip in clips_of_match.clips]
        left_out += clips_of_match.left_out
        title = f"{own.title}: " if len(paths) > 1 else ""
        notes += [f"{title}{note}" for note in (*said, *clips_of_match.notes)]
    return chosen, Sources(footage, look()), left_out, notes


def _with_classes(footage: Footage, choice: ClipOptions, match: MatchSource) -> tuple[Footage, list[str]]:
    """What clips are cut from, with the class table that is named, or with what labels name besides; and what to say
    of it.

    Errors:
        BadInputError: no such table, or labels that cannot be read.
    """
    from spotting_core.formats import registry

    if choice.classes is not None:
        return replace(footage, classes=load_classes(choice.classes)), []
    if choice.label_file is None:
        return footage, []
    document = registry.read_of_match(choice.label_file, match.path.name)
    table = extended(footage.classes, (spot.label for spot in document.spots))
    own = table.names[len(footage.classes) :]
    if not own:
        return footage, []
    named = ", ".join(own[:_NAMED]) + (", …" if len(own) > _NAMED else "")
    margins = "clips of them last from 5 s before to 5 s after (see --classes)"
    said = f"the class table {footage.classes.name} has no {named}; {margins}"
    return replace(footage, classes=table), [said]


def _footage(match: MatchSource, data: DataDirectory, analysis_folder: Path | None) -> Footage:
    """What the clips of a match are cut from and drawn with."""
    from spotting_core.clips.sources import Footage
    from spotting_core.media.ingest import ingest
    from spotting_core.media.source import team_names

    media = {h.half: ingest(h.path, data) for h in match.halves}
    analysis = _analysis_of(match, data, analysis_folder)
    classes = load_classes() if analysis is None else analysis.classes
    return Footage(media, classes, match.fixture.title, team_names(match.fixture), analysis)


def _analysis_of(match: MatchSource, data: DataDirectory, folder: Path | None) -> Analysis | None:
    """The named analysis, else the one that is used of the match, else None.

    Errors:
        BadInputError: the named one is none, or that of another match.
    """
    from app.command_line.match_layers import match_layers, note_gone_choice
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.tasks.spotting import SPOTTING

    if folder is None:
        layers = [layer for layer in match_layers(match, data) if layer.record.task == SPOTTING.name]
        note_gone_choice(match, data, layers)
        return next(iter(layers), None)
    analysis = Analysis.open(folder)
    if analysis.record.source_id != match.content_hash(data):
        raise BadInputError(
            f"this is the analysis of another match, {analysis.record.title}",
            where=folder,
            fix="Name one of this match",
        )
    return analysis


def _layers(overlay: bool, caption: bool) -> frozenset[str]:
    from spotting_core.clips.drawing import BOXES, CAPTION, MAP

    return frozenset([*((MAP, BOXES) if overlay else ()), *((CAPTION,) if caption else ())])


def _refuse_overwriting(folder: Path, overwrite: bool) -> None:
    from spotting_core.clips.export import ZIP
    from spotting_core.clips.manifest import MANIFEST

    try:
        if folder.exists() and not folder.is_dir():
            raise BadInputError("this is a file, not a folder", where=folder, fix="Name another --out")
        exported = any((folder / name).exists() for name in (MANIFEST, ZIP))
    except OSError as error:  # a name that is too long, or a folder that may not be looked into
        raise cannot_write(error, folder) from error
    if exported and not overwrite:
        raise BadInputError("there is an export already", where=folder, fix="Name another --out, or give --overwrite")


def _export(order: Order, sources: Sources, folder: Path) -> Exported:
    from spotting_core.clips.export import export_clips
    from spotting_core.samples.progress import AnalysisProgress

    with progress_bar() as bar:
        task = bar.add_task(escape(sources.titles), total=None, note="")

        def report(progress: AnalysisProgress) -> bool:
            note = f"{progress.stage}, {progress.speed:.1f}× real time" if progress.speed else progress.stage
            bar.update(task, total=progress.total, completed=progress.done, note=note)
            return True

        return export_clips(order, sources, folder, report)


def _report(exported: Exported, order: Order, sources: Sources, json_file: str | None) -> None:
    """Say what was exported; a clip that failed ends the command with 1."""
    if json_file is not None:
        write_machine_output(exported.as_json(), json_file)
    if json_file != "-":
        _print_summary(exported, order, sources)
    if exported.failed:
        raise typer.Exit(1)


def _is_heard(media: Media | None) -> bool:
    return media is not None and bool(media.info.audio)


def _print_summary(exported: Exported, order: Order, sources: Sources) -> None:
    whole = [r for r in exported.results if r.file is not None]
    for result in whole if order.fast else ():
        assert result.starts is not None
        early = (result.clip.start - result.starts) / 1e6
        out.print(
            f"{result.file} starts {early:.2f} s early, at {half_clock(result.starts)} of "
            f"{sources.of(result.clip).classes.parts.title(result.clip.half)}",
            highlight=False,
        )
    for result in exported.results:
        if result.error:
            err.print(f"[yellow]Clip {result.number} {result.state}:[/yellow] {escape(result.error)}", highlight=False)
        for warning in result.warnings:
            err.print(f"[yellow]Clip {result.number}:[/yellow] {warning}", highlight=False, soft_wrap=True)
    if order.sound and any(c.slow < 1.0 and _is_heard(sources.of(c).media.get(c.half)) for c in order.clips):
        out.print("There is no sound where the picture is slow.")
    made = "1 clip" if len(whole) == 1 else f"{len(whole)} clips"
    out.print(f"{made} of {escape(sources.titles)} in {escape(str(exported.folder))}", highlight=False, soft_wrap=True)
