"""The calibration network beside a classical baseline, on rendered matches: ``make bench-calibration``.

python -m benchmarks.calibration DATA

DATA holds the splits of simmatch; ``test`` is measured, at two samples a second, by analysing its matches as a user
would. By camera: median distance in metres between where truth and prediction place the points of the picture, IoU of
the part and of the whole pitch, JaC at 5 pixels, completeness (of the samples that show five lines or more, how many
have a calibration that is sure enough). Figures of the usual camera have the 95 % interval over matches. Then the
errors by tenths of what was expected, and how many pictures without a pitch were placed all the same.

The baseline does without learning but for the cameras of the training matches: white lines on grass (top hat), the
nearest of so many cameras by chamfer distance to its lines, then the same fit to lines (``calibration.fit``), every
picture by itself. It is sure where the lines that
should be seen are seen, and the other way round.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.bootstrap import interval_of, resampled
from spotting_core.base.data_directory import DataDirectory
from spotting_core.calibration.fit import LineMaps, fit_lines
from spotting_core.domain.camera import Camera
from spotting_core.domain.homography import Calibration
from spotting_core.domain.pitch import Pitch
from spotting_core.evaluation.pitch_calibration import PlacedSample, placed_sample, shows_enough
from spotting_core.formats.calibration_table import read_table
from spotting_core.formats.field_calibration import RATE, pitch_of, read_rendered, where_sure
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.calibration_run import sightings_of
from spotting_core.media.decode import resize_image
from spotting_core.media.frame_store import FrameStore, store_frames
from spotting_core.media.source import open_match
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.models.pitch_lines import (
    KINDS,
    LINE_STRIDE,
    PitchLinesConfig,
    line_maps,
    picture_targets,
    stacked_targets,
)
from spotting_core.models.window import Samples
from spotting_core.tasks.calibration import CALIBRATION

USUAL, ALL = "Main camera center", "All cameras"
_KNOWN = 3000  # cameras of the training matches that the baseline knows
_SUPPORT = 0.5  # times what is explained, from which the baseline is sure
_WRONG = 3.0  # metres


@dataclass(frozen=True)
class Judged:
    """One sample: its truth, what was predicted (None where nothing or nothing sure), and how far that is off."""

    true: Calibration
    predicted: Calibration | None
    figures: PlacedSample | None
    asked: bool


def judge(truth: Sequence[Calibration], predicted: Sequence[Calibration], pitch: Pitch) -> list[Judged]:
    """Truth and prediction side by side, sample by sample."""
    by_time = {(c.half, c.time): c for c in predicted}
    judged = []
    for true in truth:
        own = by_time.get((true.half, true.time))
        own = own if own is not None and own.homography is not None else None
        asked = shows_enough(true, pitch)
        figures = None
        if own is not None and own.homography is not None and true.homography is not None:
            figures = placed_sample(true.homography, own.homography, pitch, true.label)
        judged.append(Judged(true, own, figures, asked))
    return judged


def _asked(samples: Sequence[Judged]) -> list[PlacedSample]:
    return [s.figures for s in samples if s.asked and s.figures is not None]


FIGURES: dict[str, Callable[[Sequence[Judged]], float]] = {
    "Median, m": lambda s: float(np.median([f.distance for f in _asked(s)] or [np.nan])),
    "IoU part": lambda s: float(np.mean([f.part for f in _asked(s)] or [np.nan])),
    "IoU whole": lambda s: float(np.mean([f.whole for f in _asked(s)] or [np.nan])),
    "JaC@5": lambda s: float(np.mean([f.jac for f in _asked(s)] or [np.nan])),
    "Completeness": lambda s: len(_asked(s)) / max(1, sum(j.asked for j in s)),
}


# --- the baseline -------------------------------------------------------------------------------------


class ChamferBaseline:
    """Known cameras with the distance of every cell from their lines; see the module."""

    def __init__(self, matches: Sequence[Path], config: PitchLinesConfig, aspect: float) -> None:
        self.config, self.aspect = config, aspect
        known = [(c, pitch_of(folder)) for folder in matches for c in read_rendered(folder) if c.homography is not None]
        known = [(c, pitch) for c, pitch in known if shows_enough(c, pitch)]
        picked = np.random.default_rng(0).permutation(len(known))[:_KNOWN]
        self.cameras: list[Camera] = []
        lines = []
        for k in picked:
            calibration, pitch = known[k]
            assert calibration.homography is not None
            camera = Camera.of(calibration.homography, aspect)
            if camera is not None:
                self.cameras.append(camera)
                target = stacked_targets([picture_targets(calibration, pitch)])
                lines.append(line_maps(target, config)[0].amax(0).numpy() > 0.5)
        self.lines = np.stack(lines).reshape(len(lines), -1).astype(np.float32)

    def calibration(self, image: np.ndarray, pitch: Pitch, half: int, at: int) -> Calibration:
        """That of one picture uint8 (H, W, 3)."""
        white = white_lines(resize_image(image, self.config.width, self.config.height))
        apart = cv2.distanceTransform((white < 0.5).astype(np.uint8), cv2.DIST_L2, 3).clip(0, 8).ravel()
        missed = self.lines @ apart / self.lines.sum(1).clip(1)
        covered = self.lines @ (white.ravel() > 0.5).astype(np.float32) / max(1.0, float((white > 0.5).sum()))
        start = self.cameras[int((missed - 6 * covered).argmin())]
        fit = fit_lines(LineMaps((white, white, white)), start.parameters, pitch, self.aspect)
        agreement = fit.support * min(1.0, len(KINDS) * fit.explained)  # a white line is seen in the maps of all kinds
        sure = agreement >= _SUPPORT and np.isfinite(fit.parameters).all()
        seen = Camera.of_parameters(fit.parameters, self.aspect).homography if sure else None
        return Calibration(half, at, seen, agreement)


def white_lines(image: np.ndarray) -> np.ndarray:
    """How much every cell looks like a white line on grass: float32 (h, w), 0 to 1."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    grass = ((hsv[..., 0] > 25) & (hsv[..., 0] < 95) & (hsv[..., 1] > 35)).astype(np.uint8)
    field = cv2.morphologyEx(grass, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    field = cv2.erode(field, np.ones((5, 5), np.uint8))
    hat = cv2.morphologyEx(hsv[..., 2], cv2.MORPH_TOPHAT, np.ones((7, 7), np.uint8))
    bright = np.clip((hat.astype(np.float32) - 12) / 25, 0, 1) * field
    cells = cv2.resize(bright, None, fx=1 / LINE_STRIDE, fy=1 / LINE_STRIDE, interpolation=cv2.INTER_AREA)
    return np.clip(cells * LINE_STRIDE / 1.5, 0, 1).astype(np.float32)


# --- measuring ----------------------------------------------------------------------------------------


def by_network(games: Sequence[Path], model: LoadedModel, data: DataDirectory) -> Iterator[list[Calibration]]:
    """Every match as the network places it, sure or not."""
    for game in track(games, "The network", console=Console(stderr=True)):
        analysis = analyse_match(open_match(game), model, data, thumbnails=False)
        yield [c for half in analysis.halves for c in read_table(half.folder, half.half, half.times)]


def by_baseline(games: Sequence[Path], baseline: ChamferBaseline, data: DataDirectory) -> Iterator[list[Calibration]]:
    """Every match as the baseline places it."""
    for game in track(games, "The baseline", console=Console(stderr=True)):
        pictures, pitch = stored_pictures(game, data), pitch_of(game)
        yield [baseline.calibration(pictures[k], pitch, 1, round(k / RATE * 1e6)) for k in range(len(pictures))]


def stored_pictures(game: Path, data: DataDirectory) -> FrameStore:
    """The pictures of a match of one half."""
    return store_frames(open_match(game).halves[0].path, data, rate=RATE, sizes=[None])[0]


def table_of(title: str, matches: Sequence[list[Judged]]) -> Table:
    """All figures by camera."""
    every = [one for match in matches for one in match]
    labels = [USUAL, *sorted({j.true.label for j in every if j.asked} - {USUAL}), ALL]
    table = Table("Camera", "Samples", *FIGURES, title=title, box=None, header_style="bold")
    for label in labels:
        own = [j for j in every if label in (ALL, j.true.label)]
        cells = [f"{figure(own):.3f}" for figure in FIGURES.values()]
        if label == USUAL:
            usual = [[j for j in match if j.true.label == USUAL] for match in matches]
            cells = [
                f"{cell} ({_interval(usual, figure)})" for cell, figure in zip(cells, FIGURES.values(), strict=True)
            ]
        table.add_row(label, str(sum(j.asked for j in own)), *cells)
    return table


def _interval(matches: Sequence[list[Judged]], figure: Callable[[Sequence[Judged]], float]) -> str:
    values = [figure([j for k in rows for j in matches[k]]) for rows in resampled(len(matches))]
    low, high = interval_of(values)
    return f"{low:.3f}–{high:.3f}"


def deciles(matches: Sequence[list[Judged]], expected: Callable[[Calibration], float]) -> Table:
    """Errors by tenths of what was expected, of all samples that were placed and show a pitch."""
    pairs = [
        (expected(j.predicted), min(30.0, j.figures.distance))
        for match in matches
        for j in match
        if j.predicted is not None and j.figures is not None
    ]
    table = Table("Expected, m", "Mean expected", "Mean error", "Median error", "Samples", title="By tenths", box=None)
    values = np.array(sorted(pairs)).reshape(-1, 2)
    for part in np.array_split(values, 10):
        if len(part):
            cells = (part[:, 0].mean(), part[:, 1].mean(), np.median(part[:, 1]))
            table.add_row(f"{part[0, 0]:.2f} to {part[-1, 0]:.2f}", *(f"{c:.3f}" for c in cells), str(len(part)))
    return table


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of simmatch's splits")
    parser.add_argument("--split", default="test")
    parser.add_argument("--model", default=CALIBRATION.default_model)
    arguments = parser.parse_args()
    console = Console(width=160)
    data, model = DataDirectory.default().ensure(), load_model(arguments.model)
    games = CALIBRATION.labelled_games(arguments.data / arguments.split)
    truths = [read_rendered(game) for game in games]
    pitches = [pitch_of(game) for game in games]
    console.print(_speed(model, games[0], data))
    every = list(by_network(games, model, data))
    sure = [[where_sure(c) for c in match] for match in every]
    networks = [judge(*three) for three in zip(truths, sure, pitches, strict=True)]
    console.print(table_of("The network", networks))
    placed = [judge(*three) for three in zip(truths, every, pitches, strict=True)]
    console.print(deciles(placed, lambda c: c.error or 0.0))
    config = model.config
    assert isinstance(config, PitchLinesConfig)
    picture = stored_pictures(games[0], data)[0]
    known = CALIBRATION.labelled_games(arguments.data / "train")
    baseline = ChamferBaseline(known, config, picture.shape[1] / picture.shape[0])
    found = list(by_baseline(games, baseline, data))
    others = [judge(*three) for three in zip(truths, found, pitches, strict=True)]
    console.print(table_of("The baseline", others))
    for name, judged in (("network", networks), ("baseline", others)):
        console.print(_mistakes(name, [j for match in judged for j in match]))


def _mistakes(name: str, judged: Sequence[Judged]) -> str:
    without = [j for j in judged if j.true.homography is None]
    wrong = [j for j in judged if j.figures is not None and j.figures.distance > _WRONG]
    used = sum(j.predicted is not None for j in judged)
    placed = sum(j.predicted is not None for j in without)
    return (
        f"{name}: {used} of {len(judged)} samples placed; {len(wrong)} of these are off by more than {_WRONG:g} m; "
        f"{placed} of {len(without)} samples under a wipe were placed"
    )


def _speed(model: LoadedModel, game: Path, data: DataDirectory) -> str:
    pictures, config = stored_pictures(game, data), model.config
    assert isinstance(config, PitchLinesConfig)
    pitch, size = pitch_of(game), (config.width, config.height)
    images = np.stack([resize_image(pictures[k], *size) for k in range(64)])
    windows = [Samples(at, np.ones(8, bool), images[at : at + 8]) for at in range(0, 64, 8)]
    aspect = pictures[0].shape[1] / pictures[0].shape[0]
    sightings_of(model.judge, windows[:1], pitch, aspect)
    with torch.inference_mode(), model.judge.number_format():
        begun = time.perf_counter()
        for window in windows:
            model.judge.network(model.judge.window([window]))
        network = time.perf_counter() - begun
    begun = time.perf_counter()
    for window in windows:
        sightings_of(model.judge, [window], pitch, aspect)
    both = time.perf_counter() - begun
    return (
        f"A picture: {1e3 * network / 64:.1f} ms network, {1e3 * both / 64:.1f} ms with the fit; "
        f"{torch.get_num_threads()} threads, {sum(p.numel() for p in model.network.parameters()):,} parameters"
    )


if __name__ == "__main__":
    main()
