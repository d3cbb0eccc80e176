"""Videos that follow one another, written as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.media import joined
from spotting_core.media.frames import numbered_frames
from spotting_core.media.joined import Piece, join_videos, read_pieces
from spotting_core.media.times import read_time_table
from spotting_core.media.video import probe_video
from tests.videos import make_video, read_number, steady, uneven


def pieces_of(folder: Path, suffix: str = ".mp4", *, b_frames: int = 2, sound: bool = True) -> list[Path]:
    """Three pieces, the second of which is uneven, numbered on."""
    times, begun, made = (steady(40), uneven(30), steady(25)), 0, []
    for number, shown in enumerate(times, start=1):
        path = folder / f"half part {number}{suffix}"
        made.append(make_video(path, shown, b_frames=b_frames, sound=sound, first=begun))
        begun += len(shown)
    return made


@pytest.mark.parametrize("target", ["whole.mp4", "whole.mkv", "whole.mov"])
@pytest.mark.parametrize(("suffix", "b_frames"), [(".mp4", 2), (".mp4", 0), (".mkv", 2), (".ts", 2)])
def test_every_picture_of_the_pieces_is_there_at_its_time(
    suffix: str, b_frames: int, target: str, tmp_path: Path
) -> None:
    pieces = read_pieces(pieces_of(tmp_path, suffix, b_frames=b_frames))
    whole = tmp_path / target
    join_videos(pieces, whole)
    table = read_time_table(whole)
    shown = [read_number(frame.to_ndarray(format="rgb24")) for _, frame in numbered_frames(whole, table)]
    assert shown == list(range(95))
    expected = np.concatenate([piece.begin + piece.table.times for piece in pieces])
    assert np.abs(table.times - expected).max() <= (1000 if target.endswith("mkv") else 100)
    assert pieces[1].begin == pytest.approx(1_600_000, abs=1000)
    assert probe_video(whole).audio == probe_video(pieces[0].path).audio is not None


def test_progress_is_told_and_a_joining_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    pieces: list[Piece] = read_pieces(pieces_of(tmp_path))
    told: list[tuple[int, int]] = []

    def report(done: int, whole: int) -> None:
        told.append((done, whole))
        if len(told) == 2:
            raise CancelledError("enough")

    with pytest.raises(CancelledError):
        join_videos(pieces, tmp_path / "whole.mp4", report)
    assert len(told) == 2
    assert 0 == told[0][0] < told[1][0] < told[1][1]
    assert {whole for _, whole in told} == {pieces[2].begin + pieces[2].table.duration}
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"half part {n}.mp4" for n in (1, 2, 3)]


def test_what_cannot_be_one_video_is_a_sentence(tmp_path: Path) -> None:
    first = make_video(tmp_path / "a.mp4", steady(20))
    others = {
        "of the size 64 x 64": make_video(tmp_path / "small.mp4", steady(20), size=(64, 64)),
        "with sound as aac, a.mp4 no sound": make_video(tmp_path / "loud.mp4", steady(20), sound=True),
        "of pixels yuv444p": make_video(tmp_path / "full.mp4", steady(20), pixel_format="yuv444p"),
        "hides pictures at its start": make_video(tmp_path / "hidden.mp4", steady(20), hidden=5),
        "coded by other settings than a.mp4": make_video(tmp_path / "other.mp4", steady(20), options={"refs": "5"}),
    }
    for message, other in others.items():
        with pytest.raises(BadInputError, match=message):
            read_pieces([first, other])
    with pytest.raises(BadInputError, match="there is no video to join"):
        read_pieces([])
    with pytest.raises(BadInputError, match="this video is given twice"):
        read_pieces([first, tmp_path / "." / "a.mp4"])
    pieces = read_pieces([first, make_video(tmp_path / "b.mp4", steady(20))])
    with pytest.raises(BadInputError, match="a joined video is no file of this kind"):
        join_videos(pieces, tmp_path / "whole.avi")
    with pytest.raises(BadInputError, match="this is one of the videos to be joined"):
        join_videos(pieces, tmp_path / "b.mp4")


def test_pictures_that_lie_over_those_of_the_piece_before_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A piece that was cut out of a stream may begin with pictures that nobody sees there."""
    pieces, write = read_pieces(pieces_of(tmp_path)), joined._write
    monkeypatch.setattr(joined, "_write", lambda *arguments: write(*arguments) + 3)
    with pytest.raises(BadInputError, match="joined would show other times than one after another"):
        join_videos(pieces, tmp_path / "whole.mkv")
    assert not (tmp_path / "whole.mkv").exists()
