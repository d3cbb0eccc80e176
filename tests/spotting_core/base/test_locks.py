"""What several processes write at once: one at a time, and nothing of another's is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filelock import Timeout

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import locked, write_json
from spotting_core.inference import analyse
from spotting_core.inference.analyse import analyse_match, put_in_place
from spotting_core.media import frame_store
from spotting_core.media.source import open_match
from spotting_core.models import known
from spotting_core.models.load import load_model
from tests.conftest import small_model
from tests.videos import make_video, steady

FORKED = multiprocessing.get_context("fork")


def together(count: int, work: Callable[[int], None]) -> None:
    """Do some work in several processes at once, all of which must end well."""
    processes = [FORKED.Process(target=work, args=(number,)) for number in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * count


def test_a_lock_is_held_by_one_and_leaves_nothing(tmp_path: Path) -> None:
    path, counter = tmp_path / "a" / "lock", tmp_path / "counter"
    counter.write_text("0")

    def count(_number: int) -> None:
        for _ in range(20):
            with locked(path):
                value = int(counter.read_text())
                time.sleep(0.001)
                counter.write_text(str(value + 1))

    together(4, count)
    assert counter.read_text() == "80"
    assert list(path.parent.iterdir()) == []
    with locked(path), pytest.raises(Timeout), locked(path, wait=False):
        pass
    assert path.parent.is_dir()
    assert not path.exists()


def test_what_a_killed_process_held_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    def die() -> None:
        with locked(path):
            os._exit(9)

    process = FORKED.Process(target=die)
    process.start()
    process.join(60)
    assert path.exists()
    with locked(path, wait=False):
        pass
    assert not path.exists()


def test_models_that_are_used_first_at_once_are_all_remembered(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.ensure()
    own = known._own

    def slowly(where: DataDirectory) -> dict[str, list[str]]:
        known_before = own(where)
        time.sleep(0.05)
        return known_before

    monkeypatch.setattr(known, "_own", slowly)
    together(4, lambda number: known.remember(tmp_path / f"model{number}", f"hash{number}", data))
    assert json.loads((data.root / known.FILE).read_text()) == {
        f"hash{number}": [str(tmp_path / f"model{number}")] for number in range(4)
    }


def test_frames_of_a_half_are_stored_by_one_process_at_a_time(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = make_video(tmp_path / "a.mp4", steady(80, rate=4.0), b_frames=0)
    made = tmp_path / "made"
    write = frame_store._write_pictures

    def logged_write(*arguments: object) -> None:
        if arguments[-1]:
            with made.open("a") as log:
                log.write("x")
        write(*arguments)

    monkeypatch.setattr(frame_store, "_write_pictures", logged_write)
    together(3, lambda _: frame_store.store_frames(video, data, rate=2.0, sizes=[(64, 36)]))
    assert made.read_text() == "x"
    [store] = frame_store.store_frames(video, data, rate=2.0, sizes=[(64, 36)])
    assert all(store[k].shape == (36, 64, 3) for k in range(len(store)))
    assert not [p for p in data.root.rglob("*") if p.suffix in (".part", ".lock")]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_an_analysis_is_locked_until_it_is_in_its_place(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish, refused = analyse._publish, []

    def write(work: Path) -> None:
        write_json(work / "mine.json", "mine")

    def published(work: Path, place: Path) -> None:
        publish(work, place)
        with pytest.raises(BadInputError, match="being analysed with this model already"):
            put_in_place(target, write, anew=True)
        refused.append(sorted(p.name for p in target.iterdir()))

    monkeypatch.setattr(analyse, "_publish", published)
    monkeypatch.setattr(analyse.Analysis, "open", lambda folder: folder)
    put_in_place(target, write, anew=True)
    assert refused == [["mine.json"]]
    assert [p.name for p in target.parent.iterdir() if p.name.startswith(".out")] == []


def test_an_analysis_that_another_process_has_just_made_is_opened(tmp_path: Path, data: DataDirectory) -> None:
    """It came to be between the first look and the lock."""
    source = open_match(make_video(tmp_path / "a.mp4", steady(60, rate=4.0), b_frames=0))
    model = load_model(small_model(tmp_path / "m"))
    first = analyse_match(source, model, data)
    scores = np.array(first.half(1).scores)

    def write(_work: Path) -> None:
        raise AssertionError("it is made again")

    again = put_in_place(first.folder, write, anew=False)
    assert np.array_equal(again.half(1).scores, scores)


def test_threads_exclude_each_other_too(tmp_path: Path) -> None:
    held = threading.Event()
    done = threading.Event()

    def hold() -> None:
        with locked(tmp_path / "lock"):
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    with pytest.raises(Timeout), locked(tmp_path / "lock", wait=False):
        pass
    done.set()
    thread.join(10)
