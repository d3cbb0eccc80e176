"""Clips of features to train on, streamed from memory-mapped files.

Nothing of a match stays in memory but its spots: a clip's rows are read from disk when its batch is made, and the
system keeps in its cache what it has room for. What batches hold is bounded by a stated budget.

* ``grid``: every half is cut into clips that follow one another, and each epoch takes all of them in another order,
  as NetVLAD++ does;
* ``actions``: most clips are laid around an action of a class drawn with a power of its frequency, the rest
  anywhere, as CALF (all classes alike) and dense anchors (anywhere) do.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError, TouchlineError
from spotting_core.features.files import feature_file
from spotting_core.features.half import FeatureHalf, FeatureReader
from spotting_core.features.sets import FeatureSet
from spotting_core.formats.labels_v2 import FILE_NAME as LABELS_FILE
from spotting_core.formats.labels_v2 import read_labels
from spotting_core.inference.sliding import window_features
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import open_match
from spotting_core.media.video import probe_video
from spotting_core.models.registry import FeatureConfig, System
from spotting_core.models.targets import Targets
from spotting_core.spots import Spot
from spotting_core.training.measure import labelled_games

GRID, ACTIONS = "grid", "actions"
_BEYOND = 5.0  # seconds that a label may lie after the last sample
_TELLING, _LATE = 20, 0.6  # of so many labels the last one lies later in its half than this


@dataclass(frozen=True)
class LabelledHalf:
    """Half 1 or 2 with its true spots.

    Arguments:
        end: microseconds, last possible time of a spot.
    """

    features: FeatureHalf
    spots: Sequence[Spot]
    end: int

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class LabelledFeatures:
    """A match's halves with its true spots."""

    name: str
    halves: Sequence[LabelledHalf]
    truth: Sequence[Spot]


@dataclass(frozen=True)
class FeatureClip:
    """Consecutive samples of one half: float32 (T, D), and what they should say."""

    features: torch.Tensor
    targets: Targets


@dataclass
class FeatureClips:
    """Draws clips.

    Arguments:
        sampling: ``grid`` or ``actions``; action_share: of the latter's clips that are laid around an action.
        rarity: power of a class's frequency with which it is drawn: 1 as often as it occurs, 0 all alike.
    """

    halves: Sequence[LabelledHalf]
    system: System
    config: FeatureConfig
    seed: int
    sampling: str = ACTIONS
    action_share: float = 0.6
    rarity: float = 0.5
    _actions: dict[str, list[tuple[int, int]]] = field(init=False)
    _chance: list[float] = field(init=False)
    _lengths: list[int] = field(init=False)
    _grid: np.ndarray = field(init=False)
    _order: Callable[[int], np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        self._lengths = [len(h) for h in self.halves]
        self._actions = {}
        for number, half in enumerate(self.halves):
            for spot in half.spots:
                if spot.label in self.config.classes:
                    sample = round(spot.seconds * self.config.rate)
                    self._actions.setdefault(spot.label, []).append((number, sample))
        counts = Counter({label: len(places) for label, places in self._actions.items()})
        self._chance = [counts[label] ** self.rarity for label in self._actions]
        window = self.config.window
        places = [(n, s) for n, length in enumerate(self._lengths) for s in range(0, length, window)]
        self._grid = np.array(places, np.int32)
        self._order = lru_cache(maxsize=2)(self._shuffled)

    @property
    def epoch(self) -> int:
        """Clips of an epoch of ``grid``."""
        return len(self._grid)

    def draw(self, number: int) -> FeatureClip:
        """Clip ``number`` of the run, which depends on it and the seed alone."""
        if self.sampling == GRID:
            epoch, place = divmod(number, self.epoch)
            half, start = self._grid[self._order(epoch)[place]]
            return self.clip(int(half), int(start))
        rng = random.Random(f"{self.seed}/{number}")
        window = self.config.window
        if self._actions and rng.random() < self.action_share:
            label = rng.choices(list(self._actions), self._chance)[0]
            half, sample = rng.choice(self._actions[label])
            margin = min(self.config.before, window // 4), min(self.config.after, window // 4)
            return self.clip(half, sample - rng.randrange(margin[0], window - margin[1]))
        half = rng.choices(range(len(self.halves)), self._lengths)[0]
        return self.clip(half, rng.randrange(-window // 4, max(1, self._lengths[half] - 3 * window // 4)))

    def clip(self, number: int, start: int) -> FeatureClip:
        """The clip of a half that begins at a sample."""
        half = self.halves[number]
        at = np.arange(start, start + self.config.window)
        valid = (at >= 0) & (at < len(half))
        times = np.round(at * (1e6 / self.config.rate)).astype(np.int64)
        features = torch.from_numpy(window_features(half.features, self.config, start))
        return FeatureClip(features, self.system.targets(half.spots, times, self.config, valid))

    def _shuffled(self, epoch: int) -> np.ndarray:
        return np.random.default_rng([self.seed, epoch]).permutation(self.epoch)


def labelled_features(
    folders: Iterable[Path], reader: FeatureReader, data: DataDirectory, *, most: int = 0
) -> list[LabelledFeatures]:
    """Labelled matches below some folders with their features; a match needs no video where its files are.

    Arguments:
        most: of each folder, the first ones; 0 for all.

    Errors:
        BadInputError: no labelled match, features that are missing or do not fit, or labels that do not fit their
            length.
    """
    matches = []
    for folder in folders:
        unknown: list[LabelledHalf] = []
        for game in labelled_games(folder)[: most or None]:
            truth = read_labels(game / LABELS_FILE)
            halves = []
            for source in _halves(game, truth, reader, data):
                halves.append(_labelled_half(game, source, truth, reader, data))
                if source.seconds is None:
                    unknown.append(halves[-1])
            matches.append(LabelledFeatures(game.name, halves, truth))
        _check_spread(folder, unknown, reader.sets)
    return matches


@dataclass(frozen=True)
class _HalfSource:
    """Where a half's features come from: its video, or files where ``media`` is None; seconds: its length if known."""

    half: int
    media: Media | None
    seconds: float | None


def _halves(game: Path, truth: Sequence[Spot], reader: FeatureReader, data: DataDirectory) -> list[_HalfSource]:
    """Halves of a game by its feature files, or by its videos where one of the sets has to be computed."""
    filed = {h for h in (1, 2) if all(feature_file(game, h, s.name).is_file() for s in reader.sets)}
    labelled, names = {s.half for s in truth}, " and ".join(s.name for s in reader.sets)
    try:
        videos = {h.half: h.path for h in open_match(game).halves}
    except TouchlineError as error:
        if not filed:
            raise BadInputError(f"this match has neither the features {names} nor a video", where=game) from error
        videos = {}
    known = sorted(filed if filed and labelled <= filed else filed | videos.keys())
    missing = sorted(labelled - set(known))
    if missing:
        raise BadInputError(f"half {missing[0]} has labels, but neither the features {names} nor a video", where=game)
    return [_half_source(h, videos.get(h), h in filed, data) for h in known]


def _half_source(half: int, video: Path | None, filed: bool, data: DataDirectory) -> _HalfSource:
    if not filed and video is not None:
        media = ingest(video, data)
        return _HalfSource(half, media, media.table.duration / 1e6)
    try:
        return _HalfSource(half, None, probe_video(video).duration or None if video is not None else None)
    except BadInputError:  # the features are here, the video need not be of use
        return _HalfSource(half, None, None)


def _labelled_half(
    game: Path, source: _HalfSource, truth: Sequence[Spot], reader: FeatureReader, data: DataDirectory
) -> LabelledHalf:
    half, media = source.half, source.media
    features = reader.read(half, game, media, data, seconds=source.seconds)
    spots = [s for s in truth if s.half == half]
    end = len(features) / features.rate
    last = max((s.seconds for s in spots), default=0.0)
    if last > end + _BEYOND:
        raise BadInputError(
            f"half {half} has a label at {last:.0f} s, its features end at {end:.0f} s",
            where=game,
            fix=f"Check that they are of this match, at {_rates(reader.sets)} samples a second",
        )
    return LabelledHalf(features, spots, int(media.table.duration if media else end * 1e6))


def _check_spread(folder: Path, halves: Sequence[LabelledHalf], sets: Sequence[FeatureSet]) -> None:
    """Refuse features of too many samples a second, where no video tells how long a half is: of many labels some
    are late in their half.

    Errors:
        BadInputError: see above.
    """
    reached = [max(s.time for s in h.spots) / h.end for h in halves if h.spots]
    if sum(len(h.spots) for h in halves) >= _TELLING and max(reached) < _LATE:
        raise BadInputError(
            f"the last label of a half lies at {max(reached):.0%} of its features at most, in {len(reached)} halves: "
            f"they have more than {_rates(sets)} samples a second, or only a part of each half is labelled",
            where=folder,
            fix="Give features of the rate that the configuration says, or put the videos beside them",
        )


def _rates(sets: Sequence[FeatureSet]) -> str:
    return " and ".join(f"{s.rate:g}" for s in sets)
