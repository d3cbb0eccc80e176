"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.archives import unpacked
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_content, read_json, replacing, write_array, write_json
from spotting_core.formats.recognition import guess_source
from spotting_core.formats.registry import FORMATS


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})

    def fail() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_arrays_are_written_whole(tmp_path: Path) -> None:
    write_array(tmp_path / "sub" / "a.npy", np.arange(5))
    assert np.load(tmp_path / "sub" / "a.npy").tolist() == [0, 1, 2, 3, 4]


def test_broken_json_names_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1,\n "b": }')
    with pytest.raises(BadInputError, match="line 2, column 7"):
        read_json(path)


def test_a_file_and_its_folder_are_on_the_disk_before_it_is_told_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[tuple[bool, list[str]]] = []

    def fsync(handle: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        settled.append((is_folder, sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith("."))))

    monkeypatch.setattr(os, "fsync", fsync)
    write_json(tmp_path / "a.json", [1])
    assert settled == [(False, []), (True, ["a.json"])]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(BadInputError, match="this file is a pipe or a device"):
        read_content(tmp_path / "pipe.json")
    with pytest.raises(BadInputError, match="this file is a pipe or a device"), unpacked(tmp_path / "pipe.json"):
        pass
    with pytest.raises(BadInputError, match="this file is a pipe or a device"):
        guess_source(tmp_path / "pipe.json", FORMATS)


def test_a_device_is_not_replaced_and_what_a_link_leads_to_is_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "device")
    with pytest.raises(BadInputError, match="a pipe or a device"), replacing(tmp_path / "device") as part:
        part.write_text("new")
    assert not (tmp_path / "device").is_file()
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with replacing(tmp_path / "link") as part:
        part.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["device", "link", "real"]
