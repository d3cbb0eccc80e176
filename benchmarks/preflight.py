"""Cases made wrong on purpose, and how often the preflight checks tell them: ``make bench-preflight``.

Correct labels and predictions of real matches and labels of rendered ones are read wrong in every way that the
checks know; each match is one trial. The lengths of the real matches' videos are not known: a video is taken
to end an exponential time (mean 20 s, seeded) after the last spot of its half.

Beside that: on which clock the published calibrations of real games are, by the cuts of their camera labels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.calibration_spotting import RUNS
from benchmarks.real_calibrations import published_form
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats import registry
from spotting_core.formats.document import Document
from spotting_core.formats.field_calibration import RATE, calibration_file, read_published, where_sure
from spotting_core.formats.labels_cameras import FILE_NAME
from spotting_core.media.video import probe_video
from spotting_core.preflight.calibrations import cuts_met, jumps_of
from spotting_core.preflight.cameras import cuts_of_file
from spotting_core.preflight.finding import Finding
from spotting_core.preflight.match import check_spots
from spotting_core.preflight.scores import check_scores

CLASSES = load_classes()
OFFICIAL, ALPHABETICAL = list(CLASSES.names), sorted(CLASSES.names)
_COMPLETE = 40  # cuts of a half whose labels are complete
SHIFTED = [*OFFICIAL[-1:], *OFFICIAL[:-1]]

Wrong = Callable[[Document, np.random.Generator], Document]


def each(change: Callable[[Spot], Spot]) -> Wrong:
    return lambda document, _: document.with_spots([change(s) for s in document.spots])


def renamed(meant: Sequence[str], names_read: Sequence[str]) -> Wrong:
    """Scores whose columns are ``meant``, read with the names ``names_read``."""
    names = dict(zip(meant, names_read, strict=True))
    return each(lambda s: replace(s, label=names[s.label]))


def scrambled(document: Document, rng: np.random.Generator) -> Document:
    return renamed(OFFICIAL, list(rng.permutation(OFFICIAL)))(document, rng)


def timed(factor: float) -> Wrong:
    return each(lambda s: replace(s, time=round(s.time * factor)))


def contradicted(factor: float) -> Wrong:
    """Wrong positions beside the right clock of gameTime."""
    return lambda d, _: replace(
        d, entries=tuple(replace(e, spot=replace(e.spot, time=round(e.spot.time * factor))) for e in d.entries)
    )


SWAPPED = each(lambda s: replace(s, half=3 - s.half))
RIGHT = each(lambda s: s)

CASES: dict[str, tuple[str, Wrong]] = {
    "correct": ("", RIGHT),
    "alphabetical scores, official names": ("class order", renamed(ALPHABETICAL, OFFICIAL)),
    "official scores, alphabetical names": ("class order", renamed(OFFICIAL, ALPHABETICAL)),
    "background column read as a class": ("class order", renamed(SHIFTED, OFFICIAL)),
    "scrambled class list": ("class order", scrambled),
    "1 a second read as 2": ("frame rate", timed(0.5)),
    "2 a second read as 1": ("frame rate", timed(2.0)),
    "seconds as milliseconds": ("time units", timed(0.001)),
    "milliseconds as seconds": ("time units", timed(1000.0)),
    "halves swapped": ("order of halves", SWAPPED),
}
"""What is wrong: the check that should tell, and how it is made."""


@dataclass(frozen=True)
class Match:
    labels: Document
    predictions: Document | None
    lengths: dict[int, int]


def real_matches(data: Path, count: int | None = None) -> Iterator[Match]:
    """The matches of the evaluation data."""
    rng = np.random.default_rng(0)
    folder = data / "evaluation"
    labels = {d.game: d for d in registry.read(folder / "labels.zip", registry.format_named("labels-v2"))}
    for number, predictions in enumerate(registry.read(folder / "predictions.zip")):
        if number == count:
            return
        sure = [s for s in predictions.spots if (s.confidence or 0) >= 0.5]
        last = {h: max(s.time for s in [*labels[predictions.game].spots, *sure] if s.half == h) for h in (1, 2)}
        yield Match(labels[predictions.game], predictions, {h: t + int(rng.exponential(20e6)) for h, t in last.items()})


def rendered_matches(data: Path, count: int | None = None) -> Iterator[Match]:
    """The rendered matches, with the true lengths of their videos."""
    for number, path in enumerate(sorted((data / "simmatch").glob("*/*/*/*/Labels-v2.json"))):
        if number == count:
            return
        videos = {int(v.name[0]): probe_video(v).duration or 0 for v in path.parent.glob("*.mp4")}
        yield Match(registry.read_one(path), None, {h: round(s * 1e6) for h, s in videos.items()})


def reported(findings: Sequence[Finding], check: str) -> bool:
    return any(f.check == check for f in findings) if check else bool(findings)


def repaired(findings: Sequence[Finding], wrong: Document, right: Document) -> bool:
    """Whether a safe repair gives the correct spots back (times to a microsecond a thousandfold)."""
    for finding in findings:
        if finding.safe and finding.repair_spots:
            pairs = zip(finding.repair_spots(wrong.spots), right.spots, strict=True)
            return all((a.half, a.label) == (b.half, b.label) and abs(a.time - b.time) <= 1000 for a, b in pairs)
    return False


def rates(matches: Sequence[Match], kind: str, evidence: str, case: str, seed: int = 0) -> tuple[int, int, int]:
    """Of how many matches, how many were told, and how many a safe repair made right again."""
    check, wrong = CASES[case]
    rng = np.random.default_rng(seed)
    reports = mended = 0
    for match in matches:
        right = match.labels if kind == "labels" else match.predictions
        assert right is not None
        made = wrong(right, rng)
        lengths = match.lengths if evidence == "lengths" else None
        truth = match.labels.spots if evidence == "labels" else None
        findings = check_spots(made, CLASSES, lengths, truth)
        reports += reported(findings, check)
        mended += repaired(findings, made, right)
    return len(matches), reports, mended


def score_tables(match: Match, rng: np.random.Generator) -> np.ndarray:
    """Softmax scores at 2 a second with the background first: peaks at the labels over a low noise."""
    length = match.lengths[1] / 1e6
    scores = rng.beta(1, 60, (int(length * 2) + 1, len(CLASSES)))
    for s in match.labels.spots:
        if s.half == 1:
            at = min(round(s.seconds * 2), len(scores) - 1)
            scores[max(0, at - 1) : at + 2, CLASSES.index(s.label)] = rng.beta(5, 2)
    total = scores.sum(axis=1, keepdims=True)
    scores = scores / np.maximum(1.0, total)
    return np.hstack([1 - scores.sum(axis=1, keepdims=True), scores]).astype(np.float32)


def background_rates(matches: Sequence[Match]) -> dict[str, tuple[int, int]]:
    """Matches and how many were told: scores without, with, and with a cut background column."""
    rng = np.random.default_rng(0)
    counts = {
        "scores, correct": [0, 0],
        "scores with a background column": [0, 0],
        "the same, last class cut off": [0, 0],
    }
    for match in matches:
        table = score_tables(match, rng)
        for name, made in zip(counts, (table[:, 1:], table, table[:, :-1]), strict=True):
            counts[name][0] += 1
            counts[name][1] += any("background" in f.check for f in check_scores(made, CLASSES))
    return {name: (a, b) for name, (a, b) in counts.items()}


def calibration_clocks(folder: Path) -> str:
    """At how many cuts calibrations jump, a sample before and at the cut, and where in time sample k lies."""
    before, at, offsets = [], [], []
    for labels in sorted(published_form(folder, RUNS / "real").rglob(FILE_NAME)):
        for half, cuts in cuts_of_file(labels).items():
            if len(cuts) < _COMPLETE:
                continue
            path = calibration_file(labels.parent, half)
            assert path is not None
            own = [where_sure(c) for c in read_published(path, half).calibrations]
            met, jumps = cuts_met(own, cuts), jumps_of(own)
            before.append(met[-1])
            at.append(met[0])
            numbers = [(cut / 1e6, int(np.ceil(cut * RATE / 1e6)) - 2) for cut in cuts]
            offsets += [cut - k / RATE for cut, k in numbers if 0 <= k < len(jumps) and jumps[k]]
    shift = float(np.median(offsets)) - 0.5 / RATE  # cuts lie anywhere between the two samples
    ranges = (f"{min(shares):.2f} to {max(shares):.2f}" for shares in (before, at))
    return "{} halves: jumps a sample before {} of the cuts, at {}; sample k at k / 2 + {:.2f} s".format(
        len(before), *ranges, shift
    )


COLUMNS = (
    ("real", "labels", "none"), ("real", "labels", "lengths"), ("real", "predictions", "none"),
    ("real", "predictions", "labels"), ("real", "predictions", "lengths"), ("rendered", "labels", "none"),
    ("rendered", "labels", "lengths"),
)  # fmt: skip


def main() -> None:
    data = Path(sys.argv[1])
    sets = {"real": list(real_matches(data)), "rendered": list(rendered_matches(data))}
    out = sys.stdout.write
    out("| case | " + " | ".join(f"{s} {k}, {e}" for s, k, e in COLUMNS) + " |\n")
    out("|---" * (len(COLUMNS) + 1) + "|\n")
    for case in CASES:
        cells = []
        for name, kind, evidence in COLUMNS:
            count, reports, mended = rates(sets[name], kind, evidence, case)
            cells.append(f"{reports}/{count}" + (f" ({mended})" if mended else ""))
        out(f"| {case} | " + " | ".join(cells) + " |\n")
    for name, matches in sets.items():
        for case, (count, reports) in background_rates(matches).items():
            out(f"{name}, {case}: {reports}/{count}\n")
    out(f"calibrations of real games, {calibration_clocks(data / 'real_calibration')}\n")


if __name__ == "__main__":
    main()
