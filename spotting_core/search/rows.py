"""What of a match can be searched: one row for each spot, in a Parquet file of its own.

A row says where the spot is, what the model and the reviewers say of it, which camera is on and whether that is a
replay, which entities the model kept within a second of it, and how the pictures of that second are embedded, for text
queries. The file is written anew when the match's analysis, cameras or reviews have changed since, or when it was
written in another form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from spotting_core.analyses.analysis import Analysis, HalfAnalysis
from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.analyses.replayed_spots import LIVE
from spotting_core.base.files import replacing
from spotting_core.domain.cameras import group_of
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.spots import UNKNOWN, Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, Spotting
from spotting_core.media.fingerprint import joint_hash
from spotting_core.players.spot_places import MatchPlay
from spotting_core.reviewing.replayed import placed, reviewed_marks
from spotting_core.reviewing.spots import LEAST as REVIEWABLE
from spotting_core.reviewing.spots import reviews_of_spots
from spotting_core.store.reviews import ADDED, OPEN, REJECTED, STANDING, ReviewedSpot, label_of

LEAST = 0.2
"""Confidence from which a spot is kept for searching."""

LABELLED = "labelled"
"""State of what only the labels of a match say, beside the states of what can be reviewed."""

FORMAT = 9  # of the files; one of another format is written anew

_AROUND = 1_000_000
"""Microseconds around a spot in which an entity counts as seen, and pictures are compared with a text: as far as a
spot may lie from the truth by the tight metric, and one second for both, so that the two filters speak of the same
pictures. At two samples a second that is four or five pictures."""

SCHEMA = pa.schema([
    ("match", pa.string()), ("title", pa.string()), ("half", pa.int8()), ("time", pa.int64()), ("minute", pa.int16()),
    ("label", pa.string()), ("team", pa.string()), ("confidence", pa.float32()), ("state", pa.string()),
    ("author", pa.string()), ("comment", pa.string()), ("entities", pa.list_(pa.string())), ("spotted", pa.string()),
    ("camera", pa.string()), ("shots", pa.string()), ("replay", pa.string()),
    ("x", pa.float32()), ("y", pa.float32()), ("place_error", pa.float32()), ("zones", pa.list_(pa.string())),
    ("suggested_team", pa.string()), ("team_confidence", pa.float32()), ("pictures", pa.binary()),
])  # fmt: skip
"""``label`` is the reviewer's class where there is one, ``spotted`` the model's, empty for added spots and labels.

``camera`` is on at the spot and ``shots`` is its group in the class table of cameras; both are empty where that is not
known. ``replay`` is one of those of ``replay_marks``: what is live, what lies in a replay, what is seen only there.
``x``, ``y`` and ``place_error`` are metres (see ``SpotPlace``), null where nobody knows the place; ``zones`` are those
that it lies in. ``suggested_team`` is whose it may be and ``team_confidence`` how likely (see
``SuggestedTeam``), empty and 0 where ``team`` is known or nobody can tell.
``minute`` counts from 1 on the match clock, see ``Parts.minute``. Added spots and labels are certain.
``pictures`` holds the embeddings of the samples near the spot, float16 (k, E) row by row, unit length; k is 0 where
there are none."""


_STAMP, _VISION_KEY = "stamp", "vision_model"


def fingerprint(
    analysis: Analysis,
    reviews: Sequence[ReviewedSpot],
    truth: Sequence[Spot] = (),
    vision_model: str | None = None,
    cameras: str = "",
    play: str = "",
) -> str:
    """Changes with all that the rows of a match say, and with the form they have.

    Arguments:
        vision_model: SHA-256 of the vision-language model of the picture embeddings, or None if it is not known.
        cameras: what changes with all that is known of the cameras of the match.
        play: what changes with all that is known of where play is.
    """
    revisions = [f"{r.origin} {r.revision}" for r in reviews]
    record = analysis.record
    return joint_hash(
        [
            str(FORMAT),
            *SCHEMA.names,
            record.source_id,
            record.identity.key,
            analysis.folder.name,
            record.title,
            vision_model or "",
            cameras,
            play,
            *sorted(revisions),
            "",
            *_lines(truth),
        ]
    )


def _lines(truth: Sequence[Spot]) -> list[str]:
    return [f"{s.half} {s.time} {s.label} {s.team}" for s in truth]


def rows_of(
    match: str,
    title: str,
    analysis: Analysis,
    reviews: Sequence[ReviewedSpot],
    truth: Sequence[Spot] = (),
    cameras: MatchCameras | None = None,
    play: MatchPlay | None = None,
) -> pa.Table:
    """Rows of a match: its spots as the reviewers have left them, and what they hold to be true besides.

    That is what they added, with a code of their own too, and what they judged of another model. A spot of which nobody
    has said a thing is left out where they hold one of its class within half the class's window to be true: it is the
    same action.

    Arguments:
        truth: labels, for the team of a spot that no reviewer gave one: that of the nearest label of its class
            within half the class's window.
        cameras: of the match, where they are known; play: where it is, for places and suggested teams.
    """
    spots = analysis.spots(Spotting(threshold=REVIEWABLE))
    reviews_of = reviews_of_spots(spots, reviews, analysis.record.identity.review_sources, analysis.classes)
    own = [(s, r) for s, r in zip(spots, reviews_of, strict=True) if (s.confidence or 0.0) >= LEAST]
    attached = {review.origin for _, review in own if review}
    others = [r for r in reviews if r.origin not in attached and _judged(r)]
    others = [r for r in others if r.label in analysis.classes or is_tag(r)]
    standing = [r for r in others if r.state in STANDING]
    own = [(spot, review) for spot, review in own if review or not _held_true(spot, standing, analysis.classes)]
    own += [(replace(review.spot, confidence=review.confidence), review) for review in others]
    rows = [_row(match, title, analysis, *one, truth) | _shown_by(*one, cameras) for one in own]
    for row, (spot, review) in zip(rows, own, strict=True):
        row |= _on_pitch(placed(spot, review), str(row["team"]), play, analysis)
    for row, mark in zip(rows, reviewed_marks(own, cameras, _sure), strict=True):
        row["replay"] = mark
    return pa.Table.from_pylist(rows, SCHEMA)


def unspotted_fingerprint(
    title: str, table: str, reviews: Sequence[ReviewedSpot], truth: Sequence[Spot], cameras: str
) -> str:
    """The same for a match in which no model has spotted.

    Arguments:
        table: name of its class table; truth: its labels; cameras: what changes with all that is known of its cameras.
    """
    revisions = sorted(f"{r.origin} {r.revision}" for r in reviews)
    return joint_hash([str(FORMAT), *SCHEMA.names, "unspotted", title, table, cameras, *revisions, "", *_lines(truth)])


def unspotted_rows(
    match: str,
    title: str,
    classes: ClassTable,
    reviews: Sequence[ReviewedSpot],
    truth: Sequence[Spot],
    cameras: MatchCameras | None = None,
) -> pa.Table:
    """Rows of a match in which no model has spotted: what people hold to be true, and what its labels say besides.

    A label is left out where people hold one of its class within half the class's window to be true, and lends it its
    team where they said none. What is labelled is an action, and is never taken for one that a replay shows again.

    Arguments:
        classes: of all reviews and labels; cameras: where they are known.
    """
    own: list[tuple[Spot, ReviewedSpot | None]] = [
        (replace(review.spot, confidence=review.confidence), review) for review in reviews if review.state in STANDING
    ]
    standing = [review for _, review in own if review]
    labels = [spot for spot in truth if not _held_true(spot, standing, classes)]
    rows = [_unspotted_row(match, title, classes, *one, truth) | _shown_by(*one, cameras) for one in own]
    for row, mark in zip(rows, reviewed_marks(own, cameras, _sure), strict=True):
        row["replay"] = mark
    rows += [
        _unspotted_row(match, title, classes, spot, None, truth)
        | _shown_by(spot, None, cameras)
        | {"team": spot.team, "state": LABELLED, "replay": LIVE}
        for spot in labels
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def _unspotted_row(
    match: str, title: str, classes: ClassTable, spot: Spot, review: ReviewedSpot | None, truth: Sequence[Spot]
) -> dict[str, object]:
    return _facts(match, title, classes, spot, review, truth) | {
        "entities": [],
        "spotted": label_of(review.origin) if review else "",
        "zones": [],
        "suggested_team": "",
        "team_confidence": 0.0,
        "pictures": b"",
    }


def is_tag(review: ReviewedSpot) -> bool:
    """Whether somebody has added a spot, by a class of the model or by a code of his own."""
    return review.origin.startswith(f"{ADDED}/")


def _sure(spot: Spot) -> bool:
    return spot.confidence is None or spot.confidence >= DEFAULT_THRESHOLD


def _shown_by(spot: Spot, review: ReviewedSpot | None, cameras: MatchCameras | None) -> dict[str, object]:
    """The camera that is on at a spot."""
    left = placed(spot, review)
    shot = cameras.shot_at(left.half, left.time) if cameras is not None else None
    return {"camera": shot.label, "shots": group_of(shot.label)} if shot is not None else {"camera": "", "shots": ""}


def _on_pitch(spot: Spot, team: str, play: MatchPlay | None, analysis: Analysis) -> dict[str, object]:
    """Where a spot is on the pitch, and whose it may be where nobody said so."""
    table = analysis.classes.name
    place = play.place(spot.half, spot.time, spot.label, table) if play is not None else None
    suggested = None
    if play is not None and team == UNKNOWN:
        suggested = play.team(spot.half, spot.time, spot.label, table)
    zones = play.zones(spot.half, place, suggested.team if suggested else team) if play is not None else ()
    return {
        "x": place and place.x,
        "y": place and place.y,
        "place_error": place and place.error,
        "zones": list(zones),
        "suggested_team": suggested.team if suggested else "",
        "team_confidence": suggested.confidence if suggested else 0.0,
    }


def _judged(review: ReviewedSpot) -> bool:
    """Whether a review of what the analysis does not have says something: it stands, or rejects what a model said."""
    return review.state in STANDING or (review.state == REJECTED and review.confidence is not None)


def _held_true(spot: Spot, standing: Sequence[ReviewedSpot], classes: ClassTable) -> bool:
    reach = _reach(spot.label, classes)
    return any((r.half, r.label) == (spot.half, spot.label) and abs(r.time - spot.time) <= reach for r in standing)


def _reach(label: str, classes: ClassTable) -> float:
    """Half the window of a class, in microseconds."""
    return classes.get(label).suppression * 5e5


def _row(
    match: str, title: str, analysis: Analysis, spot: Spot, review: ReviewedSpot | None, truth: Sequence[Spot]
) -> dict[str, object]:
    half, time = (review.half, review.time) if review else (spot.half, spot.time)
    return _facts(match, title, analysis.classes, spot, review, truth) | {
        "entities": _entity_names(analysis, half, time),
        "spotted": label_of(review.origin) if review else spot.label,
        "pictures": _pictures(analysis, half, time),
    }


def _facts(
    match: str, title: str, classes: ClassTable, spot: Spot, review: ReviewedSpot | None, truth: Sequence[Spot]
) -> dict[str, object]:
    """What a row says that no analysis has to be asked for."""
    half, time = (review.half, review.time) if review else (spot.half, spot.time)
    return {
        "match": match,
        "title": title,
        "half": half,
        "time": time,
        "minute": classes.parts.minute(half, time),
        "label": review.label if review else spot.label,
        "team": review.team if review and review.team != UNKNOWN else _team(spot, classes, truth),
        "confidence": 1.0 if spot.confidence is None else spot.confidence,
        "state": review.state if review else OPEN,
        "author": review.author if review else "",
        "comment": review.comment if review else "",
    }


def _team(spot: Spot, classes: ClassTable, truth: Sequence[Spot]) -> str:
    if spot.label not in classes:
        return UNKNOWN
    reach = _reach(spot.label, classes)
    near = [t for t in truth if (t.half, t.label) == (spot.half, spot.label) and abs(t.time - spot.time) <= reach]
    return min(near, key=lambda t: abs(t.time - spot.time)).team if near else UNKNOWN


def _near(part: HalfAnalysis, time: int) -> tuple[int, int]:
    """First sample within reach of a time (microseconds), and the one after the last."""
    first, stop = np.searchsorted(part.times, [time - _AROUND, time + _AROUND + 1])
    return int(first), int(stop)


def _pictures(analysis: Analysis, half: int, time: int) -> bytes:
    part = next((h for h in analysis.halves if h.half == half), None)
    if part is None or not part.has("image_embeddings"):
        return b""
    return np.asarray(part.array("image_embeddings")[slice(*_near(part, time))], np.float16).tobytes()


def _entity_names(analysis: Analysis, half: int, time: int) -> list[str]:
    part = next((h for h in analysis.halves if h.half == half), None)
    if part is None or part.entities is None or part.entities.kept is None:
        return []
    rows = part.entities.rows(*_near(part, time))
    kept = part.entities.entity[rows][part.entities.kept[rows]]
    return [part.entities.names[int(e)] for e in np.unique(kept)]


def write_rows(folder: Path, match: str, stamp: str, table: pa.Table, vision_model: str | None = None) -> Path:
    """Write a match's rows, with the fingerprint of what they say and the model of their picture embeddings."""
    path = folder / f"{match}.parquet"
    metadata = {_STAMP: stamp, _VISION_KEY: vision_model or ""}
    with replacing(path) as part:
        parquet.write_table(table.replace_schema_metadata(metadata), part, compression="zstd")
    return path


def stamp_of(path: Path) -> str | None:
    """The fingerprint of the rows in a file, or None if there is none or it is damaged: it is written anew then."""
    return _metadata_of(path, _STAMP)


def vision_model_of(path: Path) -> str | None:
    """SHA-256 of the model of the picture embeddings in a file, or None if it is not known."""
    return _metadata_of(path, _VISION_KEY) or None


def _metadata_of(path: Path, key: str) -> str | None:
    if not path.is_file():
        return None
    try:
        metadata: Mapping[bytes, bytes] = parquet.read_schema(path).metadata or {}
    except (pa.ArrowException, OSError):
        return None
    return metadata.get(key.encode(), b"").decode()
