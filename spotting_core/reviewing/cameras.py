"""Labels-cameras of what reviewers hold to be true."""

from __future__ import annotations

from collections.abc import Iterable

from spotting_core.domain.cameras import CameraChange, origin_of
from spotting_core.formats.labels_cameras import REAL_TIME, REPLAY, CameraDocument, CameraEntry, link_extras
from spotting_core.store.camera_reviews import ReviewedCamera
from spotting_core.store.reviews import OPEN, STANDING


def reviewed_labels(
    changes: Iterable[CameraChange],
    reviews: Iterable[ReviewedCamera],
    labels: CameraDocument | None = None,
    *,
    unjudged: bool = False,
    game: str = "",
) -> CameraDocument:
    """The changes that were accepted, moved or added, in the order of half and time.

    Entries of the file that nobody changed are written with all that the file says of them.

    Arguments:
        changes: of the match, as its shots have them.
        labels: the file beside the match.
        unjudged: with the changes that nobody has judged, as they are.
        game: name of the match where the file has none.
    """
    own, known = {origin_of(c): c for c in changes}, list(reviews)
    wanted = {OPEN, *STANDING} if unjudged else set(STANDING)
    kept = [r.change for r in known if r.state in wanted]
    if unjudged:
        kept += [own[name] for name in own.keys() - {r.origin for r in known}]
    entries = labels.entries if labels else ()
    by_content = {_content(e): e for e in reversed(entries)}
    written = [by_content.get(_content(e), e) for e in map(_entry, kept)]
    if unjudged:
        written += _not_shown(entries, {(c.half, c.time) for c in own.values()})
    ordered = tuple(sorted(written, key=lambda e: (e.half, e.end)))
    return CameraDocument(
        ordered, labels.game if labels and labels.game else game, header=labels.header if labels else {}
    )


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


def _content(entry: CameraEntry) -> tuple[object, ...]:
    """What of an entry can be reviewed; its time in milliseconds, as files have it."""
    link = entry.link if entry.is_replay else None
    return entry.half, round(entry.end / 1000), entry.label, entry.change_type, entry.is_replay, link
