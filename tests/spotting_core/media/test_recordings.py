"""Which videos are pieces of one recording, by their names."""

from __future__ import annotations

from pathlib import Path

from spotting_core.media.recordings import chaptered, recordings_of, repeated


def test_names_say_which_recording_a_piece_is_of() -> None:
    def names(*files: str) -> dict[str, list[str]]:
        return {name: [p.name for p in paths] for name, paths in recordings_of([Path(f) for f in files]).items()}

    assert names("GX010034.MP4", "GX010035.MP4", "GX020034.MP4", "GX020035.MP4") == {
        "GX0034": ["GX010034.MP4", "GX020034.MP4"], "GX0035": ["GX010035.MP4", "GX020035.MP4"],
    }  # fmt: skip
    assert names("GOPR0034.MP4", "GP010034.MP4", "GP020034.MP4", "GOPR0035.MP4") == {
        "GP0034": ["GOPR0034.MP4", "GP010034.MP4", "GP020034.MP4"], "GP0035": ["GOPR0035.MP4"],
    }  # fmt: skip
    assert names("half part 10.mts", "half part 9.mts") == {"half": ["half part 9.mts", "half part 10.mts"]}
    assert names("first_1.mp4", "first_2.mp4", "second-1.mp4") == {
        "first": ["first_1.mp4", "first_2.mp4"], "second": ["second-1.mp4"],
    }  # fmt: skip
    assert names("first.mp4", "second.mp4") == {"first": ["first.mp4"], "second": ["second.mp4"]}
    assert names("00001.MTS") == {"00001": ["00001.MTS"]}
    assert names("ET1.mp4", "ET2.mp4") == {"ET1": ["ET1.mp4"], "ET2": ["ET2.mp4"]}  # two halves
    halves = ("a.mp4", "b.mp4")
    assert names(*halves, "extra time 1.mp4", "extra time 2.mp4").keys() == {"a", "b", "extra time 1", "extra time 2"}
    three = ("extra time 1.mp4", "extra time 2.mp4", "extra time 3.mp4")
    assert names(*three) == {"extra time": list(three)}
    assert names(*halves, *three).keys() == {"a", "b", "extra time"}
    assert names("ET1-1.mp4", "ET1-2.mp4", "ET2.mp4") == {"ET1": ["ET1-1.mp4", "ET1-2.mp4"], "ET2": ["ET2.mp4"]}
    assert names("cup ET1-1.mp4", "cup ET1-2.mp4", "cup ET2.mp4").keys() == {"cup ET1", "cup ET2"}
    assert names("Final extra time 1.mp4", "Final extra time 2.mp4").keys() == {"Final extra time"}  # of one match
    assert names("extra time part 1.mp4", "extra time part 2.mp4").keys() == {"extra time"}


def test_chapters_of_a_camera_are_sure_and_numbered_names_are_not() -> None:
    camera = [Path(name) for name in ("GH010012.MP4", "GH010011.MP4", "GH020011.MP4")]
    assert chaptered(camera) == [camera[1], camera[2]]
    assert chaptered(camera[:2]) == []
    assert chaptered([Path("GP010034.MP4"), Path("GOPR0034.MP4")]) == [Path("GOPR0034.MP4"), Path("GP010034.MP4")]
    assert chaptered([Path("match_1.mp4"), Path("match_2.mp4")]) == []  # the halves of a match, as a rule


def test_a_copy_in_another_format_is_the_same_piece() -> None:
    videos = [Path(name) for name in ("half1.mkv", "half2.mp4", "half1.mp4")]
    assert repeated(videos) == [videos[0], videos[2]]
    assert repeated(videos[:2]) == []
