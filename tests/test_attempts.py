"""An attempt is refused, harmless or a fall, and a fall stays in its own process; the attacks by files are many."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.attacks import attempt
from benchmarks.attacks.attack import Outcome
from benchmarks.attacks.attempt import tried
from benchmarks.attacks.files import attacks
from spotting_core.base.errors import BadInputError


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


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (refuse, Outcome.REFUSED),
        (Path.iterdir, Outcome.HARMLESS),
        (stumble, Outcome.FELL),
        (crash, Outcome.FELL),
        (grow, Outcome.FELL),
        (leave, Outcome.FELL),
    ],
)
def test_how_an_attempt_ends(run: Callable[[Path], object], outcome: Outcome, tmp_path: Path) -> None:
    assert tried("a", "b", run).run(tmp_path) is outcome


def test_what_must_be_refused_and_what_hangs_are_falls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tried("a", "b", Path.iterdir, must_refuse=True).run(tmp_path) is Outcome.FELL
    assert tried("a", "b", refuse, must_refuse=True).run(tmp_path) is Outcome.REFUSED
    monkeypatch.setattr(attempt, "SECONDS", 0.2)
    assert tried("a", "b", lambda _: time.sleep(60)).run(tmp_path) is Outcome.FELL


def test_the_attacks_by_files_are_many_and_each_has_its_name() -> None:
    known = list(attacks())
    assert len(known) > 250
    assert len({(attack.group, attack.name) for attack in known}) == len(known)


@pytest.mark.parametrize("group", ["nesting", "XML", "impossible labels", "TOML", "arrays", "records", "exports"])
def test_some_attacks_of_each_kind_are_held(group: str, tmp_path: Path) -> None:
    for number, attack in enumerate([one for one in attacks() if one.group == group][::9]):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert attack.run(folder) is not Outcome.FELL, attack.name
