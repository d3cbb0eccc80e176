"""Which clips of the analysed matches people are asked to watch next, and why each.

Most of a batch are those that a strategy scores best, unlike one another and what was watched (``diversity``). The rest
are clips in which the model sees nothing: what it misses surfaces nowhere else. These are drawn as far from what was
watched, and from each other, as chance allows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.active.diversity import CHOICES, K_CENTRE, K_MEANS
from spotting_core.active.strategies import NONE, ONE, STRATEGIES, ClipConfidences, strategy_named
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError
from spotting_core.domain.stretches import Stretch, common
from spotting_core.store.clip_reviews import clips_of

SILENT = 0.3
"""A model whose surest class is less sure than this sees nothing in a clip."""
_SILENT_SHARE = 0.25  # of a batch
_WATCHED_SHARE = 0.8  # of a clip: what is left over is not worth asking for
_FAR = 0.9  # share of the clips that lie nearer to what was watched than one that is unlike it
_CLOSE = 0.2  # by which two classes are as good as equally sure
_POSSIBLE = SILENT / 2  # from which confidence a class is possible
_HALF = 0.15  # how near to one half a class is as likely as not
_NAMED = 4  # classes that a reason names
_SEED = 0  # the same question has the same answer


@dataclass(frozen=True)
class MatchClips:
    """The clips of an analysed match, as its model has them.

    Arguments:
        clips: of all halves, in order.
        confidence: float32 (N, C), the highest of each class in each clip; classes: what they are called.
        features: float32 (N, D), the means of what the model sees in them.
    """

    clips: tuple[Stretch, ...]
    confidence: np.ndarray
    features: np.ndarray
    classes: tuple[str, ...]


@dataclass(frozen=True)
class AskedClip:
    """A clip that somebody is asked to watch.

    Arguments:
        match: key of its match; why: in words.
        label: the class that the model holds likeliest there; confidence: how sure it is.
    """

    match: str
    clip: Stretch
    why: str
    label: str
    confidence: float


def asking_strategies() -> tuple[str, ...]:
    """Names of the strategies that need no more than what analyses hold."""
    return tuple(name for name, strategy in STRATEGIES.items() if strategy.asks in (NONE, ONE))


def clips_of_analysis(analysis: Analysis) -> MatchClips:
    """The clips of an analysed match.

    Errors:
        BadInputError: an array of it is missing or damaged.
    """
    clips, confidence, features = [], [], []
    for half in analysis.halves:
        kept = half.array("features") if half.has("features") else half.scores
        for clip in clips_of(half.half, half.record.duration):
            low, high = np.searchsorted(half.times, [clip.start, clip.end])
            if high > low:
                clips.append(clip)
                confidence.append(half.scores[low:high].max(0))
                features.append(np.asarray(kept[low:high], np.float32).mean(0))
    if not clips:
        raise BadInputError("this analysis has no samples", where=analysis.folder, fix="Analyse the match again")
    names = tuple(action.name for action in analysis.classes)
    return MatchClips(tuple(clips), np.stack(confidence), np.stack(features), names)


def ask_for_clips(
    matches: Mapping[str, MatchClips],
    watched: Mapping[str, Collection[Stretch]],
    strategy: str,
    count: int,
    never: Collection[tuple[str, Stretch]] = (),
) -> list[AskedClip]:
    """The next clips to be watched, the most telling first.

    Arguments:
        matches: by key; watched: stretches of each that somebody has watched; strategy: by name; count: at most.
        never: clips of matches that are not wanted.

    Errors:
        BadInputError: no such strategy, or one that needs more than analyses hold.
    """
    if strategy not in asking_strategies():
        strategy_named(strategy)
        known = ", ".join(asking_strategies())
        raise BadInputError(f"{strategy} needs several networks, not their analyses", fix=f"Known here: {known}")
    pool = _Pool(matches, watched)
    free = [k for k, (name, clip) in enumerate(pool.named) if not pool.known[k] and (name, clip) not in never]
    if not free:
        return []
    rng = np.random.default_rng(_SEED)
    silent = [k for k in free if pool.surest[k] < SILENT]
    speaking = [k for k in free if pool.surest[k] >= SILENT]
    wanted = min(len(silent), max(count - len(speaking), round(count * _SILENT_SHARE)))
    scores = pool.scores(strategy, rng)
    chosen = pool.choose(K_CENTRE, scores, speaking, min(count - wanted, len(speaking)), rng)
    chosen += pool.choose(K_MEANS, np.ones(len(pool.places)), silent, wanted, rng, beside=chosen)
    far = pool.far()
    return [pool.asked(k, strategy, far) for k in chosen]


class _Pool:
    """The clips of all matches, one after the other."""

    def __init__(self, matches: Mapping[str, MatchClips], watched: Mapping[str, Collection[Stretch]]) -> None:
        self.matches = matches
        self.places = [(name, k) for name, match in matches.items() for k in range(len(match.clips))]
        self.named = [(name, clip) for name, match in matches.items() for clip in match.clips]
        self.known = [_is_watched(clip, watched.get(n, ())) for n, m in matches.items() for clip in m.clips]
        self.surest = np.concatenate([m.confidence.max(1) for m in matches.values()]) if matches else np.zeros(0)
        self.features = _alike(list(matches.values()))

    def scores(self, strategy: str, rng: np.random.Generator) -> np.ndarray:
        """How telling each clip is: float64 (N,). Of tables of other lengths each match has its own scale."""
        score = STRATEGIES[strategy].score
        own = [score(ClipConfidences(m.confidence[:, None].astype(np.float64), rng)) for m in self.matches.values()]
        return np.concatenate(own)

    def choose(
        self,
        diversity: str,
        scores: np.ndarray,
        among: Sequence[int],
        count: int,
        rng: np.random.Generator,
        beside: Sequence[int] = (),
    ) -> list[int]:
        """Some of the clips ``among`` the pool's, unlike what was watched and what is asked for ``beside`` them."""
        if count <= 0:
            return []
        known = [k for k, is_known in enumerate(self.known) if is_known] + list(beside)
        numbers = [*among, *known]
        places = CHOICES[diversity](
            scores[numbers], self.features[numbers], range(len(among), len(numbers)), count, rng
        )
        return [numbers[place] for place in places]

    def far(self) -> np.ndarray:
        """Which clips are unlike all that was watched: bool (N,)."""
        known = self.features[np.array(self.known, bool)]
        if not len(known):
            return np.zeros(len(self.places), bool)
        nearest = np.full(len(self.places), np.inf)
        for one in known:
            nearest = np.minimum(nearest, ((self.features - one) ** 2).sum(1))
        unknown = nearest[~np.array(self.known, bool)]
        bound = np.quantile(unknown, _FAR) if len(unknown) else np.inf
        return (nearest >= bound) & (nearest > 0)

    def asked(self, number: int, strategy: str, far: np.ndarray) -> AskedClip:
        name, place = self.places[number]
        match = self.matches[name]
        confidence = match.confidence[place]
        label = int(confidence.argmax())
        why = _why(confidence, match.classes, strategy, unlike=bool(far[number]))
        return AskedClip(name, match.clips[place], why, match.classes[label], round(float(confidence[label]), 2))


@dataclass(frozen=True)
class _Sighting:
    """What the model has in a clip: how sure it is of each class, the surest first."""

    classes: tuple[tuple[str, float], ...]

    @property
    def surest(self) -> str:
        name, confidence = self.classes[0]
        return f"{name} {_short(confidence)}"

    @property
    def possible(self) -> list[str]:
        """Names of the classes that it holds possible."""
        return [name for name, confidence in self.classes if confidence >= _POSSIBLE]

    def plainly(self) -> str:
        """What it has, where that is not what the strategy looks for."""
        if self.classes[0][1] <= 1 - SILENT:
            return f"perhaps {self.surest}"
        return f"{self.surest}, not watched by anybody yet"


def _between(sighting: _Sighting) -> str:
    (first, own), *others = sighting.classes
    if others and others[0][1] >= _POSSIBLE and own - others[0][1] <= _CLOSE:
        return f"between {first} and {others[0][0]}"
    return sighting.plainly()


def _many(sighting: _Sighting) -> str:
    names = sighting.possible
    if len(names) < 2:
        return sighting.plainly()
    return f"{len(names)} classes are possible: {', '.join(names[:_NAMED])}{', …' if len(names) > _NAMED else ''}"


def _unsure(sighting: _Sighting) -> str:
    if abs(sighting.classes[0][1] - 0.5) <= _HALF:
        return f"as likely as not: {sighting.surest}"
    return sighting.plainly()


_REASONS: dict[str, Callable[[_Sighting], str]] = {
    "random": lambda _: "drawn by chance",
    "uncertainty": _unsure,
    "entropy": _many,
    "margin": _between,
}
"""By strategy, why it asks for a clip in which the model sees something."""


def _why(confidence: np.ndarray, classes: Sequence[str], strategy: str, *, unlike: bool) -> str:
    """Why a clip is asked for, in words."""
    order = np.argsort(-confidence, kind="stable")
    sighting = _Sighting(tuple((classes[k], float(confidence[k])) for k in order))
    if sighting.classes[0][1] < SILENT:
        words = "the model sees nothing here"
    else:
        words = _REASONS.get(strategy, _Sighting.plainly)(sighting)
    return f"{words}, unlike anything labelled" if unlike else words


def _short(confidence: float) -> str:
    """As lists write it: .62, 1.00."""
    return f"{confidence:.2f}".removeprefix("0")


def _is_watched(clip: Stretch, watched: Collection[Stretch]) -> bool:
    inside = common([clip], [one for one in watched if one.half == clip.half])
    return sum(one.seconds for one in inside) >= _WATCHED_SHARE * clip.seconds


def _alike(matches: Sequence[MatchClips]) -> np.ndarray:
    """By what clips are told apart: their features where all have the same ones, else what the models say of them.

    float32 (N, D), each number as many of its own spreads from the mean.
    """
    if not matches:
        return np.zeros((0, 1), np.float32)
    if len({m.features.shape[1] for m in matches}) == 1:
        values = np.concatenate([m.features for m in matches])
    else:
        most = max(m.confidence.shape[1] for m in matches)
        values = np.concatenate([np.pad(m.confidence, ((0, 0), (0, most - m.confidence.shape[1]))) for m in matches])
    spread = values.std(0)
    scaled: np.ndarray = ((values - values.mean(0)) / np.where(spread > 0, spread, 1)).astype(np.float32)
    return scaled
