"""Whether a match's videos can be watched, are what they seem, and fit a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spotting_core.base.arrays import check_array
from spotting_core.base.errors import BadInputError
from spotting_core.domain.clock import half_clock
from spotting_core.domain.parts import EXTRA_HALVES, REGULAR_HALVES, Parts
from spotting_core.media.completeness import clock_breaks, shortcomings
from spotting_core.media.empty_edits import empty_stretches
from spotting_core.media.ingest import Media
from spotting_core.media.playback import packets_suit_browsers, playback_file
from spotting_core.media.source import MatchSource
from spotting_core.media.video import BROWSER_VIDEO
from spotting_core.models.card import SIMULATED, Card
from spotting_core.preflight.finding import ERROR, NOTE, WARNING, Finding
from spotting_core.preflight.time_scale import RATE, check_rate, order_of
from spotting_core.tasks.registry import layer_task

PLAYBACK, STEADY, LENGTH, SIZE, DOMAIN = "playback", "steadiness", "length", "resolution", "domain"
TRACKS, CLOCK = "picture tracks", "clock"
_LATE = 100_000  # microseconds by which a picture may come late and still be with the file's beginning
_NAMED = 4  # stretches that are named
_SHORT, _LONG = 1 / 270, 5 / 3  # regular lengths of a part, from 10 s to 75 minutes of a half
_MINUTE = 60_000_000  # microseconds
_SHORT_HALF = 40 * _MINUTE  # that a whole half is hardly below
_ALIKE = 3 / 4  # of a piece of a half, that another may be shorter
_UNSTEADY = 0.02  # share of frame steps that may differ from the usual one
_SECOND = "second|2nd|2|zweite|segunda?|deuxi[eè]me"
_FIRST = "first|1st|1|erste|primera?|premi[eè]re"
_FEATURE_RATES = {"baidu": 1.0}
"""Rows a second of feature files, by a word of their name; the others have two."""


def check_playback(media: Media) -> list[Finding]:
    """Whether a browser plays the file, and what has to be made if not."""
    name, info = media.path.name, media.info
    if playback_file(media) == media.path:
        return []
    if packets_suit_browsers(media):
        fix = "Copy its packets into an mp4 (remux, no loss)"
        how = "container, index, start time or sound do not suit a browser"
    else:
        fix = "Encode an H.264 copy (transcode)"
        how = "no browser has a decoder for it everywhere"
        if info.codec in BROWSER_VIDEO and not info.browsers_turn_it:
            how = f"it is to be {'mirrored' if info.mirrored else 'turned'}, which not every browser does"
    evidence = f"{info.codec} {info.pixel_format or ''} in {info.container.split(',')[0]}: {how}"
    return [Finding(PLAYBACK, NOTE, f"{name} needs a copy for the browser", evidence, fix, safe=True)]


def check_steadiness(media: Media) -> list[Finding]:
    """Whether frames come at even times."""
    findings = []
    steps = np.diff(media.table.times)
    step = media.table.frame_step
    uneven = float((np.abs(steps - step) > max(0.1 * step, 1500)).mean()) if len(steps) else 0.0
    if uneven > _UNSTEADY:
        evidence = (
            f"{uneven:.0%} of the frame steps differ from {step / 1000:.1f} ms, from {steps.min() / 1000:.1f} to "
            f"{steps.max() / 1000:.1f} ms"
        )
        what = f"{media.path.name} has no steady frame rate"
        fix = "Nothing to do here: every frame is found by its own time; other tools may drift"
        findings.append(Finding(STEADY, NOTE, what, evidence, fix))
    return findings


def check_interlacing(media: Media) -> list[Finding]:
    """Whether pictures are of two fields, of which one is used."""
    if not media.info.interlaced:
        return []
    lines = media.info.stored_height // 2
    evidence = f"every picture is of two moments; {lines} lines of one of them are analysed, drawn on and cut"
    fix = "Nothing to do here; a browser that plays the file itself shows combs where things move"
    return [Finding(STEADY, NOTE, f"{media.path.name} is interlaced", evidence, fix)]


def check_clock_breaks(media: Media) -> list[Finding]:
    """Whether the file's clock rises, as other tools take for granted."""
    clause = clock_breaks(media.table)
    if not clause:
        return []
    what = f"the clock of {media.path.name} {clause}"
    evidence = (
        f"by {half_clock(abs(media.table.breaks[0].shift), 0)}: recordings were joined, or the encoder began anew"
    )
    fix = "Nothing to do here: what follows goes on from where it was; other tools may lose it"
    return [Finding(CLOCK, WARNING, what, evidence, fix)]


def check_late_picture(media: Media) -> list[Finding]:
    """Whether the first picture comes when the file begins, from where other tools count."""
    late = media.table.start - media.info.begins
    if late < _LATE:
        return []
    what = f"the first picture of {media.path.name} comes {late / 1e6:.2f} s after the file begins"
    evidence = "its sound comes first, or an edit list says so; players show nothing until then"
    fix = f"Times count from the first picture; take {late / 1e6:.2f} s off what counts from the file's beginning"
    return [Finding(CLOCK, NOTE, what, evidence, fix)]


def check_empty_edits(media: Media) -> list[Finding]:
    """Whether the file says that nothing is shown for a while in its middle, where other pictures are read."""
    empty = empty_stretches(media)
    if not empty:
        return []
    times = ", ".join(f"from {half_clock(a, 0)} to {half_clock(b, 0)}" for a, b in empty[:_NAMED])
    what = f"{media.path.name} shows nothing {times}{', …' if len(empty) > _NAMED else ''}, as its edit list says"
    evidence = "pictures from the beginning of the recording are read there once more; the times after it are right"
    fix = "Believe nothing that is spotted there, or have the program that made the file encode it anew"
    return [Finding(CLOCK, WARNING, what, evidence, fix)]


def check_length(media: Media, number: int, parts: Parts) -> list[Finding]:
    """Whether all of the video is there, and whether it can be the part of a match that it is taken for."""
    name, length = media.path.name, media.table.duration / 1e6
    fix = "Copy it again; what is there can be analysed"
    findings = [
        Finding(LENGTH, WARNING, f"{name} is not whole", lack, fix) for lack in shortcomings(media.info, media.table)
    ]
    regular = parts.length_of(number)
    if regular is None:
        return findings
    if length < _SHORT * regular / 1e6:
        findings.append(Finding(LENGTH, WARNING, f"{name} is very short", f"{length:.1f} s"))
    if length > _LONG * regular / 1e6:
        extra = parts.is_extra(number)
        part = f"{parts.name} of extra time" if extra else parts.name
        evidence = f"{half_clock(media.table.duration, 0)}, a {part} has {regular / _MINUTE:g} minutes and a few"
        fix = f"Give one file per {parts.name}: times are told from the start of each"
        if extra:
            fix += f"; if it is a piece of a regular {parts.name}, join the pieces (touchline join)"
        findings.append(Finding(LENGTH, WARNING, f"{name} is longer than a {part}", evidence, fix))
    return findings


def check_pieces(source: MatchSource, media: Sequence[Media], parts: Parts) -> list[Finding]:
    """Whether four videos that are called 1 to 4 may be pieces of two halves, by their lengths, and no extra time."""
    numbers = [str(number + 1) for number in range(REGULAR_HALVES + EXTRA_HALVES)]
    if not parts.has_extra_time or [half.path.stem for half in source.halves] != numbers:
        return []
    lengths = [one.table.duration for one in media]
    shortest = min(lengths[:REGULAR_HALVES])
    if shortest >= _SHORT_HALF or max(lengths[REGULAR_HALVES:]) < _ALIKE * shortest:
        return []
    names = [one.path.name for one in media]
    what = f"{', '.join(names[:-1])} and {names[-1]} may be pieces of two {parts.plural}"
    shown = ", ".join(half_clock(length, 0) for length in lengths)
    evidence = f"they last {shown}; {names[2]} and {names[3]} are taken for extra time"
    fix = f"If they are, join those of a {parts.name} (touchline join)"
    return [Finding(LENGTH, WARNING, what, evidence, fix)]


def check_tracks(media: Media) -> list[Finding]:
    """Whether it is plain which picture of the file is meant."""
    if media.info.video_streams < 2:
        return []
    what = f"{media.path.name} has {media.info.video_streams} picture tracks"
    evidence = f"the first is used, {media.info.width}×{media.info.height}"
    return [Finding(TRACKS, NOTE, what, evidence, "If another is meant, copy that one into a file of its own")]


def check_order(source: MatchSource, parts: Parts) -> list[Finding]:
    """Whether the names of two files say that they are the other way round than taken, where a match has two parts."""
    regular = [h for h in source.halves if not parts.is_extra(h.half)]
    if parts.count != 2 or len(regular) != 2:
        return []
    first, second = (_numbers_in(h.path.stem, parts) for h in regular)
    if (first, second) == ({2}, {1}):
        evidence = ", ".join(f"{parts.title(h.half)} is {h.path.name}" for h in regular)
        fix = "Rename them to 1_720p and 2_720p, keeping their endings"
        what = f"the names of the videos say that the {parts.plural} are swapped"
        return [Finding(order_of(parts), ERROR, what, evidence, fix)]
    return []


def _numbers_in(name: str, parts: Parts) -> set[int]:
    """Which of two parts a name says that it is, by words of some languages."""
    numbers = set()
    for number, words in ((1, _FIRST), (2, _SECOND)):
        own = f"{parts.name[0]}{number}|{re.escape(parts.name)}[ _-]?{number}"
        if re.search(f"(?<![a-z0-9])({words}|{own})(?![a-z0-9])", name, re.IGNORECASE):
            numbers.add(number)
    return numbers


def check_alike(media: Sequence[Media], parts: Parts) -> list[Finding]:
    """Whether the parts have the same size and frame rate, as videos of one match do."""
    kinds = {(m.info.width, m.info.height, round(1e6 / m.table.frame_step)) for m in media}
    if len(kinds) < 2:
        return []
    kinds_text = " and ".join(f"{w}×{h} at {r} a second" for w, h, r in sorted(kinds))
    fix = f"Check that {'both' if len(media) == 2 else 'all'} are of this match"
    return [Finding(SIZE, WARNING, f"the {parts.plural} are videos of different kinds", kinds_text, fix)]


def check_model(media: Media, card: Card) -> list[Finding]:
    """Whether a video is as fine in time and picture as a model reads it."""
    findings = []
    rate, wanted = 1e6 / media.table.frame_step, card.input.rate
    if rate < wanted * 0.98:
        evidence = f"{rate:.3g} frames a second, the model reads {wanted:g}"
        what = f"{media.path.name} has fewer frames than {card.name} reads"
        findings.append(Finding(RATE, ERROR, what, evidence, "Use a video of the full frame rate"))
    size = card.input.size
    if size:
        width, height = size
        evidence = f"{media.info.width}×{media.info.height}, the model reads {width}×{height}"
        if media.info.width < 0.9 * width or media.info.height < 0.9 * height:
            what = f"{media.path.name} is smaller than the pictures {card.name} reads"
            findings.append(Finding(SIZE, WARNING, what, evidence, "Use a larger video: small things will not be seen"))
        shape = media.info.width / media.info.height / (width / height)
        if not 0.9 < shape < 1.12:
            what = f"{media.path.name} has another shape than the pictures {card.name} reads"
            findings.append(Finding(SIZE, WARNING, what, evidence, "The picture will be squeezed"))
    return findings


def check_domain(source: MatchSource, card: Card) -> list[Finding]:
    """Whether a model has learned from such pictures."""
    if card.domain != SIMULATED or source.simulated:
        return []
    what = f"{card.name} was trained on rendered matches only"
    fix = f"Take its {layer_task(card.task).noun} as a demonstration"
    return [Finding(DOMAIN, WARNING, what, "this is other footage", fix)]


def check_features(folder: Path, half: int, length: int) -> list[Finding]:
    """Whether feature files beside the videos (``1_*.npy``) have as many rows as the half is long."""
    findings: list[Finding] = []
    for path in sorted(folder.glob(f"{half}_*.npy")):
        try:
            rows = check_array(path, what="feature file").shape[0]
        except (BadInputError, IndexError):
            findings.append(Finding(RATE, ERROR, f"{path.name} cannot be read", fix="Copy it again"))
            continue
        rate = next((r for word, r in _FEATURE_RATES.items() if word in path.name.lower()), 2.0)
        findings += check_rate(rows, rate, length, path.name)
    return findings
