"""``touchline data-set``, and training on one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.data_sets import roles
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.store.reviews import ACCEPT, REJECT
from tests.app.commands import touchline
from tests.spotting_core.data_sets.libraries import add_match, judge

GOAL = Spot(1, 20_000_000, "Goal", 0.9)


def said(done: object) -> str:
    return " ".join((done.stdout + done.stderr).split())  # type: ignore[attr-defined]


def test_a_data_set_is_frozen_listed_and_shown(tmp_path: Path, data: DataDirectory) -> None:
    assert "There is no data set yet" in said(touchline("data-set", "list"))
    folder = add_match(tmp_path, data)
    write_labels(folder / "Labels-v2.json", [Spot(1, 40_000_000, "Foul")])
    judge(data, GOAL, ACCEPT)
    judge(data, Spot(1, 80_000_000, "Corner", 0.5), REJECT)
    judge(data, Spot(1, 99_000_000, "Offside", 0.5), ACCEPT, "Ada")
    judge(data, Spot(1, 99_000_000, "Offside", 0.5), REJECT, "Bob")
    add_match(tmp_path, data, "other", first=500)
    done = touchline("data-set", "freeze", "week 3", "--by", "Eve", "--json", tmp_path / "card.json")
    assert done.returncode == 0
    text = said(done)
    assert "m v B, Offside at 01:39: Ada holds it to be true, Bob not. These seconds are left out." in text
    assert "1 × a match in which nobody has watched anything" in text
    assert "2 matches of the library read" in text
    assert "1 match, 3.9 minutes watched: 2 spots, 1 rejected, 1 contradiction left out" in text
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["classes"] == {
        "Foul": {"labels": 1, "rejected": 0},
        "Goal": {"accepted": 1, "rejected": 0},
        "Corner": {"rejected": 1},
    }
    assert (card["author"], card["read"]) == ("Eve", 2)
    assert "week 3" in said(touchline("data-set", "list"))
    shown = touchline("data-set", "show", "week 3", "--json", "-")
    assert json.loads(shown.stdout or "{}").get("titles", ["m v B"]) == ["m v B"]
    assert f"week 3 ({card['id']}), by Eve" in said(touchline("data-set", "show", card["id"][:8]))


def test_matches_can_be_named(tmp_path: Path, data: DataDirectory) -> None:
    folder = add_match(tmp_path, data)
    judge(data, GOAL, ACCEPT)
    assert touchline("data-set", "freeze", "a", "--match", folder).returncode == 0
    refused = touchline("data-set", "freeze", "b", "--match", tmp_path / "none")
    assert refused.returncode == 2
    assert "there is no such file or folder" in said(refused)


def test_what_cannot_be_done_is_one_sentence(tmp_path: Path, data: DataDirectory) -> None:
    for command in (("show", "x"), ("export", "x", tmp_path / "out")):
        done = touchline("data-set", *command)
        assert done.returncode == 2
        assert "there is no data set 'x'. Make one with touchline data-set freeze NAME." in said(done)
    done = touchline("data-set", "freeze", "x")
    assert done.returncode == 2
    assert "nobody has watched anything" in said(done)
    data.data_sets.mkdir()
    (data.data_sets / "bad.json").write_text("{}")
    assert "this data set is damaged" in said(touchline("data-set", "list"))


def test_an_export_is_what_training_reads(tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "role_of", lambda _hash, _half, minute: ("train", "val", "test")[minute % 3])
    folder = add_match(tmp_path, data)
    write_labels(folder / "Labels-v2.json", [GOAL])
    touchline("data-set", "freeze", "all")
    done = touchline("data-set", "export", "all", tmp_path / "out")
    assert "train: 1 match, 2.0 minutes watched, 1 spot" in said(done)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["test", "train", "val"]


def test_training_needs_something_to_learn_from(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('system = "max++"\n[config]\nsteps = 1\n')
    done = touchline("train", tmp_path / "c.toml", "--run", tmp_path / "run")
    assert done.returncode == 2
    assert "Give a folder with --data, or a --data-set" in said(done)
