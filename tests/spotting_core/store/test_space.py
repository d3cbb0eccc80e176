"""What the data directory takes, and what clearing it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import locked
from spotting_core.store.space import clear, measure, size_text
from tests.app.commands import touchline

FILES = {
    "media/aa/playback.mp4": 1000,
    "media/aa/times.npy": 10,
    "media/aa/frames-2-64x36.jpgs": 300,
    "media/aa/entities-2-24-b0/table.npy": 40,
    "explanations/ab/abc.npz": 70,
    "analyses/s/m/half1/scores.npy": 500,
    "analyses/s/.m.unfinished/half1/window00000.npz": 20,
    "analyses/s/.m.damaged-0123abcd/half1/scores.npy": 15,
    "blank/s/t/half1/scores.npy": 30,
    "exports/e/clips.zip": 60,
    "downloads/m/best.pt.part": 12,
    "trainings/t/checkpoint.pt": 25,
    "data_sets/d.json": 4,
    "models/m/model.safetensors": 33,
    "players/p.npz": 90,
    "search/m.parquet": 8,
    "uploads/u/labels.json": 5,
    "imports/i/predictions.zip": 6,
    "touchline.db": 9,
    "worker.log": 3,
}


@pytest.fixture
def filled(data: DataDirectory, tmp_path: Path) -> DataDirectory:
    for name, size in FILES.items():
        path = data.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    video = tmp_path / "match.mp4"
    video.write_bytes(b"v" * 77)
    (data.root / "media" / "aa" / "playback.link").symlink_to(video)
    return data


def test_every_file_is_counted_once(filled: DataDirectory) -> None:
    sizes = {use.kind.name: (use.files, use.size) for use in measure(filled)}
    assert sizes == {
        "copies": (1, 1000), "frames": (2, 340), "explanations": (1, 70), "unfinished": (1, 20), "damaged": (1, 15),
        "analyses": (1, 500), "blank": (1, 30),
        "downloads": (1, 12), "trainings": (1, 25), "data-sets": (1, 4), "models": (1, 33),
        "exports": (1, 60), "players": (1, 90), "search": (1, 8), "uploads": (2, 11), "database": (1, 9),
        "other": (2, 13),
    }  # fmt: skip


def test_clearing_leaves_everything_else(filled: DataDirectory, tmp_path: Path) -> None:
    assert clear(filled, ["copies", "unfinished", "explanations"]) == 1090
    left = {str(p.relative_to(filled.root)) for p in filled.root.rglob("*") if p.is_file()}
    gone = {"media/aa/playback.mp4", "analyses/s/.m.unfinished/half1/window00000.npz", "explanations/ab/abc.npz"}
    assert set(FILES) - left == gone
    assert clear(filled, ["damaged"]) == 15
    assert (tmp_path / "match.mp4").stat().st_size == 77


def test_an_analysis_that_is_being_made_is_not_cleared(filled: DataDirectory) -> None:
    left = filled.root / "analyses/s/.m.unfinished/half1/window00000.npz"
    with locked(filled.root / "analyses/s/.m.lock"):
        assert clear(filled, ["unfinished"]) == 0
        assert left.is_file()
    assert clear(filled, ["unfinished"]) == 20
    assert not left.parent.parent.exists()


@pytest.mark.parametrize("name", ["uploads", "database", "other", "everything"])
def test_what_cannot_be_made_again_is_not_cleared(filled: DataDirectory, name: str) -> None:
    with pytest.raises(BadInputError, match="nothing that can be cleared"):
        clear(filled, ["copies", name])
    assert (filled.root / "media/aa/playback.mp4").is_file()


def test_the_command_tells_and_clears(filled: DataDirectory) -> None:
    (filled.root / "touchline.db").unlink()
    done = touchline("data")
    assert done.returncode == 0
    assert "Copies of videos" in done.stdout
    assert touchline("data", "--clear", "database").returncode == 2
    done = touchline("data", "--clear", "frames")
    assert done.returncode == 0, done.stderr
    assert "1 kB came free" in done.stdout
    assert not (filled.root / "media/aa/frames-2-64x36.jpgs").exists()
    assert not (filled.root / "media/aa/entities-2-24-b0").exists()


def test_sizes_are_written_for_people() -> None:
    assert [size_text(s) for s in (0, 1, 12_400, 3_400_000, 340_000_000, 1_240_000_000)] == [
        "0 kB", "1 kB", "12 kB", "3.4 MB", "340 MB", "1.2 GB"
    ]  # fmt: skip
