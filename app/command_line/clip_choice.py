"""Which clips ``touchline clips`` cuts: those of spots, of a saved selection, and stretches that were marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.clips.selection import Choice, Clip, Margins, clips_of, parse_mark
from spotting_core.clips.sources import Footage
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, Spotting
from spotting_core.formats import registry
from spotting_core.formats.document import Options
from spotting_core.media.source import MatchSource
from spotting_core.store.database import open_database
from spotting_core.store.reviews import Reviews
from spotting_core.store.selections import Selections
from spotting_core.store.tables import MatchRow


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

    def __post_init__(self) -> None:
        by_option = {"--labels": self.label_file, "--reviewed": self.reviewed or None, "--selection": self.selection}
        sources = [name for name, value in by_option.items() if value is not None]
        if len(sources) > 1:
            raise BadInputError(
                f"clips come from one place, and {' and '.join(sources)} name two", fix="Give one of them"
            )
        if self.selection is not None and (self.before is not None or self.after is not None):
            raise BadInputError(
                "the clips of a selection have their own in and out points", fix="Leave out --before and --after"
            )


def chosen_clips(choice: ClipOptions, match: MatchSource, data: DataDirectory, footage: Footage) -> list[Clip]:
    """The clips that are asked for: a selection in its own order, else in the order of half and time.

    Errors:
        BadInputError: an unknown class, half, selection or mark, or no spots to choose from.
    """
    classes = footage.classes
    for label in choice.labels:
        classes.index(label)
    if choice.half is not None and choice.half not in footage.media:
        raise BadInputError(f"this match has no {classes.parts.title(choice.half)}", where=match.path)
    marks = [parse_mark(text) for text in choice.marks]
    for mark in marks:
        classes.parts.check(mark.half)
    halves = (choice.half,) if choice.half else ()
    if choice.selection is not None:
        criteria = Choice(choice.labels, halves, least=choice.confidence or 0.0)
        kept = Selections(open_database(data)).by_name(_match_id(match, data), choice.selection).clips
        clips = [*(c for c in kept if criteria.takes(c.spot)), *marks]
    else:
        least = DEFAULT_THRESHOLD if choice.confidence is None else choice.confidence
        spots = _spots(choice, match, data, footage, least)
        lengths = {half: m.table.duration for half, m in footage.media.items()}
        margins = Margins(classes, lead=choice.before, lag=choice.after)
        clips = [*clips_of(spots, margins, lengths, Choice(choice.labels, halves, least=least)), *marks]
        clips.sort(key=lambda c: (c.half, c.start))
    return [_finished(clip, choice, footage) for clip in clips]


def _spots(choice: ClipOptions, match: MatchSource, data: DataDirectory, footage: Footage, least: float) -> list[Spot]:
    """Spots of the label file or the reviewers, else of the analysis; none where only marks are asked for."""
    if choice.label_file is not None:
        options = Options(footage.classes)
        return registry.read_of_match(choice.label_file, match.path.name, options=options).sorted_spots
    if choice.reviewed:
        return Reviews(open_database(data)).standing(_match_id(match, data))
    if choice.marks and not choice.labels:
        return []
    if footage.analysis is None:
        raise BadInputError(
            "this match has not been analysed", where=match.path, fix="Run touchline analyze, or give --labels"
        )
    return footage.analysis.spots(Spotting(threshold=least))


def _match_id(match: MatchSource, data: DataDirectory) -> str:
    """The library's name of a match.

    Errors:
        BadInputError: it is not in the library.
    """
    with open_database(data).reading() as session:
        match_id = session.scalar(select(MatchRow.id).where(MatchRow.path == str(match.path)))
    if match_id is None:
        raise BadInputError("this match is not in the library", where=match.path, fix="Add it in the app first")
    return match_id


def _finished(clip: Clip, choice: ClipOptions, footage: Footage) -> Clip:
    """A clip with the speed and the caption that are asked for; what a selection says of them stays."""
    slow = choice.slow if choice.slow < 1.0 else clip.slow
    caption = clip.caption or (_caption(clip, footage) if choice.caption else "")
    return replace(clip, slow=slow, caption=caption)


def _caption(clip: Clip, footage: Footage) -> str:
    """Class and team of a clip, for people."""
    return ", ".join(filter(None, [footage.short(clip.label), footage.teams.get(clip.team)]))
