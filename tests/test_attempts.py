"""An attempt is refused, harmless or a fall, and a fall stays in its own process; the attacks by files are many."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest

from benchmarks.attacks import attempt
from benchmarks.attacks.attack import Outcome
from benchmarks.attacks.attempt import tried
from benchmarks.attacks.files import attacks
from spotting_core.base.errors import BadInputError


@pytest.fixture(scope="module")
def fresh() -> Iterator[ProcessPoolExecutor]:
    """A process that has run nothing else, as ``make attack`` is: an attempt is a fork, and the fork of a process with
    other tests' threads can wait for ever for what one of them held."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        # A page that was tested has left itself as the main module, which the process would run.
        with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
            assert pool.submit(int).result() == 0
        yield pool


def refuse(folder: Path) -> None:
    raise BadInputError("this is no file", where=folder)


def stumble(folder: Path) -> None:
    raise KeyError(folder)


def crash(folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def grow(folder: Path) -> None:
    bytes(attempt.MEMORY + (1 << 30))


def leave(folder: Path) -> None:
    raise SystemExit(0)


def sleep(folder: Path) -> None:
    time.sleep(60)


def outcome_of(run: Callable[[Path], object], folder: Path, must_refuse: bool, seconds: float) -> Outcome:
    with patch.object(attempt, "SECONDS", seconds):
        return tried("a", "b", run, must_refuse=must_refuse).run(folder)


def fallen(group: str, folder: Path) -> list[str]:
    """Names of the attacks that fell, of every ninth of a group."""
    names = []
    for number, attack in enumerate([one for one in attacks() if one.group == group][::9]):
        own = folder / str(number)
        own.mkdir()
        if attack.run(own) is Outcome.FELL:
            names.append(attack.name)
    return names


@pytest.mark.parametrize(
    ("run", "must_refuse", "seconds", "outcome"),
    [
        (refuse, False, 45, Outcome.REFUSED),
        (Path.iterdir, False, 45, Outcome.HARMLESS),
        (stumble, False, 45, Outcome.FELL),
        (crash, False, 45, Outcome.FELL),
        (grow, False, 45, Outcome.FELL),
        (leave, False, 45, Outcome.FELL),
        (Path.iterdir, True, 45, Outcome.FELL),
        (refuse, True, 45, Outcome.REFUSED),
        (sleep, False, 0.2, Outcome.FELL),
    ],
)
def test_how_an_attempt_ends(
    run: Callable[[Path], object],
    must_refuse: bool,
    seconds: float,
    outcome: Outcome,
    tmp_path: Path,
    fresh: ProcessPoolExecutor,
) -> None:
    assert fresh.submit(outcome_of, run, tmp_path, must_refuse, seconds).result() is outcome


def test_the_attacks_by_files_are_many_and_each_has_its_name() -> None:
    known = list(attacks())
    assert len(known) > 250
    assert len({(attack.group, attack.name) for attack in known}) == len(known)


@pytest.mark.parametrize("group", ["nesting", "XML", "impossible labels", "TOML", "arrays", "records", "exports"])
def test_some_attacks_of_each_kind_are_held(group: str, tmp_path: Path, fresh: ProcessPoolExecutor) -> None:
    assert fresh.submit(fallen, group, tmp_path).result() == []
