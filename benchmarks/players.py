"""People and ball on the pitch, measured on rendered matches with exact calibrations: ``make bench-players``.

python -m benchmarks.players DATA

DATA holds the splits of simmatch; ``test`` is measured, at two samples a second. Boxes are those of the bundled model's
analysis, found as a user would have them; beside it stand the true boxes, which say what the boxes cost, and the same
boxes with the calibrations that the bundled network finds, which is all that a match without labels has. Home and away
are told by the shirts in meta.json, cuts and replays by the labels. Samples of replays and without a calibration are
left out, and people whose foot is outside the picture. Figures have the 95 % interval over matches.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bootstrap import interval_of, resampled
from benchmarks.player_motion import Motion, motion
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.match_calibrations import match_calibrations
from spotting_core.analyses.match_cameras import MatchCameras, match_cameras
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import read_json
from spotting_core.domain.homography import Calibration
from spotting_core.domain.people import MatchPlayers, Placed
from spotting_core.entities.placed_truth import true_people
from spotting_core.entities.table import EntityTable
from spotting_core.entities.truth import TrueMatch
from spotting_core.evaluation.game_state import Hota, hota
from spotting_core.evaluation.people import PeopleFigures, people_figures
from spotting_core.formats.field_calibration import pitch_of
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.default_models import default_models
from spotting_core.inference.replay_run import labels_beside
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model
from spotting_core.players.match_players import match_players
from spotting_core.tasks.calibration import CALIBRATION
from spotting_core.tasks.spotting import SPOTTING

_NAMES = ("ball", "player", "goalkeeper", "referee", "assistant referee")


@dataclass(frozen=True)
class Measured:
    """One match, or several together: figures, GS-HOTA by shot and of whole matches, seconds of placing everybody, and
    samples: those in which somebody could be placed, and all."""

    figures: PeopleFigures
    shots: Hota
    whole: Hota
    seconds: float
    motion: Motion
    matches: int = 1
    calibrated: int = 0
    samples: int = 0

    def __add__(self, other: Measured) -> Measured:
        return Measured(
            self.figures + other.figures, self.shots + other.shots, self.whole + other.whole,
            self.seconds + other.seconds, self.motion + other.motion, self.matches + other.matches,
            self.calibrated + other.calibrated, self.samples + other.samples,
        )  # fmt: skip


def true_table(folder: Path, frames: np.ndarray) -> EntityTable:
    """The true boxes of a rendered match as entities."""
    match = TrueMatch(folder)
    samples, entities, boxes = [], [], []
    for sample, number in enumerate(frames.tolist()):
        frame = match[number]
        for name, box in zip(frame.names, frame.boxes, strict=True):
            if name in _NAMES:
                samples.append(sample)
                entities.append(_NAMES.index(name))
                boxes.append(box)
    count = len(samples)
    return EntityTable(
        _NAMES, np.array(samples, np.int32), np.array(entities, np.int16), np.full(count, 0.99, np.float32),
        np.array(boxes, np.float32), np.zeros((count, 1), np.float16),
    )  # fmt: skip


def measure(
    folder: Path, analysis: Analysis, *, true_boxes: bool = False, found: Sequence[Calibration] | None = None
) -> Measured:
    """Place everybody of a match and compare with the truth; found: calibrations in place of the exact ones."""
    source = open_match(folder)
    cameras = match_cameras(labels_beside(source), [])
    kits = read_json(folder / "meta.json")["kits"]
    home, away = (tuple(kits[side]["main"]) for side in ("home", "away"))
    half = analysis.half(1)
    begun = time.perf_counter()
    players = match_players(
        source, analysis, found or match_calibrations(source, [analysis]), cameras=cameras, pitch=pitch_of(folder),
        kits=(home, away), entities={1: true_table(folder, half.frames)} if true_boxes else None,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    truth, placed, shots = _samples(players, folder, half.times, half.frames, cameras)
    parts = [
        hota([truth[i] for i in rows], [placed[i] for i in rows])
        for rows in (np.flatnonzero(np.array(shots) == shot) for shot in dict.fromkeys(shots))
    ]
    figures = people_figures(truth, placed)
    labels = SPOTTING.read_truth(folder)
    moved = motion(players, truth, labels, cameras, analysis.classes.name)
    return Measured(figures, reduce(add, parts), hota(truth, placed), seconds, moved, 1, len(truth), len(half.times))


def _samples(
    players: MatchPlayers, folder: Path, times: np.ndarray, frames: np.ndarray, cameras: MatchCameras | None
) -> tuple[list[list[Placed]], list[list[Placed]], list[int]]:
    """True and found people of every sample that has a calibration, and the start of its shot."""
    true = true_people(folder, players.size)
    placed = players.at(1)
    truth, found, shots = [], [], []
    for moment, frame in zip(times.tolist(), frames.tolist(), strict=True):
        if (1, moment) in players.calibrations:
            shot = cameras.shot_at(1, moment) if cameras is not None else None
            truth.append(true.get((1, frame), []))
            found.append(placed[moment])
            shots.append(shot.start if shot else -1)
    return truth, found, shots


FIGURES: dict[str, Callable[[Measured], float]] = {
    "Recall within 2 m": lambda m: m.figures.recall,
    "Precision within 2 m": lambda m: m.figures.precision,
    "Median error, m": lambda m: float(np.median(m.figures.distances)),
    "Mean error, m": lambda m: float(np.mean(m.figures.distances)),
    "Mean expected error, m": lambda m: float(np.mean(m.figures.expected)),
    "Team right, of all players found": lambda m: m.figures.team_accuracy,
    "Team right, where told": lambda m: m.figures.told_accuracy,
    "Role right": lambda m: m.figures.role_right / max(1, m.figures.matched),
    "GS-HOTA without numbers, shot by shot": lambda m: m.shots.score,
    "    DetA": lambda m: m.shots.detection,
    "    AssA": lambda m: m.shots.association,
    "GS-HOTA without numbers, whole matches": lambda m: m.whole.score,
    "Ball placed, of samples that show it": lambda m: m.figures.ball_found / max(1, m.figures.ball_true),
    "Ball, median error, m": lambda m: float(np.median(m.figures.ball or (np.nan,))),
    "Ball within 2 m, where placed": lambda m: float(np.mean(np.array(m.figures.ball) <= 2)),
    "Speed, mean error, m/s": lambda m: float(np.mean(m.motion.off)),
    "Metres a minute of a team, mean error": lambda m: float(np.mean([abs(a - b) for a, _, b in m.motion.paces])),
    "    expected": lambda m: float(np.mean([expected for _, expected, _ in m.motion.paces])),
    "    root mean square, share of it": lambda m: float(
        np.mean([(a / b - 1) ** 2 for a, _, b in m.motion.paces]) ** 0.5
    ),
    "Spots whose team is suggested, of those that can be": lambda m: len(m.motion.suggested) / max(1, m.motion.asked),
    "    right": lambda m: float(np.mean([right for _, right in m.motion.suggested])),
    "    expected to be": lambda m: float(np.mean([confidence for confidence, _ in m.motion.suggested])),
    "Samples with a calibration, no replay": lambda m: m.calibrated / m.samples,
    "Seconds a match": lambda m: m.seconds / m.matches,
}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of simmatch's splits")
    parser.add_argument("--split", default="test")
    arguments = parser.parse_args()
    data, model = DataDirectory.default().ensure(), load_model(default_models()[SPOTTING.name])
    measured: dict[str, list[Measured]] = {"Boxes of the bundled model": [], "True boxes": [], "Found calibrations": []}
    network = load_model(CALIBRATION.default_model)
    games = list(SPOTTING.labelled_games(arguments.data / arguments.split))
    for game in games:
        source = open_match(game)
        analysis = analyse_match(source, model, data)
        found = analyse_match(source, network, data).findings(CALIBRATION)
        for rows, one in zip(
            measured.values(),
            (measure(game, analysis), measure(game, analysis, true_boxes=True), measure(game, analysis, found=found)),
            strict=True,
        ):
            rows.append(one)
    table = Table("", *measured, box=None, header_style="bold", pad_edge=False)
    columns = [_column(rows) for rows in measured.values()]
    for name, *cells in zip(FIGURES, *columns, strict=True):
        table.add_row(name, *cells)
    worst = [min(m.figures.team_accuracy for m in rows) for rows in measured.values()]
    table.add_row("Team right, in the worst match", *(f"{share:.3f}" for share in worst))
    console = Console(width=150)
    console.print(
        f"{len(games)} matches of {arguments.split}, two samples a second, exact calibrations but for the last column"
    )
    console.print(table)


def _column(measured: Sequence[Measured]) -> list[str]:
    """Every figure, with its 95 % interval from a bootstrap over matches."""
    drawn = [reduce(add, [measured[k] for k in numbers]) for numbers in resampled(len(measured))]
    cells = []
    for figure in FIGURES.values():
        low, high = interval_of([figure(m) for m in drawn])
        cells.append(f"{figure(reduce(add, measured)):.3f} ({low:.3f}–{high:.3f})")
    return cells


if __name__ == "__main__":
    main()
