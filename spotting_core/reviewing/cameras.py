"""What reviewers make of the cameras of a match: which review is of which change, and what stands in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.domain.cameras import CAMERA_TABLE, LABELLED, REVIEWERS, CameraChange, Link, origin_of, shots_of
from spotting_core.domain.classes import load_classes
from spotting_core.formats.labels_cameras import LINK, REAL_TIME, REPLAY, CameraDocument, CameraEntry, link_extras
from spotting_core.reviewing.spots import origins_of
from spotting_core.store.camera_reviews import ReviewedCamera
from spotting_core.store.reviews import ADDED, OPEN, REJECTED, STANDING, origin_prefix

_SAME_CHANGE = 1_000_000  # microseconds within which two sources mean the same change


def source_prefix(cameras: MatchCameras | None) -> str:
    """What the names of the changes of a source begin with, in the store."""
    return origin_prefix(cameras.sources[0]) if cameras is not None and cameras.sources else f"{LABELLED}/"


def changes_by_origin(cameras: MatchCameras | None, reviews: Iterable[ReviewedCamera]) -> dict[str, CameraChange]:
    """The changes of a match by their names in the store.

    A change that a model has a little elsewhere than when it was reviewed keeps the name that it had then.
    """
    if cameras is None:
        return {}
    if not cameras.sources:
        return {origin_of(c): c for c in cameras.changes}
    changes, table = cameras.changes, load_classes(CAMERA_TABLE)
    return dict(zip(origins_of(changes, reviews, cameras.sources, table), changes, strict=True))


def reviews_that_count(changes: Mapping[str, CameraChange], reviews: Iterable[ReviewedCamera]) -> list[ReviewedCamera]:
    """Reviews of these changes, what was added, and what is held to be true of another source where these have nothing.

    Arguments:
        changes: by their names in the store; reviews: of the match, by whomever and of whatever.
    """
    return [
        r
        for r in reviews
        if r.origin in changes
        or r.origin.startswith(f"{ADDED}/")
        or (r.state in STANDING and not any(_same(r, c) for c in changes.values()))
    ]


def _same(review: ReviewedCamera, change: CameraChange) -> bool:
    return review.half == change.half and abs(review.time - change.time) <= _SAME_CHANGE


def reviewed_cameras(cameras: MatchCameras | None, reviews: Iterable[ReviewedCamera]) -> MatchCameras | None:
    """The cameras of a match as their reviewers have left them: a change that was rejected ends no shot."""
    known = list(reviews)
    if not known:
        return cameras
    changes = changes_by_origin(cameras, known)
    by_origin = {r.origin: r for r in reviews_that_count(changes, known)}
    left, groundings = [], {}
    for origin in dict.fromkeys([*changes, *by_origin]):
        before, review = changes.get(origin), by_origin.get(origin)
        after = before if review is None else _left(review)
        if after is None:
            continue
        left.append(after)
        grounding = cameras.groundings.get((before.half, before.time)) if cameras is not None and before else None
        if grounding is not None and after.replay:
            groundings[after.half, after.time] = grounding
    shots = shots_of(left)
    if not shots:
        return None
    links = {(c.half, c.time): c.link for c in left if c.link is not None}
    if cameras is None:
        return MatchCameras(tuple(shots), REVIEWERS, links, groundings)
    return replace(cameras, shots=tuple(shots), links=links, groundings=groundings)


def _left(review: ReviewedCamera) -> CameraChange | None:
    """A change as it was left; None where it is not held to be there."""
    return None if review.state == REJECTED else review.change


def reviewed_labels(
    changes: Mapping[str, CameraChange],
    reviews: Iterable[ReviewedCamera],
    labels: CameraDocument | None = None,
    *,
    unjudged: bool = False,
    game: str = "",
) -> CameraDocument:
    """The changes that were accepted, moved or added, in the order of half and time.

    Entries of the file that nobody changed are written with all that the file says of them, be it a link that leads
    nowhere; so are annotations that cannot be read.

    Arguments:
        changes: of the match, as its shots have them, by their names in the store.
        labels: the file beside the match.
        unjudged: with the changes that nobody has judged, as they are.
        game: name of the match where the file has none.
    """
    known = list(reviews)
    wanted = {OPEN, *STANDING} if unjudged else set(STANDING)
    kept = [(r.change, changes.get(r.origin)) for r in known if r.state in wanted]
    if unjudged:
        judged = {r.origin for r in known}
        kept += [(change, change) for name, change in changes.items() if name not in judged]
    file = labels or CameraDocument(())
    by_content, lost = _by_content(file), _lost_links(file)
    written = [_written(change, before, by_content, lost) for change, before in kept]
    if unjudged:
        written += _not_shown(file.entries, {(c.half, c.time) for c in changes.values()})
    ordered = tuple(sorted(written, key=lambda e: (e.half, e.end)))
    return CameraDocument(ordered, file.game or game, header=file.header, unread=file.unread if unjudged else ())


def _by_content(file: CameraDocument) -> dict[tuple[object, ...], CameraEntry]:
    """The entries of a file by what can be reviewed of them, as the file says it and as it is shown: a link that leads
    nowhere is shown as none."""
    shown, by_content = file.resolved_links, {}
    for entry in reversed(file.entries):
        by_content[_content(entry, entry.link)] = entry
        by_content[_content(entry, shown.get((entry.half, entry.end)))] = entry
    return by_content


def _lost_links(file: CameraDocument) -> dict[tuple[int, int], Any]:
    """What a file says of links that lead nowhere, by half and end: nobody sees them, so nobody takes them away."""
    shown, entries = file.resolved_links, reversed(file.entries)
    lost = {(e.half, e.end): e.extras.get(LINK) for e in entries if e.is_replay and e.says_link}
    return {end: link for end, link in lost.items() if end not in shown}


def _written(
    change: CameraChange,
    before: CameraChange | None,
    by_content: Mapping[tuple[object, ...], CameraEntry],
    lost: Mapping[tuple[int, int], Any],
) -> CameraEntry:
    """The entry of a change: that of the file where it says the same."""
    entry = _entry(change)
    same = by_content.get(_content(entry, entry.link))
    link = lost.get((before.half, before.time)) if before is not None else None
    if same is not None or link is None or change.link is not None or not change.replay:
        return same or entry
    return replace(entry, extras={LINK: link})


def _not_shown(entries: Iterable[CameraEntry], ends: set[tuple[int, int]]) -> list[CameraEntry]:
    """Entries that end no shot of their own, so that nobody can have judged them: ``ends`` has one entry each."""
    left = set(ends)
    unshown = []
    for entry in entries:
        if (entry.half, entry.end) in left:
            left.remove((entry.half, entry.end))
        else:
            unshown.append(entry)
    return unshown


def _entry(change: CameraChange) -> CameraEntry:
    replay, extras = REPLAY if change.replay else REAL_TIME, link_extras(change.link)
    return CameraEntry(change.half, change.time, change.label, replay, change.change_type, None, extras)


def _content(entry: CameraEntry, link: Link | None) -> tuple[object, ...]:
    """What of an entry can be reviewed; its time in milliseconds, as files have it."""
    kind, shown = entry.change_type, link if entry.is_replay else None
    return entry.half, round(entry.end / 1000), entry.label, kind, entry.is_replay, shown
