"""Whether camera labels say what can be: readable changes of known cameras inside the videos, links that lead there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import ABRUPT, CAMERA_TABLE, CHANGE_TYPES, Link, Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.clock import half_clock
from spotting_core.formats.labels_cameras import REAL_TIME, REPLAY, CameraDocument, CameraEntry, parse_readable
from spotting_core.preflight.finding import ERROR, NOTE, WARNING, Finding

CHECK = "cameras"
_SLACK = 3_000_000  # microseconds by which a last change may pass the end of a video
_LONGEST_REPLAY = 180_000_000  # microseconds; a replay that takes longer has lost the change that ended it


def check_cameras(
    document: CameraDocument, unread: Sequence[Exception] = (), lengths: Mapping[int, int] | None = None
) -> list[Finding]:
    """All checks of the camera labels of a match; what they find keeps nothing else of the file from being used.

    Arguments:
        unread: what is wrong with annotations that could not be read.
        lengths: microseconds of each half's video, where they are known.
    """
    entries = document.entries
    findings: list[Finding | None] = [
        *(Finding(CHECK, NOTE, note) for note in document.notes),
        _finding(WARNING, "annotations that cannot be read are left out", [str(e) for e in unread]),
        _unknown_cameras(entries),
        _order(entries),
        _together(entries),
        _kinds(entries),
        _replay_words(entries),
        _long_replays(document.shots, lengths or {}),
        *(_places(entries, lengths) if lengths else ()),
        *_links(document, lengths or {}),
    ]
    return [finding for finding in findings if finding is not None]


def check_camera_file(path: Path, lengths: Mapping[int, int]) -> list[Finding]:
    """All checks of a file of camera labels; one that cannot be read at all is a finding too."""
    try:
        return check_cameras(*parse_readable(path.read_bytes(), path), lengths)
    except (BadInputError, OSError) as error:
        return [Finding(CHECK, ERROR, "the camera labels cannot be read, and count as none", str(error))]


def cuts_of_file(path: Path) -> dict[int, list[int]]:
    """The abrupt changes of a file of camera labels by half, in microseconds; none of one that cannot be read."""
    try:
        document, _ = parse_readable(path.read_bytes(), path)
    except (BadInputError, OSError):
        return {}
    cuts: dict[int, list[int]] = {}
    for shot in document.shots:
        if shot.change_type == ABRUPT:
            cuts.setdefault(shot.half, []).append(shot.end)
    return cuts


def _finding(severity: str, what: str, examples: Sequence[str], fix: str = "") -> Finding | None:
    """A finding with how many there are and the first of them; None where there is none."""
    if not examples:
        return None
    return Finding(CHECK, severity, what, f"{len(examples)}, for example {examples[0]}", fix)


def _at(entry: CameraEntry) -> str:
    return f"{entry.label} at {entry.half} - {half_clock(entry.end, decimals=0)}"


def _listed(entries: Iterable[CameraEntry]) -> list[str]:
    return [_at(entry) for entry in entries]


def _where(entries: Iterable[CameraEntry], is_wrong: Callable[[CameraEntry], bool]) -> list[str]:
    return _listed(entry for entry in entries if is_wrong(entry))


def _unknown_cameras(entries: Sequence[CameraEntry]) -> Finding | None:
    known = load_classes(CAMERA_TABLE)
    unknown = _where(entries, lambda e: e.label not in known)
    return _finding(
        WARNING, f"cameras that {CAMERA_TABLE} does not have belong to no group", unknown, "Check the spelling"
    )


def _order(entries: Sequence[CameraEntry]) -> Finding | None:
    earlier = [after for before, after in pairwise(entries) if (after.half, after.end) < (before.half, before.end)]
    return _finding(NOTE, "changes that are not in the order of their times are put in order", _listed(earlier))


def _together(entries: Sequence[CameraEntry]) -> Finding | None:
    """Changes that end no shot of their own: of those at one time the first counts, at the very beginning none."""
    times = Counter((e.half, e.end) for e in entries)
    overlapping = _where(entries, lambda e: times[e.half, e.end] > 1 or e.end <= 0)
    return _finding(WARNING, "shots overlap or last no time; of changes at one time the first counts", overlapping)


def _kinds(entries: Sequence[CameraEntry]) -> Finding | None:
    known = ", ".join(CHANGE_TYPES)
    return _finding(
        NOTE, f"changes are of no known kind ({known})", _where(entries, lambda e: e.change_type not in CHANGE_TYPES)
    )


def _replay_words(entries: Sequence[CameraEntry]) -> Finding | None:
    words = _where(entries, lambda e: (e.replay or "").lower() not in (REPLAY, REAL_TIME))
    return _finding(NOTE, "shots that are called neither replay nor real-time count as real-time", words)


def _long_replays(shots: Sequence[Shot], lengths: Mapping[int, int]) -> Finding | None:
    long = [
        f"{s.label} from {half_clock(s.start, decimals=0)} to {half_clock(s.end, decimals=0)} of {s.half}"
        for s in shots
        if s.replay and s.end - s.start > min(_LONGEST_REPLAY, lengths.get(s.half, _LONGEST_REPLAY))
    ]
    return _finding(WARNING, "replays are longer than any replay is", long, "Look for changes that are missing")


def _places(entries: Sequence[CameraEntry], lengths: Mapping[int, int]) -> list[Finding | None]:
    """Changes of halves that have no video, and past the end of the one that they have."""
    nowhere = _where(entries, lambda e: e.half not in lengths)
    past = _where(entries, lambda e: e.half in lengths and e.end > lengths[e.half] + _SLACK)
    fix = "Check that these labels belong to this match"
    return [
        _finding(WARNING, "changes are of a half that has no video", nowhere, fix),
        _finding(WARNING, "changes lie past the end of the video", past, fix),
    ]


def _links(document: CameraDocument, lengths: Mapping[int, int]) -> list[Finding | None]:
    """Links that cannot be followed, that lead to another half or onward, or that nobody gave."""
    there, entries = document.resolved_links, document.entries
    leads = {id(e): _leads(e, there, lengths) for e in entries if e.says_link}
    lost = _where(entries, lambda e: leads.get(id(e)) is False)
    other = _where(entries, lambda e: leads.get(id(e), False) and e.link is not None and e.link.half != e.half)
    later = _where(entries, lambda e: leads.get(id(e), False) and e.link is not None and _is_later(e, e.link))
    without = _where(entries, lambda e: e.is_replay and not e.says_link)
    return [
        _finding(WARNING, "replays that are linked to moments that are not there count as linked to none", lost),
        _finding(NOTE, "replays are linked to an action of another half", other),
        _finding(NOTE, "replays are linked to an action after them", later),
        _finding(NOTE, "replays are linked to no action", without),
    ]


def _is_later(entry: CameraEntry, link: Link) -> bool:
    return link.half == entry.half and link.time >= entry.end


def _leads(entry: CameraEntry, links: Mapping[tuple[int, int], Link], lengths: Mapping[int, int]) -> bool:
    """Whether the link of an entry leads to a moment of the match, and of its videos where those are known."""
    link = entry.link
    if link is None or (entry.half, entry.end) not in links:
        return False
    return not lengths or link.time <= lengths.get(link.half, -1)
