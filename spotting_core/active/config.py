"""The configuration of an experiment: which training, which strategies, how much at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from spotting_core.active.diversity import CHOICES, K_CENTRE
from spotting_core.active.schedule import EQUAL, INCREASING
from spotting_core.active.strategies import Strategy, strategy_named
from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_content
from spotting_core.base.nesting import LARGEST_TOML, parse_toml
from spotting_core.base.validation import Positive, PositiveNumber, Share
from spotting_core.training.config import as_config, read_config
from spotting_core.training.system_config import LOSS, SystemTrainingConfig

FIXED, FAST, FASTER = "fixed", "fast", "faster"
DROPOUT, BATCH_ENTROPY, DUPLICATES, RANDOM_RATE = "dropout", "batch-entropy", "duplicates", "random-rate"
FLAWS = (DROPOUT, BATCH_ENTROPY, DUPLICATES, RANDOM_RATE)
"""Of the public code: scores are taken with dropout on; the entropy of a clip is divided by the logarithm of all
numbers
of its batch, of which the last is smaller; clips that are labelled score 0 and may be drawn again, as may those at the
start; random clips are drawn with replacement, so that their number grows more slowly."""
_PATIENCE = 5
_FASTER = 10  # times the learning rate
_EXAMPLES = "assets/active"
_WITH = " + "  # between a strategy and its diversity


@dataclass(frozen=True)
class ActiveConfig:
    """What an experiment is.

    Arguments:
        strategies: names, each alone or as ``entropy + k-centre``.
        seeds: how many curves of each.
        clip: seconds of a clip of the pool.
        first: share that is labelled at the start, by chance; steps: trainings of a curve; schedule: ``equal`` or
            ``increasing``.
        effort: ``fixed`` steps, ``fast`` ends after five validations without an improvement, ``faster`` learns ten
            times as fast besides.
        continued: whether a training goes on from the weights of the one before.
        members: networks of ``ensemble``; passes: of ``dropout``.
        official: with all flaws of the public code; flaws: with some of them.
        report: split that is measured.
    """

    strategies: tuple[str, ...] = ("random", "uncertainty", "entropy")
    seeds: Positive = 5
    clip: PositiveNumber = 15.0
    first: Share = 0.01
    steps: Positive = 10
    schedule: str = INCREASING
    effort: str = FIXED
    continued: bool = False
    members: Positive = 3
    passes: Positive = 8
    official: bool = False
    flaws: tuple[str, ...] = ()
    report: str = "test"

    def __post_init__(self) -> None:
        _one_of("schedule", self.schedule, (EQUAL, INCREASING))
        _one_of("effort", self.effort, (FIXED, FAST, FASTER))
        for flaw in self.flaws:
            _one_of("a flaw", flaw, FLAWS)
        if not self.strategies:
            raise ValueError("strategies must name one at least")
        if twice := [name for name in self.strategies if self.strategies.count(name) > 1]:
            raise ValueError(f"strategies must name each once, not {twice[0]!r} again")
        if not 0 < self.first <= 1:
            raise ValueError(f"first must be a share above 0, not {self.first:g}")
        if self.first == 1 and self.steps > 1:
            raise ValueError("first must leave clips for the steps that follow, and a share of 1 leaves none")

    def has(self, flaw: str) -> bool:
        """Whether it is as in the public code."""
        return self.official or flaw in self.flaws

    def wanted(self, strategies: Sequence[str] = (), seeds: int = 0) -> list[tuple[str, int]]:
        """Strategies and seeds of some curves, seed by seed.

        Arguments:
            strategies: some of the experiment's, all of them where empty; seeds: the first ones, all where 0.

        Errors:
            BadInputError: a strategy or seed that it has not.
        """
        if unknown := [name for name in strategies if name not in self.strategies]:
            known = ", ".join(self.strategies)
            raise BadInputError(f"this experiment has no strategy {unknown[0]!r}", fix=f"Its strategies: {known}")
        if seeds > self.seeds:
            raise BadInputError(f"this experiment has {self.seeds} seeds, not {seeds}", fix="Ask for fewer")
        names = [name for name in self.strategies if not strategies or name in strategies]
        return [(name, seed) for seed in range(1, (seeds or self.seeds) + 1) for name in names]


@dataclass(frozen=True)
class ActiveOrder:
    """An experiment with the training that every step of it is."""

    active: ActiveConfig
    training: SystemTrainingConfig


def parts(name: str, where: Path | None = None) -> tuple[Strategy, str]:
    """A strategy and its diversity, empty for none.

    Arguments:
        where: the file that names it, for the error.

    Errors:
        BadInputError: there is no such strategy or diversity.
    """
    strategy, _, diversity = name.partition(_WITH)
    if diversity not in CHOICES:
        known = " or ".join(filter(None, CHOICES))
        raise BadInputError(f"there is no diversity {diversity!r}", where=where, fix=f"Known: {known}")
    if "+" in strategy:
        what = f"a strategy and its diversity stand apart by {_WITH!r}, not as in {name!r}"
        raise BadInputError(what, where=where, fix=f"Write {f'entropy{_WITH}{K_CENTRE}'!r}")
    return strategy_named(strategy, where), diversity


def read_active(path: Path) -> ActiveOrder:
    """An experiment's file: ``training`` (a name in assets/training or a file beside it), ``[active]`` and, over the
    settings of that training, ``[config]``.

    Errors:
        BadInputError: missing, not TOML, or with settings that cannot be used.
    """
    if not path.is_file():
        raise BadInputError("there is no such configuration", where=path, fix="See assets/active for examples")
    content = parse_toml(read_content(path, "configuration", LARGEST_TOML), path, "configuration")
    if unknown := sorted(set(content) - {"training", "active", "config"}):
        fix = "It has training = …, a table [active], and perhaps [config]"
        raise BadInputError(f"unknown setting {unknown[0]!r}", where=path, fix=fix)
    name = content.get("training")
    if not isinstance(name, str):
        fix = 'Add a line training = "…", a name in assets/training or a file beside this one'
        raise BadInputError("this configuration names no training", where=path, fix=fix)
    active = as_config(ActiveConfig, _table(content, "active", path), path, _EXAMPLES)
    for strategy in active.strategies:
        parts(strategy, path)
    system, settings = read_config(_training_file(name, path))
    settings = {"system": system, **settings, **_table(content, "config", path)}
    training = as_config(SystemTrainingConfig, settings, path)
    _check_splits(training, active.report, path)
    return ActiveOrder(active, _with_effort(training, active.effort))


def _check_splits(training: SystemTrainingConfig, report: str, path: Path) -> None:
    """Refuse splits of which one would be counted twice, or be measured and learned from.

    Arguments:
        report: the split that is measured.

    Errors:
        BadInputError: such splits, or no split to learn from.
    """
    for name in (*training.data, *training.validation, report):
        if PurePosixPath(name).is_absolute() or not {"..", "."}.isdisjoint(name.split("/")) or not name:
            raise BadInputError(f"{name!r} is no split", where=path, fix="Name folders below that of --data")
    if not training.data:
        raise BadInputError("data names no split to ask for clips of", where=path, fix='Add one, as data = ["train"]')
    names = [*training.data, *training.validation]
    for number, name in enumerate(names):
        if (inside := _inside(name, [*names[:number], report])) is not None:
            what = f"measured by report = {report!r}" if inside == report else f"in {inside!r} already"
            fix = "Name splits of which none has a match of another"
            raise BadInputError(f"the matches of {name!r} are {what}", where=path, fix=fix)


def _inside(name: str, others: Sequence[str]) -> str | None:
    """The first of some folders that has matches in common with one, for it is the same or one lies in the other."""
    own = PurePosixPath(name)
    return next((o for o in others if own.is_relative_to(o) or PurePosixPath(o).is_relative_to(own)), None)


def _training_file(name: str, path: Path) -> Path:
    bundled = asset("training", f"{name}.toml")
    return bundled if bundled.is_file() else path.parent / name


def _with_effort(training: SystemTrainingConfig, effort: str) -> SystemTrainingConfig:
    """The training as every step has it; weights are chosen by the loss, for few clips hold too little to measure."""
    patience = training.steps if effort == FIXED else _PATIENCE
    rate = training.learning_rate * (_FASTER if effort == FASTER else 1)
    return replace(training, patience=patience, learning_rate=rate, choose_by=LOSS)


def _table(content: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise BadInputError(f"[{name}] of this configuration is not a table", where=path)
    return table


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{what} must be {' or '.join(known)}, not {value!r}")
