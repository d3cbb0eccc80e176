"""Making a data set of the library: what its labels and its reviewers say at this moment.

* What a label file says counts as it is, and the whole match as watched.
* A spot that a reviewer accepted, moved or added is true; one that he rejected is not there. Whoever judges a spot has
  seen ``SEEN`` around it, and where its model had it, so that all of it counts as watched.
* A clip of which somebody said that nothing more is in it is watched as a whole.
* Where reviewers contradict each other, or the labels, nothing is known: those seconds are not watched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.data_sets.contradictions import Claim, contradictions
from spotting_core.data_sets.data_set import (
    LABELS,
    DataSet,
    DataSetMatch,
    DataSets,
    KnownSpot,
    RejectedSpot,
    check_name,
)
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.domain.stretches import Stretch, joined, without
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.reviewing.reviewers import Verdicts, verdicts_of_match
from spotting_core.reviewing.spots import SAME_SPOT
from spotting_core.store.clip_reviews import ClipReviews
from spotting_core.store.database import Database
from spotting_core.store.match_labels import labels_of_match
from spotting_core.store.reviews import ACCEPTED, ADDED, STANDING, ReviewedSpot, Reviews, place_of
from spotting_core.store.tables import MatchRow

SEEN = 3_000_000
"""Microseconds on either side of a spot that whoever judges it has seen."""
_FILE = "the label file"  # as an author


@dataclass(frozen=True)
class Frozen:
    """What came of freezing.

    Arguments:
        read: matches that were looked at; left_out: reason, as a clause, to how many of them, or of their spots.
    """

    data_set: DataSet
    read: int
    left_out: Counter[str] = field(default_factory=Counter)


def freeze(
    name: str,
    author: str,
    database: Database,
    data: DataDirectory,
    *,
    only: Collection[Path] | None = None,
    never: Collection[Path] = (),
) -> Frozen:
    """Keep what people know of the matches of the library as a data set.

    Arguments:
        only: matches that are wanted, by path, all of the library where None; never: others that are not.

    Errors:
        BadInputError: no such match, a name that is taken, nothing that anybody has watched, or nothing new.
    """
    known = known_now(name, author, database, data, only=only, never=never)
    return replace(known, data_set=DataSets(data).keep(known.data_set))


def known_now(
    name: str,
    author: str,
    database: Database,
    data: DataDirectory,
    *,
    only: Collection[Path] | None = None,
    never: Collection[Path] = (),
) -> Frozen:
    """The same, not kept yet: nobody may have watched anything, and the name may be taken.

    Errors:
        BadInputError: no such match, or a name that cannot be one.
    """
    check_name(name)
    with database.reading() as session:
        rows = list(session.scalars(select(MatchRow).order_by(MatchRow.added, MatchRow.path)))
    unknown = sorted(set(map(str, only or ())) - {row.path for row in rows})
    if unknown:
        raise BadInputError("this match is not in the library", where=unknown[0], fix="Add it in the app first")
    wanted = [row for row in rows if (Path(row.path) in only if only is not None else Path(row.path) not in never)]
    left_out: Counter[str] = Counter()
    matches = []
    for row in wanted:
        try:
            match = _of_match(row, database, data, left_out)
        except TouchlineError as error:
            left_out[f"a match that cannot be read ({row.title}: {error.what})"] += 1
            continue
        if match.watched:
            matches.append(match)
        else:
            left_out["a match in which nobody has watched anything"] += 1
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return Frozen(DataSet(name, author, made, tuple(matches)), len(wanted), left_out)


def _of_match(row: MatchRow, database: Database, data: DataDirectory, left_out: Counter[str]) -> DataSetMatch:
    source = open_match(Path(row.path))
    lengths = {half.half: ingest(half.path, data).table.duration for half in source.halves}
    labels, reviews = labels_of_match(row.labels, source), Reviews(database)
    verdicts, kept = verdicts_of_match(reviews, row.id), reviews.of_match(row.id)
    judged = [review for review in kept if any(review.id in own for own in verdicts.values())]
    clips = [clip for clip in ClipReviews(database).of_match(row.id) if clip.state == ACCEPTED]
    disputed = contradictions([*_claims_of_labels(labels or ()), *_claims_of_reviews(judged, verdicts)])
    unknown = [_around(c.half, c.time) for one in disputed for c in (one.there, one.not_there)]
    seen = watched_stretches(lengths, judged, [clip.stretch for clip in clips], labelled=labels is not None)
    watched = without(seen, unknown)
    claimed = [*_labelled(labels or ()), *(_known(review) for review in judged if review.state in STANDING)]
    spots = _once(claimed, left_out)
    rejected = [RejectedSpot(r.half, r.time, r.label, r.author) for r in judged if r.state not in STANDING]
    counted = {review.id: review.revision for review in [*judged, *clips]}
    clock = load_classes().parts.match_clock
    return DataSetMatch(
        row.title,
        row.path,
        source.content_hash(data),
        {str(half): length for half, length in lengths.items()},
        tuple(watched),
        tuple(sorted(s for s in spots if _is_watched(s, watched, lengths, left_out))),
        tuple(sorted(r for r in rejected if any(one.covers(r.half, r.time) for one in watched))),
        counted,
        tuple(c.sentence(lambda half, time: clock(half, time, total=len(lengths))) for c in disputed),
    )


def watched_stretches(
    lengths: Mapping[int, int], judged: Iterable[ReviewedSpot], clips: Iterable[Stretch], *, labelled: bool
) -> list[Stretch]:
    """What somebody has watched of a match.

    Arguments:
        lengths: microseconds of its halves; judged: spots that reviewers have judged.
        clips: in which nothing more happens; labelled: whether the match has labels.
    """
    if labelled:
        return [Stretch(half, 0, length) for half, length in sorted(lengths.items())]
    return _inside([*(around for review in judged for around in _seen(review)), *clips], lengths)


def _claims_of_labels(labels: Iterable[Spot]) -> list[Claim]:
    return [Claim(spot.half, spot.time, spot.label, _FILE, there=True) for spot in labels]


def _claims_of_reviews(judged: Sequence[ReviewedSpot], verdicts: dict[str, Verdicts]) -> list[Claim]:
    """What each reviewer says of each spot, whoever came after."""
    claims = []
    for review in judged:
        for author, own in verdicts.items():
            if review.id not in own:
                continue
            verdict = own[review.id]
            place = (review.half, review.time, review.label)
            if verdict is not None:
                claims.append(Claim(verdict.half, verdict.time, verdict.label, author, there=True))
            else:
                claims.append(Claim(*place, author, there=False))
    return claims


def _around(half: int, time: int) -> Stretch:
    return Stretch(half, time - SEEN, time + SEEN)


def _seen(review: ReviewedSpot) -> list[Stretch]:
    """What somebody who judged a spot has seen: around it, and around where its model had it."""
    own = [_around(review.half, review.time)]
    if review.origin.startswith(f"{ADDED}/"):
        return own
    half, time, _ = place_of(review.origin)
    return [*own, _around(half, time)]


def _inside(stretches: Iterable[Stretch], lengths: Mapping[int, int]) -> list[Stretch]:
    """What of some stretches lies in the match."""
    return joined(
        Stretch(one.half, max(0, one.start), min(one.end, lengths[one.half]))
        for one in stretches
        if one.half in lengths
    )


def _labelled(labels: Iterable[Spot]) -> list[KnownSpot]:
    return [KnownSpot(s.half, s.time, s.label, LABELS, "", s.team) for s in labels]


def _known(review: ReviewedSpot) -> KnownSpot:
    return KnownSpot(review.half, review.time, review.label, review.state, review.author, review.team)


def _once(claimed: Iterable[KnownSpot], left_out: Counter[str]) -> list[KnownSpot]:
    """Spots without those of reviewers that repeat another one: two models may have spotted one action."""
    spots: list[KnownSpot] = []
    for spot in claimed:
        if spot.origin != LABELS and any(_same(spot, other) for other in spots):
            left_out["a spot within a second of another one of its class"] += 1
        else:
            spots.append(spot)
    return spots


def _same(spot: KnownSpot, other: KnownSpot) -> bool:
    return (spot.half, spot.label) == (other.half, other.label) and abs(spot.time - other.time) <= SAME_SPOT


def _is_watched(spot: KnownSpot, watched: Sequence[Stretch], lengths: dict[int, int], left_out: Counter[str]) -> bool:
    """Whether a spot lies in what was watched; one on the very last picture does."""
    last = lengths.get(spot.half, 0) - 1
    if any(one.covers(spot.half, min(spot.time, last)) for one in watched) and spot.time <= last + 1:
        return True
    beyond = spot.half not in lengths or spot.time > last + 1
    left_out["a spot beyond the end of its half" if beyond else "a spot in seconds of which people disagree"] += 1
    return False
