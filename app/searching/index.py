"""Keeping what can be searched up to date with the library, the analyses and the reviews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.library.cameras import cameras_stamp, standing_cameras
from app.library.library import Library, Match, gone_choice
from app.library.playing import play_at_hand, play_stamp
from app.library.roots import source_of
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.counts import count_of
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import ClassTable, joined, load_classes
from spotting_core.domain.parts import common_parts
from spotting_core.domain.spots import Spot
from spotting_core.models.known import entity_model_of
from spotting_core.search.engine import SpotSearch
from spotting_core.search.rows import (
    fingerprint,
    is_tag,
    rows_of,
    stamp_of,
    unspotted_fingerprint,
    unspotted_rows,
    write_rows,
)
from spotting_core.store.camera_reviews import CameraReviews
from spotting_core.store.codes import Codes, with_codes
from spotting_core.store.database import open_database
from spotting_core.store.reviews import STANDING, ReviewedSpot, Reviews
from spotting_core.tasks.spotting import SPOTTING


@dataclass(frozen=True)
class Timeline:
    """What a match's spots lie on: its classes, with their parts, and of each part the length in microseconds and,
    where they are known, the frames of a second."""

    classes: ClassTable
    lengths: Mapping[int, int]
    rates: Mapping[int, float | None] = field(default_factory=dict)

    @classmethod
    def of_analysis(cls, analysis: Analysis) -> Timeline:
        halves = analysis.record.halves
        return cls(analysis.classes, {h.half: h.duration for h in halves}, {h.half: h.frame_rate for h in halves})

    def clock(self, half: int, time: int) -> str:
        """Match time of a moment (microseconds of a part), for people."""
        return self.classes.parts.match_clock(half, time, total=len(self.lengths), rate=self.rates.get(half))

    @property
    def length(self) -> int:
        """Microseconds of all parts."""
        return sum(self.lengths.values())


@dataclass(frozen=True)
class Searched:
    """The matches that can be searched, by id: those that a model has judged, with the analyses that are used of them,
    and those that people have tagged or labelled alone; and all classes, the default ones first.

    The parts of the classes are those that the matches have in common.

    Arguments:
        analyses: of the matches that have one; timelines: of all.
        problems: why analysed matches cannot be searched, by their ids.
        labelled: ids of the matches in which no model has spotted, and whose labels can be found.
        notes: a word about each match whose chosen model has no analysis any more, or of whose labels some are left
            out, by its id.
    """

    matches: dict[str, Match]
    analyses: dict[str, Analysis]
    timelines: dict[str, Timeline]
    classes: ClassTable
    problems: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    labelled: frozenset[str] = frozenset()

    @property
    def most_parts(self) -> int:
        """The highest number that a part of a match has or may have."""
        there = (half for timeline in self.timelines.values() for half in timeline.lengths)
        return max(self.classes.parts.count or 1, *there, 1)

    @property
    def last_minute(self) -> int:
        """Last minute of the match clock of any match."""
        return last_minute_of(self.timelines.values()) or self.classes.parts.last_minute({})


def last_minute_of(timelines: Iterable[Timeline]) -> int:
    """Last minute of the match clock of any of some matches; 0 where there is none."""
    return max((t.classes.parts.last_minute(t.lengths) for t in timelines), default=0)


def bring_up_to_date(
    search: SpotSearch, library: Library, reviews: Reviews, camera_reviews: CameraReviews, data: DataDirectory
) -> Searched:
    """Write the rows of matches that have changed, and have them read.

    A match whose analysis cannot be read is left out, and told among the problems.
    """
    searched, used, timelines, problems, notes = {}, {}, {}, {}, {}
    labelled: set[str] = set()
    for match in library.matches():
        layers = library.layers(match)
        if not layers or layers[0].record.task != SPOTTING.name:
            if damaged := library.damaged(match):
                problems[match.id] = f"{match.title}: {damaged[0].problem}"
                continue
            known = _known(library, match, reviews, data)
            if known.tags or known.labels:
                _write_known(match, known, layers, camera_reviews, data)
                searched[match.id], timelines[match.id] = match, known.timeline
            if known.labels:
                labelled.add(match.id)
            if known.left_out:
                notes[match.id] = f"{match.title}: {known.left_out}"
            continue
        try:
            _write(match, layers, library, reviews, camera_reviews, data)
        except TouchlineError as problem:
            problems[match.id] = f"{match.title}: {problem}"
            continue
        searched[match.id], used[match.id] = match, layers[0]
        timelines[match.id] = _with_tags(Timeline.of_analysis(layers[0]), match, reviews, data)
        if word := gone_choice(layers, library.chosen(match)):
            notes[match.id] = f"{match.title}: {word}"
    search.refresh(list(searched))
    tables = list(dict.fromkeys(t.classes for t in timelines.values())) or [load_classes()]
    parts = common_parts(table.parts for table in tables)
    classes = replace(joined([load_classes(), *tables]), parts=parts)
    return Searched(searched, used, timelines, classes, problems, notes, frozenset(labelled))


def _with_tags(timeline: Timeline, match: Match, reviews: Reviews, data: DataDirectory) -> Timeline:
    """The same with the codes that people have tagged the match with among its classes."""
    labels = [r.label for r in reviews.of_match(match.id) if r.state in STANDING and is_tag(r)]
    if all(label in timeline.classes for label in labels):
        return timeline
    codes = [code for code in Codes(open_database(data)).all() if code.name in labels]
    return replace(timeline, classes=with_codes(timeline.classes, codes, labels))


@dataclass(frozen=True)
class _Known:
    """What people know of a match that no model has spotted in.

    Arguments:
        tags: reviews that stand; labels: within its videos; left_out: a sentence on labels that are not among them.
    """

    timeline: Timeline
    tags: Sequence[ReviewedSpot] = ()
    labels: Sequence[Spot] = ()
    left_out: str = ""


def _known(library: Library, match: Match, reviews: Reviews, data: DataDirectory) -> _Known:
    """What people know of a match; nothing where its video is gone."""
    nothing = _Known(Timeline(load_classes(), {}))
    tags = [review for review in reviews.of_match(match.id) if review.state in STANDING]
    try:
        source = source_of(match.path)
    except TouchlineError:  # the library says it
        return nothing
    try:
        # An action from before the first frame is put on it.
        labels, problem = [replace(spot, time=max(0, spot.time)) for spot in library.truth(match)], ""
    except TouchlineError as error:
        labels, problem = [], f"its labels are left out: {error}"
    if not tags and not labels:  # nothing of its videos has to be read
        return replace(nothing, left_out=problem)
    try:
        lengths = library.lengths(source)
    except TouchlineError:
        return nothing
    inside = [spot for spot in labels if spot.time <= lengths.get(spot.half, -1)]
    outside = len(labels) - len(inside)
    if outside:
        problem = f"{count_of(outside, 'label')} outside its videos {'is' if outside == 1 else 'are'} left out."
    names = [*(review.label for review in tags), *(spot.label for spot in inside)]
    classes = with_codes(load_classes(), Codes(open_database(data)).all(), names)
    return _Known(Timeline(classes, lengths), tags, inside, problem)


def _write_known(
    match: Match, known: _Known, layers: Sequence[Analysis], camera_reviews: CameraReviews, data: DataDirectory
) -> None:
    classes, cameras_now = known.timeline.classes, cameras_stamp(match, layers, camera_reviews)
    stamp = unspotted_fingerprint(match.title, classes.name, known.tags, known.labels, cameras_now)
    if stamp_of(data.search / f"{match.id}.parquet") != stamp:
        cameras = standing_cameras(match, layers, camera_reviews)
        rows = unspotted_rows(match.id, match.title, classes, known.tags, known.labels, cameras)
        write_rows(data.search, match.id, stamp, rows)


def _write(
    match: Match,
    layers: Sequence[Analysis],
    library: Library,
    reviews: Reviews,
    camera_reviews: CameraReviews,
    data: DataDirectory,
) -> None:
    analysis, known, truth = layers[0], reviews.of_match(match.id), _truth(library, match)
    vision_model = entity_model_of(analysis.record.model, data) if analysis.has("image_embeddings") else None
    cameras_now, play_now = cameras_stamp(match, layers, camera_reviews), play_stamp(match, analysis, layers, data)
    stamp = fingerprint(analysis, known, truth, vision_model, cameras_now, play_now)
    if stamp_of(data.search / f"{match.id}.parquet") != stamp:
        cameras = standing_cameras(match, layers, camera_reviews)
        play = play_at_hand(match, analysis, layers, data)
        rows = rows_of(match.id, match.title, analysis, known, truth, cameras, play)
        write_rows(data.search, match.id, stamp, rows, vision_model)


def _truth(library: Library, match: Match) -> list[Spot]:
    try:
        return library.truth(match)
    except TouchlineError:  # broken labels are told where they are shown
        return []
