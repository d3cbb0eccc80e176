"""Whether spots carry the right class names: the order of the score columns against that of the names.

Scores decoded with the names in another order give other actions at the right times. Two kinds of evidence:

* **labels** of the same match: at what kind of action do the spots of a class lie?
* **the game itself**: a goal is followed by a kick-off, a throw-in comes after the ball was out. A class
  table may have such rules (``assets/classes/<name>.rules.csv``: class, other, from and to in seconds, share:
  how often at least the other lies there). For every rule and every pair of classes the log-likelihood ratio
  of "kept by rule" to "by chance" (a Poisson process of the other's density in its half) is summed; the
  names as given compete with the known mix-ups and with random permutations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from spotting_core.domain.classes import ClassTable, rows_beside
from spotting_core.domain.spots import Spot
from spotting_core.preflight.finding import ERROR, WARNING, Finding

CHECK = "class order"
TOLERANCE = 3.0
"""Seconds within which a spot and a label say the same action."""

_CONFIDENT = 0.5
_LEAST_SPOTS = 20  # fewer say nothing
_MARGIN = 12.0  # nats by which another order must beat the given one
_PERMUTATIONS = 400
_LEAST_VOTES, _LEAST_Z = 4, 4.0
_CHANCE = (0.005, 0.95)

Renaming = Mapping[str, str]
"""Name given to name meant."""


# --- a list of names ----------------------------------------------------------------------------------


def check_class_list(names: Sequence[str], classes: ClassTable, what: str = "this class list") -> list[Finding]:
    """A list of names (a model card's, a class.txt) against the class table: same names, same order?"""
    names = list(names)
    if tuple(names) == classes.names:
        return []
    if sorted(names) != sorted(classes.names):
        missing = [n for n in classes.names if n not in names]
        odd = [n for n in names if n not in classes]
        evidence = f"missing: {', '.join(missing) or 'none'}; unknown: {', '.join(odd) or 'none'}"
        return [Finding(CHECK, ERROR, f"{what} has other classes than {classes.name}", evidence)]
    moved = sum(a != b for a, b in zip(names, classes.names, strict=True))
    order = "alphabetical" if names == sorted(names) else "another"
    return [
        Finding(
            CHECK,
            WARNING,
            f"{what} is in {order} order, not in that of {classes.name}",
            f"{moved} of {len(names)} classes stand in another place, the first at number "
            f"{next(i for i, (a, b) in enumerate(zip(names, classes.names, strict=True)) if a != b)}",
            "Read the scores with this list (--classes), never with the table",
        )
    ]


# --- spots --------------------------------------------------------------------------------------------


def check_class_order(spots: Sequence[Spot], classes: ClassTable, truth: Sequence[Spot] | None = None) -> list[Finding]:
    """Whether the names of spots are those of the actions they mark.

    Arguments:
        spots: of one match or several; predictions count from a confidence of 0.5.
        truth: labels of the same match, if there are any.
    """
    confident = [s for s in spots if s.label in classes and (s.confidence is None or s.confidence >= _CONFIDENT)]
    if len(confident) < _LEAST_SPOTS:
        return []
    if truth:
        return _against_labels(confident, classes, truth)
    rules = rules_of(classes)
    return _against_rules(confident, classes, rules) if rules else []


def renamings(classes: ClassTable) -> dict[str, Renaming]:
    """The known mix-ups: what happened, and how to undo it."""
    official, alphabetical = list(classes.names), sorted(classes.names)
    shifted = [*official[-1:], *official[:-1]]
    shifted_alphabetical = [*alphabetical[-1:], *alphabetical[:-1]]
    mix_ups = {
        "the scores are in alphabetical order and were named in the official one": (official, alphabetical),
        "the scores are in the official order and were named in alphabetical one": (alphabetical, official),
        "the names are one column late: column 0 is the background": (official, shifted),
        "the names are one column early": (shifted, official),
        "the scores have a background column and are in alphabetical order": (official, shifted_alphabetical),
    }
    return {
        words: dict(zip(named, meant, strict=True)) for words, (named, meant) in mix_ups.items() if list(named) != meant
    }


def _repaired(renaming: Renaming):  # type: ignore[no-untyped-def]
    def repair(spots: Sequence[Spot]) -> list[Spot]:
        return [_renamed(s, renaming.get(s.label, s.label)) for s in spots]

    return repair


def _renamed(spot: Spot, label: str) -> Spot:
    return Spot(spot.half, spot.time, label, spot.confidence, spot.team, spot.visible, spot.source)


def _by_half(spots: Sequence[Spot], names: Sequence[str]) -> dict[int, list[np.ndarray]]:
    """Seconds of every class in every half, rising."""
    index = {n: i for i, n in enumerate(names)}
    times_by_half: dict[int, list[list[float]]] = {}
    for spot in spots:
        if spot.label in index:
            times_by_half.setdefault(spot.half, [[] for _ in names])[index[spot.label]].append(spot.seconds)
    return {half: [np.sort(np.array(times)) for times in rows] for half, rows in times_by_half.items()}


# --- against labels -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Agreement:
    """For each class given (row) and class of the labels (column): spots near such a label, and by chance."""

    near: np.ndarray
    chance: np.ndarray
    count: np.ndarray

    def z(self) -> np.ndarray:
        """By how many standard deviations more than by chance lie near, (C, C)."""
        share = np.clip(self.chance / np.maximum(self.count[:, None], 1), 1e-6, 1 - 1e-6)
        return (self.near - self.chance) / np.sqrt(np.maximum(self.count[:, None] * share * (1 - share), 1e-9) + 0.25)


def _agreement(spots: Sequence[Spot], truth: Sequence[Spot], names: Sequence[str]) -> _Agreement:
    predicted, true = _by_half(spots, names), _by_half(truth, names)
    near, chance, count = np.zeros((len(names),) * 2), np.zeros((len(names),) * 2), np.zeros(len(names))
    for half, rows in predicted.items():
        labels = true.get(half)
        if labels is None:
            continue
        span = max([60.0, *(t[-1] for t in [*rows, *labels] if len(t))])
        counts = np.array([len(at) for at in rows])
        for t, times in enumerate(labels):
            near[:, t] += _close(rows, times, -TOLERANCE, TOLERANCE)
            chance[:, t] += counts * (1 - math.exp(-len(times) * 2 * TOLERANCE / span))
        count += counts
    return _Agreement(near, chance, count)


def _close(rows: Sequence[np.ndarray], others: np.ndarray, least: float, most: float) -> np.ndarray:
    """How many of each row's times have one of ``others`` between ``least`` and ``most`` seconds after them."""
    at = np.concatenate(rows)
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    first = np.searchsorted(others, at + least, side="left")
    stop = np.searchsorted(others, at + most, side="right")
    return np.bincount(owner[stop > first], minlength=len(rows))


def _against_labels(spots: Sequence[Spot], classes: ClassTable, truth: Sequence[Spot]) -> list[Finding]:
    names = classes.names
    agreement = _agreement(spots, truth, names)
    z = agreement.z()
    # A class votes for the labels it lies at most often, if that is beyond chance.
    excess = (agreement.near - agreement.chance) / np.maximum(agreement.count[:, None], 1)
    best = excess.argmax(axis=1)
    own = np.arange(len(names))
    voting = (agreement.count >= _LEAST_VOTES) & (z[own, best] >= _LEAST_Z)
    elsewhere = voting & (best != own) & (excess[own, best] > 2 * np.maximum(excess[own, own], 0.0) + 0.1)
    if elsewhere.sum() < 3 or elsewhere.sum() <= voting.sum() / 2:
        return []
    examples = ", ".join(
        f"spots called {names[p]!r} lie at {names[best[p]]!r} ({int(agreement.near[p, best[p]])} of "
        f"{int(agreement.count[p])}; at {names[p]!r} {int(agreement.near[p, p])})"
        for p in sorted(np.flatnonzero(elsewhere), key=lambda p: -agreement.count[p])[:3]
    )
    evidence = (
        f"of {int(voting.sum())} classes that agree with the labels {int(elsewhere.sum())} do so under another name: "
        f"{examples}"
    )
    votes = {names[p]: names[best[p]] for p in np.flatnonzero(voting)}
    for words, renaming in renamings(classes).items():
        kept = sum(renaming[named] == meant for named, meant in votes.items())
        if kept >= 0.8 * len(votes):
            return [_finding(words, f"{evidence}; this order explains {kept} of {len(votes)}", renaming, safe=True)]
    unique = len(set(votes.values())) == len(votes)
    renaming = _filled(votes, names) if unique else {}
    return [_finding("the class names are scrambled", evidence, renaming, safe=False)]


def _filled(votes: Renaming, names: Sequence[str]) -> Renaming:
    """A whole renaming: what the votes leave open keeps its name where that is free."""
    left = [n for n in names if n not in votes.values()]
    renaming = dict(votes)
    for name in (n for n in names if n not in votes):
        if name in left:
            renaming[name] = name
            left.remove(name)
    for name in (n for n in names if n not in renaming):
        renaming[name] = left.pop(0)
    return renaming


def _finding(words: str, evidence: str, renaming: Renaming, *, safe: bool) -> Finding:
    return Finding(
        CHECK,
        ERROR,
        words,
        evidence,
        "Rename the classes" if renaming else "Give the class list that the scores were made with (--classes)",
        safe,
        _repaired(renaming) if renaming else None,
    )


# --- against the rules of the game --------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """Of the spots of a class at least ``share`` have one of ``other`` ``least`` to ``most`` seconds later."""

    name: str
    other: str
    least: float
    most: float
    share: float


@lru_cache(maxsize=8)
def rules_of(classes: ClassTable) -> tuple[Rule, ...]:
    """The rules of a bundled class table; none for others."""
    return tuple(
        Rule(row["class"], row["other"], float(row["from"]), float(row["to"]), float(row["share"]))
        for row in rows_beside(classes.name, "rules", ("class", "other", "from", "to", "share"))
    )


def rule_table(spots: Sequence[Spot], names: Sequence[str], rules: Sequence[Rule]) -> np.ndarray:
    """Log-likelihood ratio of every rule for every pair of classes in its roles, float (R, C, C)."""
    table = np.zeros((len(rules), len(names), len(names)))
    for rows in _by_half(spots, names).values():
        span = max([60.0, *(t[-1] for t in rows if len(t))])
        counts = np.array([len(at) for at in rows])
        for r, rule in enumerate(rules):
            for b, others in enumerate(rows):
                chance = 1 - math.exp(-len(others) * (rule.most - rule.least) / span)
                chance = min(max(chance, _CHANCE[0]), _CHANCE[1])
                kept = rule.share + (1 - rule.share) * chance
                hits = _close(rows, others, rule.least, rule.most)
                misses = counts - hits
                table[r, :, b] += hits * math.log(kept / chance) + misses * math.log((1 - kept) / (1 - chance))
    table[:, np.arange(len(names)), np.arange(len(names))] = 0.0
    return table


def _score(table: np.ndarray, roles: np.ndarray, meant: np.ndarray) -> float:
    """Sum over the rules when class number i as given is class ``meant[i]``."""
    named = np.argsort(meant)
    return float(table[np.arange(len(roles)), named[roles[:, 0]], named[roles[:, 1]]].sum())


def _against_rules(spots: Sequence[Spot], classes: ClassTable, rules: Sequence[Rule]) -> list[Finding]:
    names = classes.names
    table = rule_table(spots, names, rules)
    roles = np.array([[classes.index(r.name), classes.index(r.other)] for r in rules])
    as_named = _score(table, roles, np.arange(len(names)))
    scored = {
        words: (_score(table, roles, np.array([classes.index(renaming[n]) for n in names])), renaming)
        for words, renaming in renamings(classes).items()
    }
    rng = np.random.default_rng(0)
    chance = np.array([_score(table, roles, rng.permutation(len(names))) for _ in range(_PERMUTATIONS)])
    words, (best, renaming) = max(scored.items(), key=lambda item: item[1][0])
    better = float((chance < best).mean())
    if best > as_named + _MARGIN and best > 0 and better >= 0.99:
        evidence = (
            f"what follows what in football is {best - as_named:.0f} nats likelier so ({best:.0f} against "
            f"{as_named:.0f} as named, {len(spots)} spots)"
        )
        return [_finding(words, evidence, renaming, safe=True)]
    beaten = float((chance >= as_named).mean())
    if as_named < 0 and beaten >= 0.05:
        evidence = (
            f"what follows what in football is no likelier than by chance ({as_named:.0f} nats, {len(spots)} spots; "
            f"{beaten:.0%} of random orders fit better)"
        )
        scrambled = _finding("the class names look scrambled", evidence, {}, safe=False)
        predicted = any(s.confidence is not None for s in spots)
        # Predictions may also be that bad.
        return [replace(scrambled, severity=WARNING) if predicted else scrambled]
    return []
