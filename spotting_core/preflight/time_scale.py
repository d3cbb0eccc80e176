"""Whether times mean what they say: units, frame rate, and which part is which.

Evidence, from the strongest: a second statement of the same time in the file (``gameTime`` beside
``position``), labels of the same match, the lengths of the videos, and how long a part of a match can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spotting_core.domain.classes import ClassTable
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import Spot
from spotting_core.formats.document import Document
from spotting_core.formats.table_csv import FORM as TABLE
from spotting_core.preflight.finding import ERROR, WARNING, Finding, SpotRepair

UNITS, RATE, PAST = "time units", "frame rate", "length"
TOLERANCE = 3.0
"""Seconds within which a spot and a label of its class are the same action."""

_SLACK = 3.0  # seconds by which a last spot may pass the end of a video: labels are rounded up, tables cut
_LEAST_SPOTS = 20
_LEAST_Z = 5.0
_LEAST_SHARE = 0.25  # of the spots that must meet a label: times a thousandth as long all meet the first kick-off
_CONFIDENT = 0.5
_FULL = 0.93  # share of a video that the last spot of a half has passed in a match labelled to the end
_SHORTEST, _LONGEST = 1 / 450, 8.0  # regular lengths; what reaches less or more is no part of a match


@dataclass(frozen=True)
class Reading:
    """Another way to read the times: every time is multiplied by ``factor``, or two parts change places."""

    check: str
    what: str
    fix: str
    factor: float = 1.0
    swapped: bool = False

    def apply(self, spots: Sequence[Spot]) -> list[Spot]:
        halves = {1: 2, 2: 1} if self.swapped else {}
        return [replace(s, time=round(s.time * self.factor), half=halves.get(s.half, s.half)) for s in spots]


READINGS = (
    Reading(UNITS, "seconds were written as milliseconds", "Multiply all times by 1000", 1000.0),
    Reading(UNITS, "milliseconds were written as seconds", "Divide all times by 1000", 0.001),
    Reading(RATE, "frames at 1 a second were read as 2 a second", "Double all times", 2.0),
    Reading(RATE, "frames at 2 a second were read as 1 a second", "Halve all times", 0.5),
)


def order_of(parts: Parts) -> str:
    """Name of the check of which part is which."""
    return f"order of {parts.plural}"


def _readings(parts: Parts) -> tuple[Reading, ...]:
    """All readings: of two parts one can be taken for the other."""
    fix = f"Exchange {parts.plural} 1 and 2"
    swapped = Reading(order_of(parts), f"the {parts.plural} are swapped", fix, swapped=True)
    return (*READINGS, swapped) if parts.count == 2 else READINGS


def check_times(
    document: Document,
    classes: ClassTable | None = None,
    lengths: Mapping[int, int] | None = None,
    truth: Sequence[Spot] | None = None,
) -> list[Finding]:
    """All that the evidence at hand says of the times of a match's spots; the first that is sure is told.

    Arguments:
        classes: whose table says what a match consists of.
        lengths: of the videos by half, microseconds; truth: labels of the same match.
    """
    spots, parts = _confident(document.spots), classes.parts if classes else Parts()
    ways: list[Callable[[], list[Finding]]] = [lambda: check_clock(document)]
    if truth:
        ways.append(lambda: check_against_labels(spots, truth, parts))
    if lengths:
        ways.append(lambda: check_against_lengths(spots, lengths, parts))
    else:
        ways.append(lambda: check_possible(spots, parts))
    return next((findings for way in ways if (findings := way())), [])


def _confident(spots: Sequence[Spot]) -> list[Spot]:
    """True spots, and predictions from a confidence of 0.5: false alarms lie anywhere."""
    return [s for s in spots if s.confidence is None or s.confidence >= _CONFIDENT]


def _finding(reading: Reading, evidence: str, *, severity: str = ERROR, safe: bool = True) -> Finding:
    repair: SpotRepair = reading.apply
    return Finding(reading.check, severity, reading.what, evidence, reading.fix, safe, repair)


# --- the file's own second statement ------------------------------------------------------------------


def check_clock(document: Document) -> list[Finding]:
    """Whether the two times that a file says of its entries are the same: ``position`` and ``gameTime`` of SoccerNet's,
    ``seconds`` and ``match_time`` of a table."""
    counted, other = ("seconds", "match_time") if document.form == TABLE else ("position", "gameTime")
    pairs = [(e.spot.time / 1e6, e.clock / 1e6) for e in document.entries if e.clock is not None and e.clock > 10e6]
    if len(pairs) < 3:
        return []
    positions, clock = np.array(pairs).T
    for reading in READINGS:
        agreeing = int((np.abs(positions * reading.factor - clock) <= 1.5).sum())
        asis = int((np.abs(positions - clock) <= 1.5).sum())
        if agreeing >= 0.9 * len(pairs) and asis <= 0.1 * len(pairs):
            evidence = (
                f"{counted} times {reading.factor:g} is the {other} in {agreeing} of {len(pairs)} entries, as it "
                f"stands in {asis}"
            )
            return [_finding(reading, evidence)]
    return []


# --- labels -------------------------------------------------------------------------------------------


def check_against_labels(spots: Sequence[Spot], truth: Sequence[Spot], parts: Parts) -> list[Finding]:
    """Whether spots meet labels of their class better when read another way.

    For each reading the spots within 3 s of a label of their class are counted, and what chance gives (a
    Poisson process of the labels) is taken off; another reading must beat the given one by 5 standard
    deviations, be twice as good, and bring a quarter of the spots to labels.
    """
    if len(spots) < 5 or len(truth) < 5:
        return []
    met, chance = _meeting(spots, truth)
    best = max(_readings(parts), key=lambda r: _excess(r.apply(spots), truth))
    there, there_chance = _meeting(best.apply(spots), truth)
    gain = (there - there_chance) - (met - chance)
    if (
        gain < 5
        or gain < _LEAST_Z * math.sqrt(max(there_chance + chance, 1.0))
        or there < max(2 * met, _LEAST_SHARE * len(spots))
    ):
        return []
    evidence = (
        f"so read, {there} of {len(spots)} spots lie within {TOLERANCE:g} s of a label of their class, as they stand "
        f"{met} (by chance {chance:.0f})"
    )
    return [_finding(best, evidence)]


def _excess(spots: Sequence[Spot], truth: Sequence[Spot]) -> float:
    met, chance = _meeting(spots, truth)
    return met - chance


def _meeting(spots: Sequence[Spot], truth: Sequence[Spot]) -> tuple[int, float]:
    """How many spots lie by a label of their class and half, and how many would by chance."""
    labels: dict[tuple[int, str], list[float]] = {}
    for s in truth:
        labels.setdefault((s.half, s.label), []).append(s.seconds)
    rows = {key: np.sort(np.array(times)) for key, times in labels.items()}
    span = max([60.0, *(t[-1] for t in rows.values())])
    met, chance = 0, 0.0
    for spot in spots:
        times = rows.get((spot.half, spot.label))
        if times is None:
            continue
        first, stop = np.searchsorted(times, [spot.seconds - TOLERANCE, spot.seconds + TOLERANCE])
        met += bool(stop > first)
        chance += 1 - math.exp(-len(times) * 2 * TOLERANCE / span)
    return met, chance


# --- lengths of the videos ----------------------------------------------------------------------------


def check_against_lengths(spots: Sequence[Spot], lengths: Mapping[int, int], parts: Parts) -> list[Finding]:
    """Whether spots fit the videos of their halves, and if not, read in which way they do."""
    last = _last(spots)
    length = {half: microseconds / 1e6 for half, microseconds in lengths.items()}
    outside = [s for s in spots if s.half in length and s.seconds > length[s.half] + _SLACK]
    strange = sorted(set(last) - set(length))
    if strange:
        fix = f"Give the video of that {parts.name}"
        missing = [Finding(PAST, ERROR, f"{parts.title(half)} has spots and no video", fix=fix) for half in strange]
        known = [s for s in spots if s.half in length]
        return [*missing, *([_past(known, outside, length, parts)] if outside else [])]
    if outside:
        return _outside(spots, outside, length, parts)
    return _squeezed(spots, last, length)


def _last(spots: Sequence[Spot]) -> dict[int, float]:
    last: dict[int, float] = {}
    for s in spots:
        last[s.half] = max(last.get(s.half, 0.0), s.seconds)
    return last


def _outside(
    spots: Sequence[Spot], outside: Sequence[Spot], length: Mapping[int, float], parts: Parts
) -> list[Finding]:
    worst, past = _worst(outside, length), _past(spots, outside, length, parts)
    evidence = past.evidence
    strays = len(outside) < 2 or worst.seconds - length[worst.half] < 2 * _SLACK
    for reading in (r for r in _readings(parts) if r.factor < 1 or (r.swapped and not strays)):
        last = _last(reading.apply(spots))
        fits = all(h in length and t <= length[h] + _SLACK for h, t in last.items())
        # A thousandth fits anything; a half and a swap must also reach the end.
        reaches = all(t >= 0.8 * length[h] for h, t in last.items() if h in length)
        tenfold = max(_last(spots)[h] / length[h] for h in _last(spots)) > 10
        if fits and (tenfold if reading.factor == 0.001 else reaches and not tenfold):
            counted = len(spots) >= _LEAST_SPOTS
            return [_finding(reading, f"{evidence}; so read all fit", safe=counted)]
    return [past]


def _worst(outside: Sequence[Spot], length: Mapping[int, float]) -> Spot:
    return max(outside, key=lambda s: s.seconds - length[s.half])


def _past(spots: Sequence[Spot], outside: Sequence[Spot], length: Mapping[int, float], parts: Parts) -> Finding:
    """What is said of spots that no reading brings into their videos."""
    worst = _worst(outside, length)
    evidence = (
        f"{len(outside)} of {len(spots)} spots lie past the end of their video, {worst.label} of "
        f"{parts.title(worst.half)} at {worst.seconds:.0f} s of {length[worst.half]:.0f} s"
    )
    few = worst.confidence is not None and len(outside) <= 0.05 * len(spots)
    fix = "Check that they belong to this match"
    return Finding(PAST, WARNING if few else ERROR, "spots lie past the end of the video", evidence, fix)


def _squeezed(spots: Sequence[Spot], last: Mapping[int, float], length: Mapping[int, float]) -> list[Finding]:
    """All spots in the first half, or the first thousandth, of every video."""
    if len(spots) < _LEAST_SPOTS:
        return []
    for reading in (READINGS[2], READINGS[0]):
        reach = {h: t * reading.factor / length[h] for h, t in last.items()}
        least = _FULL if reading.factor == 2 else 0.2  # a thousandth of a video is told from all of it by less
        if all(least <= r <= 1 + _SLACK / length[h] for h, r in reach.items()):
            chance = sum(math.log10(max(last[s.half] / length[s.half], 1e-9)) for s in spots)
            ends = ", ".join(f"{last[h]:.0f} s of {length[h]:.0f} s" for h in sorted(last))
            evidence = (
                f"the last spots lie at {ends}, and {reading.factor:g} times as late they just fill the video; "
                f"{len(spots)} spots spread evenly would lie so early with a chance of 10^{chance:.0f}"
            )
            sure = len(last) > 1 or reading.factor > 2  # half a single video may just not be labelled yet
            return [_finding(reading, evidence, severity=ERROR if sure else WARNING, safe=sure)]
    return []


# --- how long a part of a match can be ----------------------------------------------------------------


def check_possible(spots: Sequence[Spot], parts: Parts) -> list[Finding]:
    """Times that no part of a match can have; says nothing of parts without a regular length."""
    if parts.length is None or len(spots) < 10:
        return []
    last, regular = max(_last(spots).values()), parts.length / 1e6
    if last > _LONGEST * regular:
        where = f"{last / 3600:.0f} hours of its {parts.name}"
        return [_finding(READINGS[1], f"the last of {len(spots)} spots lies at {where}")]
    if 0 < last < _SHORTEST * regular:
        where = f"the first {last:.1f} s of their {parts.name}"
        return [_finding(READINGS[0], f"all {len(spots)} spots lie within {where}")]
    return []


# --- features and scores ------------------------------------------------------------------------------


def check_rate(samples: int, rate: float, length: int, what: str = "the features") -> list[Finding]:
    """Whether an array of one row a sample fits a video at the rate it is read at.

    Arguments:
        samples: rows; rate: samples a second as assumed; length: of the video, microseconds.
    """
    if not samples:
        return [Finding(RATE, ERROR, f"{what} have no rows", "an array of 0 rows", "Make them again")]
    seconds = length / 1e6
    implied, tolerance = samples / seconds, max(0.02, 3 / samples)
    if abs(implied / rate - 1) <= tolerance:
        return []
    near = [r for r in (0.5, 1.0, 2.0, 25 / 12, 4.0, 5.0, 12.5, 25.0, 30.0) if abs(implied / r - 1) <= tolerance]
    evidence = f"{samples} rows are {samples / rate:.0f} s at {rate:g} a second, the video has {seconds:.0f} s"
    if near:
        true = min(near, key=lambda r: abs(implied / r - 1))
        what_is = f"{what} have {true:.4g} rows a second, not {rate:g}"
        return [Finding(RATE, ERROR, what_is, evidence, f"Read them at {true:.4g} a second")]
    return [Finding(RATE, ERROR, f"{what} do not fit the video", evidence, "Check that they belong to this video")]
