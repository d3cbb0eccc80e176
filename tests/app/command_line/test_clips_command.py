"""``touchline clips``, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.analyses.analysis import ANALYSIS_FILE
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import ingest
from spotting_core.media.shown import shown_image
from spotting_core.media.source import open_match
from spotting_core.media.times import read_time_table
from tests.app.commands import touchline
from tests.app.made_analysis import make_analysis
from tests.score_bugs import keep_half
from tests.spotting_core.media.test_empty_edits import CLOCK, SHOWN_AGAIN, with_edits
from tests.videos import make_video, read_number, steady

SPOTS = [Spot(1, 2_000_000, "Goal", 0.9), Spot(1, 4_000_000, "Corner", 0.4), Spot(1, 5_000_000, "Foul", 0.8)]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "a.mp4", steady(175))


def exported(out: Path, *arguments: object) -> dict:
    done = touchline("clips", *arguments, "--out", out, "--json", out.with_suffix(".json"))
    assert done.returncode == 0, done.stderr
    return json.loads(out.with_suffix(".json").read_text())


def test_clips_of_an_analysis(video: Path, tmp_path: Path, data: DataDirectory) -> None:
    make_analysis(open_match(video), data, SPOTS)
    listed_clips = exported(tmp_path / "out", video, "--class", "Goal", "--before", 1, "--after", 0.5, "--caption")
    assert [(c["label"], c["start"], c["end"], c["state"]) for c in listed_clips["clips"]] == [
        ("Goal", 1.0, 2.5, "done")
    ]
    more = exported(tmp_path / "more", video, "--confidence", 0.3, "--fast", "--after", 0.2, "--before", 0.2)
    assert [c["label"] for c in more["clips"]] == ["Goal", "Corner", "Foul"]
    assert [c["starts"] for c in more["clips"]] == [1.0, 3.0, 4.0]  # a key frame every second


@pytest.mark.parametrize(
    ("beeps", "arguments", "silence"), [([1.0], (), True), ([1.0], ("--no-sound",), False), (None, (), False)]
)
def test_slow_motion_is_told_as_silent_where_there_is_sound(
    beeps: list[float] | None, arguments: tuple[str, ...], silence: bool, tmp_path: Path
) -> None:  # fmt: skip
    loud = make_video(tmp_path / "b.mp4", steady(75), beeps=beeps)
    done = touchline("clips", loud, "--mark", "1 00:01-00:02", "--slow", 0.5, *arguments, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert ("There is no sound where the picture is slow." in done.stdout) == silence


def test_clips_of_labels_and_marks(video: Path, tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.json", [Spot(1, 3_000_000, "Corner", team="home")])
    listed_clips = exported(
        tmp_path / "out", video, "--labels", tmp_path / "labels.json", "--mark", "1 00:01-00:01.5", "--reel",
        "--also", "sportscode",
    )  # fmt: skip
    assert [c["label"] for c in listed_clips["clips"]] == ["Corner", "Mark"]
    assert listed_clips["files"] == ["reel.mp4", "sportscode.xml", "manifest.csv"]
    only = exported(tmp_path / "only", video, "--mark", "1 00:01-00:01.5")
    assert [c["label"] for c in only["clips"]] == ["Mark"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "this match has not been analysed. Run touchline analyze, or give --labels."),
        (["--class", "goal"], "Did you mean 'Goal'"),
        (["--mark", "here"], "'here' marks nothing"),
        (["--mark", "1 00:01-00:02", "--fast", "--size", "90"], "cannot do another size. Export exactly."),
        (["--mark", "1 00:01-00:02", "--also", "pdf"], "there is no 'pdf'"),
        (["--mark", "1 00:01-00:02", "--overlay"], "there is none. Analyse the match."),
        (["--mark", "1 10:01-10:02"], "not one clip could be exported"),
        (["--mark", "2 00:01-00:02"], "not one clip could be exported: this match has no video of half 2."),
        (["--mark", "1 10:01-10:02", "--zip"], "not one clip could be exported"),
        (["--mark", "1 00:01-00:02", "--half", "2"], "this match has no half 2."),
        (["--mark", "1 00:01-00:02", "--also", "map"], "there is no 'map'. Known: sportscode, otio."),
        (["--mark", "1 00:01-00:02", "--size", "0"], "0 lines cannot be made. Choose an even number from 16 to 4320."),
        (["--mark", "1 00:01-00:02", "--size", "91"], "a picture of 91 lines cannot be made"),
        (["--mark", "1 00:01-00:02", "--size", "4322"], "a picture of 4322 lines cannot be made"),
        (["--mark", "1 00:01-00:02", "--json", "."], "the output cannot be written: this is a folder"),
        (["--reviewed", "--selection", "Two"], "--reviewed and --selection name two. Give one of them."),
        (["--selection", "Two", "--before", "2"], "Leave out --before and --after."),
        (["--selection", "Two"], "this match is not in the library. Add it in the app first."),
    ],
)
def test_bad_input_is_told_in_a_sentence(video: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    done = touchline("clips", video, "--out", tmp_path / "out", *arguments)
    assert done.returncode == 2
    assert message in done.stderr.replace("\n", " ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("after", "message"), [("inf", "inf s after its spot"), ("0", "0 s before to 0 s after")])
def test_margins_that_show_nothing_or_everything_are_refused(
    video: Path, tmp_path: Path, after: str, message: str
) -> None:
    write_labels(tmp_path / "labels.json", [Spot(1, 3_000_000, "Corner")])
    done = touchline(
        "clips", video, "--out", tmp_path / "out", "--labels", tmp_path / "labels.json", "--before", 0, "--after", after
    )
    assert done.returncode == 2
    assert message in done.stderr.replace("\n", " ")


@pytest.mark.parametrize("name", ["a.mp4/sub", "x" * 300, "labels.json"])
def test_a_folder_that_cannot_be_made_is_told(video: Path, tmp_path: Path, name: str) -> None:
    write_labels(tmp_path / "labels.json", [])
    done = touchline("clips", video, "--out", tmp_path / name, "--mark", "1 00:01-00:02")
    assert done.returncode == 2
    assert "Error:" in done.stderr
    assert video.is_file()


def test_an_analysis_of_another_match_is_refused(video: Path, tmp_path: Path, data: DataDirectory) -> None:
    other = make_video(tmp_path / "b.mp4", steady(100))
    analysis = make_analysis(open_match(other), data, SPOTS)
    done = touchline("clips", video, "--out", tmp_path / "out", "--analysis", analysis.folder)
    assert done.returncode == 2
    assert "this is the analysis of another match" in done.stderr.replace("\n", " ")


def test_a_damaged_analysis_is_passed_over_as_in_the_app(video: Path, tmp_path: Path, data: DataDirectory) -> None:
    make_analysis(open_match(video), data, SPOTS)
    newest = make_analysis(open_match(video), data, SPOTS, "newest")
    (newest.folder / ANALYSIS_FILE).write_text("{")
    listed_clips = exported(tmp_path / "out", video, "--class", "Goal")
    assert [c["label"] for c in listed_clips["clips"]] == ["Goal"]


def test_a_title_in_brackets_is_written_as_it_is(tmp_path: Path) -> None:
    video = make_video(tmp_path / "[bold] a [red].mp4", steady(100))
    done = touchline("clips", video, "--out", tmp_path / "[out]", "--mark", "1 00:01-00:01.2")
    assert done.returncode == 0
    assert "1 clip of [bold] a [red] in" in done.stdout


def test_an_export_is_not_overwritten_unasked(video: Path, tmp_path: Path) -> None:
    arguments = ("clips", video, "--out", tmp_path / "out", "--mark", "1 00:01-00:01.2")
    assert touchline(*arguments).returncode == 0
    assert touchline(*arguments).returncode == 2
    assert touchline(*arguments, "--overwrite").returncode == 0


def test_a_clip_that_failed_ends_with_1_and_the_others_are_there(video: Path, tmp_path: Path) -> None:
    done = touchline(
        "clips", video, "--out", tmp_path / "out", "--mark", "1 00:01-00:01.2", "--mark", "1 10:00-10:01"
    )  # fmt: skip
    assert done.returncode == 1
    assert "lies past the end of the video" in done.stderr.replace("\n", " ")
    assert (tmp_path / "out" / "01_mark_00-01.mp4").is_file()


def test_a_clip_across_an_empty_edit_is_told(tmp_path: Path) -> None:
    video = with_edits(make_video(tmp_path / "a.mp4", steady(200), b_frames=0), 0, CLOCK, SHOWN_AGAIN)
    done = touchline("clips", video, "--mark", "1 00:01-00:02", "--mark", "1 00:03-00:05", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Clip 2: Its video shows nothing from 00:04.00 to 00:06.00, as its edit list says" in done.stderr
    assert "Clip 1" not in done.stderr


def test_clips_of_several_matches(video: Path, tmp_path: Path, data: DataDirectory) -> None:
    other = make_video(tmp_path / "b.mp4", steady(175), first=1000)
    make_analysis(open_match(video), data, SPOTS)
    make_analysis(open_match(other), data, [Spot(1, 3_000_000, "Goal", 0.7)])
    listed_clips = exported(tmp_path / "out", other, video, "--class", "Goal", "--before", 0.4, "--after", 0.4)
    assert [(c["match"], c["file"]) for c in listed_clips["clips"]] == [
        ("b", "01_b_goal_00-03.mp4"), ("a", "02_a_goal_00-02.mp4"),
    ]  # fmt: skip
    for name, first in (("01_b_goal_00-03.mp4", 1065), ("02_a_goal_00-02.mp4", 40)):
        path = tmp_path / "out" / name
        shown = [read_number(shown_image(frame)) for _, frame in numbered_frames(path, read_time_table(path))]
        assert shown == list(range(first, first + 20))


def test_what_is_said_of_one_match_is_refused_for_several(video: Path, tmp_path: Path) -> None:
    done = touchline("clips", video, tmp_path, "--out", tmp_path / "out", "--mark", "1 00:01-00:02", "--selection", "X")
    assert done.returncode == 2
    assert "--mark and --selection can be said of one match only" in done.stderr.replace("\n", " ")
    both = touchline("clips", video, "--demo", "--out", tmp_path / "out")
    assert both.returncode == 2


def test_of_one_moment_the_surest_alone_is_cut_unless_all_are_asked_for(
    video: Path, tmp_path: Path, data: DataDirectory
) -> None:
    make_analysis(
        open_match(video), data, [Spot(1, 2_000_000, "Red card", 0.6), Spot(1, 2_400_000, "Yellow card", 0.9)]
    )
    margins = ("--before", 0.2, "--after", 0.2)
    assert [c["label"] for c in exported(tmp_path / "surest", video, *margins)["clips"]] == ["Yellow card"]
    every = exported(tmp_path / "all", video, "--rivals", *margins)
    assert [c["label"] for c in every["clips"]] == ["Red card", "Yellow card"]
    said = touchline("clips", video, "--out", tmp_path / "said", *margins).stderr.replace("\n", " ")
    assert "1 spot is left out beside a surer one of the same moment; --rivals takes all" in said
    asked = exported(tmp_path / "red", video, "--class", "Red card", *margins)
    assert [c["label"] for c in asked["clips"]] == ["Red card"]


def test_spots_where_no_half_is_played_are_left_out_unless_they_are_asked_for(
    tmp_path: Path, data: DataDirectory
) -> None:
    video = make_video(tmp_path / "studio.mp4", steady(350, rate=2))
    keep_half(ingest(video, data), 40)
    make_analysis(open_match(video), data, [Spot(1, 20_000_000, "Goal", 0.9), Spot(1, 150_000_000, "Goal", 0.8)])
    margins = ("--before", 1, "--after", 1)
    assert [c["start"] for c in exported(tmp_path / "play", video, *margins)["clips"]] == [19.0]
    assert [c["start"] for c in exported(tmp_path / "all", video, "--breaks", *margins)["clips"]] == [19.0, 149.0]
    words = touchline("clips", video, "--out", tmp_path / "words", *margins).stderr.replace("\n", " ")
    assert "1 spot is left out, for no half is played then; --breaks takes them too" in words
    write_labels(tmp_path / "Labels-v2.json", [Spot(1, 150_000_000, "Goal")])
    of_file = exported(tmp_path / "file", video, "--labels", tmp_path / "Labels-v2.json", *margins)
    assert [c["start"] for c in of_file["clips"]] == [149.0]  # what is labelled is true
