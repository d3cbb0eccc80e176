"""Which clips ``touchline clips`` cuts: spots, shots, a saved selection, stretches that were marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.command_line.library_match import library_name, match_id_of
from app.command_line.match_layers import match_layers
from app.library.broadcast_clock import clock_of_source
from app.library.cameras import camera_labels, unreviewed_cameras
from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.analyses.replayed_spots import LIVE_ALONE, counts, replay_marks
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.clips.replays import with_replays
from spotting_core.clips.selection import Choice, Clip, Margins, clips_of, parse_mark, shortened, uncut
from spotting_core.clips.shots import check_names, shot_clips
from spotting_core.clips.sources import Footage
from spotting_core.domain.exclusive import exclusive_sets, surest_of_moments
from spotting_core.domain.repeats import repeats_clause, spot_repeats
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, Spotting
from spotting_core.formats import registry
from spotting_core.formats.document import Options
from spotting_core.media.source import MatchSource, open_match
from spotting_core.reviewing.cameras import reviewed_cameras
from spotting_core.store.camera_reviews import CameraReviews
from spotting_core.store.database import open_database
from spotting_core.store.reviews import Reviews
from spotting_core.store.selections import Selections

_NAMED = 4  # spots that are named where none can be cut
_NONE = "none is asked for"


@dataclass(frozen=True)
class ClipOptions:
    """What the command line asks for, as the options of ``touchline clips`` say it.

    Errors:
        BadInputError: options that contradict each other.
    """

    labels: tuple[str, ...]
    half: int | None
    confidence: float | None
    before: float | None
    after: float | None
    marks: tuple[str, ...]
    label_file: Path | None
    reviewed: bool
    selection: str | None
    slow: float
    caption: bool
    shots: tuple[str, ...] = ()
    replays: bool = False
    with_replays: bool = False
    classes: str | None = None
    rivals: bool = False
    breaks: bool = False

    def __post_init__(self) -> None:
        by_option = {
            "--labels": self.label_file, "--reviewed": self.reviewed or None, "--selection": self.selection,
            "--shots": self.shots or None,
        }  # fmt: skip
        sources = [name for name, value in by_option.items() if value is not None]
        if len(sources) > 1:
            raise BadInputError(
                f"clips come from one place, and {' and '.join(sources)} name two", fix="Give one of them"
            )
        own = "selection" if self.selection is not None else "shot" if self.shots else None
        if own is not None and (self.before is not None or self.after is not None):
            raise BadInputError(
                f"the clips of a {own} have their own in and out points", fix="Leave out --before and --after"
            )
        if self.shots and self.labels:
            raise BadInputError("a clip is of a shot or of an action", fix="Give --shots or --class")


@dataclass(frozen=True)
class ChosenClips:
    """Clips of a match, how many spots were left out because they lie in replays, and what is to be said of others.

    Arguments:
        notes: clauses, also about spots of which there is no clip; read: spots that were looked at, None of other
        sources.
    """

    clips: list[Clip]
    left_out: int = 0
    notes: tuple[str, ...] = ()
    read: int | None = None


def chosen_clips(choice: ClipOptions, match: MatchSource, data: DataDirectory, footage: Footage) -> ChosenClips:
    """The clips that are asked for: a selection in its own order, else in the order of half and time.

    Errors:
        BadInputError: an unknown class, half, selection, shot or mark, or no spots or cameras to choose from.
    """
    classes = footage.classes
    for label in choice.labels:
        classes.index(label)
    if choice.half is not None and choice.half not in footage.media:
        raise BadInputError(f"this match has no {classes.parts.title(choice.half)}", where=match.path)
    marks = [parse_mark(text) for text in choice.marks]
    for mark in marks:
        classes.parts.check(mark.half, extra_time=mark.half in footage.media)
    cameras, left_out, notes, read = _cameras(choice, match, data), 0, list[str](), None
    lengths = {half: m.table.duration for half, m in footage.media.items()}
    if choice.selection is not None or choice.shots:
        criteria = Choice(choice.labels, (choice.half,) if choice.half else (), least=choice.confidence or 0.0)
        clips = [*(c for c in _ready(choice, match, data, cameras, lengths) if criteria.takes(c.spot)), *marks]
    else:
        chosen = _chosen_spots(choice, match, data, footage, cameras)
        if not (choice.reviewed or choice.label_file):  # those are true, wherever they are
            chosen = _in_play(chosen, choice, match, data, footage)
            chosen = _without_rivals(chosen, choice, footage)
        spots, left_out = chosen.spots, chosen.in_replays
        margins = Margins(classes, lead=choice.before, lag=choice.after)
        notes = [*chosen.notes, *uncut(spots, margins, lengths, classes.parts)]
        read = chosen.read
        clips = sorted([*clips_of(spots, margins, lengths), *marks], key=lambda c: (c.half, c.start))
        if read and not clips:
            raise BadInputError(
                f"of {read} {'spot' if read == 1 else 'spots'} none can be cut: {'; '.join(notes[:_NAMED]) or _NONE}",
                where=choice.label_file or match.path,
                fix="Check that they are of this match, and which are asked for",
            )
    finished = [_finished(clip, choice, footage) for clip in clips]
    if choice.with_replays:
        finished = with_replays(finished, cameras, lengths, classes)
    return ChosenClips(finished, left_out, (*notes, *shortened(marks, lengths, classes.parts)), read)


def _ready(
    choice: ClipOptions, match: MatchSource, data: DataDirectory, cameras: MatchCameras | None, lengths: dict[int, int]
) -> Sequence[Clip]:
    """Clips that have in and out points of their own: of shots, or of a selection."""
    if choice.selection is not None:
        return Selections(open_database(data)).by_name(match_id_of(match, data), choice.selection).clips
    assert cameras is not None
    check_names(choice.shots, cameras)
    return shot_clips(cameras, choice.shots, lengths)


def _cameras(choice: ClipOptions, match: MatchSource, data: DataDirectory) -> MatchCameras | None:
    """The cameras of a match as reviewers have left them; None where nothing is known of them.

    Errors:
        BadInputError: shots or replays are asked for, and nothing is known, or the labels cannot be read.
    """
    needed = bool(choice.shots) or choice.with_replays
    if needed:
        camera_labels(match.path, open_match)
    cameras = unreviewed_cameras(match.path, match_layers(match, data), open_match)
    name = library_name(match, data)
    if name is not None:
        cameras = reviewed_cameras(cameras, CameraReviews(open_database(data)).of_match(name))
    if needed and cameras is None:
        raise BadInputError(
            "nothing is known of the cameras of this match", where=match.path, fix="Run touchline analyze --task shots"
        )
    return cameras


@dataclass(frozen=True)
class _ChosenSpots:
    """The spots that are asked for and count.

    Arguments:
        in_replays: how many of those asked for lie in replays and do not count; read: spots in all.
        notes: clauses about the others.
    """

    spots: list[Spot]
    in_replays: int
    read: int
    notes: tuple[str, ...]


def _chosen_spots(
    choice: ClipOptions, match: MatchSource, data: DataDirectory, footage: Footage, cameras: MatchCameras | None
) -> _ChosenSpots:
    """The spots that are asked for and count.

    What a replay is of may be another spot than those asked for, so all are looked at before any is left out.
    """
    least = DEFAULT_THRESHOLD if choice.confidence is None else choice.confidence
    criteria = Choice(choice.labels, (choice.half,) if choice.half else (), least=least)
    spots, notes = _spots(choice, match, data, footage, least)
    passed_over = [spot for spot in spots if not criteria.takes(spot)]
    if passed_over and choice.label_file is not None:
        why = "by class, part or confidence"
        notes = (*notes, f"{_spots_said(len(passed_over))} of {len(spots)} not asked for ({why})")
    if choice.replays or choice.label_file is not None:  # what is labelled is an action, shown or not
        return _ChosenSpots([spot for spot in spots if criteria.takes(spot)], 0, len(spots), notes)
    marks = replay_marks(spots, cameras, spots)
    taken = [(spot, mark) for spot, mark in zip(spots, marks, strict=True) if criteria.takes(spot)]
    kept = [spot for spot, mark in taken if counts(mark, LIVE_ALONE, held=choice.reviewed)]
    return _ChosenSpots(kept, len(taken) - len(kept), len(spots), notes)


def _in_play(
    chosen: _ChosenSpots, choice: ClipOptions, match: MatchSource, data: DataDirectory, footage: Footage
) -> _ChosenSpots:
    """Predicted spots without those of warm-up, breaks and studio, where the clock of the broadcast has been read."""
    clock = None if choice.breaks else clock_of_source(match, data, footage.classes.parts)
    kept = chosen.spots if clock is None else clock.in_play(chosen.spots)
    left = len(chosen.spots) - len(kept)
    if not left:
        return chosen
    said = f"{_spots_said(left)} left out, for no half is played then; --breaks takes them too"
    return replace(chosen, spots=kept, notes=(*chosen.notes, said))


def _without_rivals(chosen: _ChosenSpots, choice: ClipOptions, footage: Footage) -> _ChosenSpots:
    """Predicted spots without those that compete with a surer one of the same moment."""
    if choice.rivals:
        return chosen
    kept, rivals = surest_of_moments(chosen.spots, exclusive_sets(footage.classes.name))
    if not rivals:
        return chosen
    said = f"{_spots_said(len(rivals))} left out beside a surer one of the same moment; --rivals takes all"
    return replace(chosen, spots=kept, notes=(*chosen.notes, said))


def _spots_said(count: int) -> str:
    return "1 spot is" if count == 1 else f"{count} spots are"


def _spots(
    choice: ClipOptions, match: MatchSource, data: DataDirectory, footage: Footage, least: float
) -> tuple[list[Spot], tuple[str, ...]]:
    """Spots of the label file or the reviewers, else of the analysis, and what is to be said of their file; none
    where only marks are asked for.
    """
    if choice.label_file is not None:
        options = Options(footage.classes if choice.classes else None, extra_time=True)
        document = registry.read_of_match(choice.label_file, match.path.name, options=options)
        left = (f"{number} × {reason} left out" for reason, number in document.left_out.items())
        repeats = spot_repeats(document.spots)
        twice = (repeats_clause(repeats, "spot"),) if repeats else ()
        return document.sorted_spots, (*document.notes, *left, *twice)
    if choice.reviewed:
        return Reviews(open_database(data)).standing(match_id_of(match, data)), ()
    if choice.marks and not choice.labels:
        return [], ()
    if footage.analysis is None:
        raise BadInputError(
            "this match has not been analysed", where=match.path, fix="Run touchline analyze, or give --labels"
        )
    return footage.analysis.spots(Spotting(threshold=least)), ()


def _finished(clip: Clip, choice: ClipOptions, footage: Footage) -> Clip:
    """A clip with the speed and the caption that are asked for; what a selection says of them stays."""
    slow = choice.slow if choice.slow < 1.0 else clip.slow
    caption = clip.caption or (_caption(clip, footage) if choice.caption else "")
    return replace(clip, slow=slow, caption=caption)


def _caption(clip: Clip, footage: Footage) -> str:
    """Class and team of a clip, for people."""
    return ", ".join(filter(None, [footage.short(clip.label), footage.teams.get(clip.team)]))
