"""``make bench-clock``: how well the clock and the score of the score bug are read, on rendered matches and the demo.

The clock of a rendered match shows the time played: a frame counts where it is of no replay, and of no wipe after one
(the picture before a replay goes on while the wipe comes); the first shows the engine one frame after its beginning.
Its score is the number of ``Goal`` labels of the half so far (the demo's begins anew in its second half). Measured at
every second while the match is shown, beside replays and wipes; the score from three seconds after a goal on.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import read_json
from spotting_core.domain.classes import DEFAULT_TABLE, load_classes
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import open_match
from spotting_core.samples.labelled import all_games
from spotting_core.score_bug.match_clock import FileClock, file_clock
from spotting_core.score_bug.readings import bug_readings

SPLITS = ("train", "val", "looks", "hires", "clip25", "test")
_RIGHT = 1.0  # seconds by which a clock may be wrong
_SETTLES = 3.0  # seconds after a goal from which the score is asked for
_REGULAR = 45 * 60
_SOON = (-2.0, 30.0)  # seconds after a goal in which the score changes


@dataclass(frozen=True)
class Truth:
    """What is true of a half: at its frames.

    Arguments:
        shown: bool (F,), whether the match itself is shown; played: float (F,), seconds on the clock.
        goals: seconds of the half and side, in order.
    """

    shown: np.ndarray
    played: np.ndarray
    rate: float
    goals: Sequence[tuple[float, str]]

    def score(self, time: float) -> tuple[int, int]:
        """The score at a time (seconds), home first."""
        scored = [side for at, side in self.goals if at <= time]
        return scored.count("home"), scored.count("away")

    def settled(self, time: float) -> bool:
        """Whether no goal was just scored."""
        return not any(0 <= time - at < _SETTLES for at, _ in self.goals)


@dataclass
class Figures:
    """Counts over the halves of one kind."""

    halves: int = 0
    bugs: int = 0
    moments: int = 0
    clocks: int = 0
    right: int = 0
    scores: int = 0
    asked: int = 0
    right_scores: int = 0
    readings: int = 0
    right_readings: int = 0
    goals: int = 0
    found_goals: int = 0
    false_changes: int = 0
    minutes: float = 0.0
    finding: float = 0.0
    reading: float = 0.0
    wrong: list[str] = field(default_factory=list)


def truth_of(game: Path, half: int, rate: float) -> Truth:
    """What is true of a half of a rendered match."""
    table = pq.read_table(game / "calibration.parquet", columns=["half", "is_replay", "wipe"])
    own = np.asarray(table["half"]) == half
    replay, wipe = np.asarray(table["is_replay"])[own], np.asarray(table["wipe"])[own]
    after = np.zeros_like(replay)
    for k in range(1, len(replay)):
        after[k] = wipe[k] and not replay[k] and (replay[k - 1] or after[k - 1])
    played = np.cumsum(~replay & ~after) / rate + (half - 1) * _REGULAR
    labels = read_json(game / "Labels-v2.json")["annotations"]
    goals = [
        (int(a["position"]) / 1000, a["team"]) for a in labels if a["label"] == "Goal" and int(a["gameTime"][0]) == half
    ]
    return Truth(~replay & ~wipe, played, rate, goals)


def measure(figures: Figures, name: str, truth: Truth, media: Media, found: FileClock) -> None:
    """Count what is known of a half, and what of it is right."""
    figures.halves += 1
    figures.bugs += found.readings.row is not None
    figures.minutes += media.table.duration / 60e6
    figures.finding += found.readings.finding
    figures.reading += found.readings.reading
    wrong = 0
    for frame in np.flatnonzero(truth.shown)[:: max(1, round(truth.rate))]:
        time = int(media.table.times[frame])
        clock, score = found.clock.at(time), found.score.at(time)
        right = clock is not None and abs(clock / 1e6 - truth.played[frame]) <= _RIGHT
        figures.moments += 1
        figures.clocks += clock is not None
        figures.right += right
        wrong += clock is not None and not right
        if truth.settled(time / 1e6):
            figures.asked += 1
            figures.scores += score is not None
            figures.right_scores += score == truth.score(time / 1e6)
    if wrong:
        figures.wrong.append(f"{name}: {wrong} s")
    for reading in found.readings.clocks:
        frame = media.table.shown_at(reading.time)
        if truth.shown[frame]:
            figures.readings += 1
            figures.right_readings += abs(reading.seconds + 0.5 - truth.played[frame]) <= _RIGHT
    own = [at for at, _ in truth.goals]
    changes = [c.time / 1e6 for c in found.score.changes]
    known = [next((c for c in changes if _SOON[0] <= c - at <= _SOON[1]), None) for at in own]
    figures.goals += len(own)
    figures.found_goals += sum(c is not None for c in known)
    figures.false_changes += len(changes) - len({c for c in known if c is not None})


def halves_of(game: Path, data: DataDirectory) -> Iterator[tuple[int, Media, FileClock]]:
    """Each half of a match with what is read of it."""
    parts = load_classes(DEFAULT_TABLE).parts
    for half in open_match(game).halves:
        media = ingest(half.path, data)
        yield half.half, media, file_clock(half.half, media, bug_readings(media), parts)


def table_of(figures: dict[tuple[str, str], Figures]) -> Table:
    """A row for each split and style of score bug."""
    table = Table(
        "Split", "Style", "Halves", "With bug", "Clock known", "right of known", "Readings right", "Score known",
        "right of known", "Goals found", "Wrong changes", "Wrong seconds a half", "Find, s", "Read, s a minute",
        box=None,
    )  # fmt: skip
    for (split, style), f in figures.items():
        wrong = f.clocks - f.right
        table.add_row(
            split, style, str(f.halves), str(f.bugs), _share(f.clocks, f.moments), _share(f.right, f.clocks),
            _share(f.right_readings, f.readings), _share(f.scores, f.asked), _share(f.right_scores, f.scores),
            f"{f.found_goals}/{f.goals}", str(f.false_changes), f"{wrong / f.halves:.1f}",
            f"{f.finding / f.halves:.1f}", f"{f.reading / f.minutes:.2f}",
        )  # fmt: skip
    return table


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}" if whole else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="simmatch")
    parser.add_argument("--demo", type=Path, help="the demo match")
    parser.add_argument("--split", action="append", help="of simmatch; may be given several times")
    parser.add_argument("--most", type=int, help="matches of a split")
    given = parser.parse_args()
    console, data = Console(width=200), DataDirectory.default().ensure()
    figures: dict[tuple[str, str], Figures] = defaultdict(Figures)
    games = [(split, g) for split in given.split or SPLITS for g in all_games(given.root / split)[: given.most]]
    for split, game in [*games, *([("demo", given.demo)] if given.demo else [])]:
        described = json.loads((game / "meta.json").read_text())
        with console.status(f"{split}: {game.name}"):
            for half, media, found in halves_of(game, data):
                truth = truth_of(game, half, described["fps"])
                for style in (str(described["scorebug"]["style"]), "all"):
                    measure(figures[split, style], game.name, truth, media, found)
    console.print(table_of(dict(sorted(figures.items()))))
    for (split, style), f in sorted(figures.items()):
        for line in f.wrong if style != "all" else ():
            console.print(f"Wrong in {split}, style {style}, {line}", highlight=False)
    console.print(", ".join(machine()), highlight=False)


if __name__ == "__main__":
    main()
