"""Whatever is wrong with an input: one sentence that says what, where and what to do, exit code 2, and all else as it was.

One table, walked through the command line. What can be analysed in part is, and says so; what is only unusual is
analysed like any video.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.models.card import CARD_FILE, WEIGHTS_FILE
from spotting_core.preflight import machine
from tests import odd_videos
from tests.app.commands import Done, touchline
from tests.conftest import REPOSITORY, small_model

SECONDS = 6.0
GOAL = Spot(1, 2_000_000, "Goal")
GAME = "2026-08-01 - 12-00 Home 1 - 0 Away"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is made once: a small model and a sound video."""
    folder = tmp_path_factory.mktemp("made")
    small_model(folder / "m")
    odd_videos.plain(folder / "good.mp4", seconds=SECONDS)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A folder of this test's own, with a sound video and a sound model in it."""
    folder = tmp_path / "place"
    folder.mkdir()
    shutil.copyfile(made / "good.mp4", folder / "good.mp4")
    shutil.copytree(made / "m", folder / "m")
    return folder


def content(folder: Path) -> dict[str, object]:
    """All that lies below a folder, with its content."""
    files: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        kept = path.read_bytes() if path.is_file() else "link" if path.is_symlink() else "folder"
        files[str(path.relative_to(folder))] = kept
    return files


def assert_refused(done: Done, message: str) -> None:
    """One sentence or two, on one line, and exit code 2."""
    assert done.returncode == 2, done.stderr or done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    *before, line = done.stderr.strip().splitlines()
    assert [error_line for error_line in before if "Error" in error_line] == []
    assert line.startswith("Error: ")
    assert line.endswith(".")


# --- what is refused ------------------------------------------------------------------------------------


def change_card(folder: Path, **values: object) -> None:
    path = folder / CARD_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def swap_classes(place: Path) -> None:
    classes = json.loads((place / "m" / CARD_FILE).read_text())["classes"]
    change_card(place / "m", classes=[classes[1], classes[0], *classes[2:]])


def other_size(place: Path) -> None:
    card = json.loads((place / "m" / CARD_FILE).read_text())
    change_card(place / "m", config={**card["config"], "dim": 48})


def cut_weights(place: Path) -> None:
    path = place / "m" / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:-1000])


def foreign_weights(place: Path) -> None:
    save_file({"layer.weight": np.zeros((3, 3), np.float32)}, place / "m" / WEIGHTS_FILE)


def unknown_setting(place: Path) -> None:
    card = json.loads((place / "m" / CARD_FILE).read_text())
    change_card(place / "m", config={**card["config"], "colour": 3})


def nonsense_setting(place: Path) -> None:
    card = json.loads((place / "m" / CARD_FILE).read_text())
    change_card(place / "m", config={**card["config"], "window": "wide"})


def write(name: str, text: str) -> Callable[[Path], object]:
    return lambda place: (place / name).write_text(text)


def labels(*spots: Spot) -> Callable[[Path], object]:
    return lambda place: write_labels(place / "labels.json", list(spots))


def label_text(**entry: object) -> Callable[[Path], object]:
    row = {"gameTime": "1 - 00:02", "label": "Goal", "position": "2000", **entry}
    return write("labels.json", json.dumps({"annotations": [row]}))


def three_videos(place: Path) -> None:
    (place / "three").mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        shutil.copyfile(place / "good.mp4", place / "three" / name)


def one_broken_half(place: Path) -> None:
    (place / "game").mkdir()
    shutil.copyfile(place / "good.mp4", place / "game" / "1_720p.mp4")
    odd_videos.text(place / "game" / "2_720p.mp4")


def something_else(place: Path) -> None:
    (place / "out").mkdir()
    (place / "out" / "thesis.txt").write_text("three years of work")


def train_config(place: Path) -> None:
    for split in ("train", "val"):
        game = place / "data" / split / "league" / "2026" / GAME
        game.mkdir(parents=True)
        shutil.copyfile(place / "good.mp4", game / "1_224p.mp4")
        write_labels(game / "Labels-v2.json", [GOAL])
    (place / "small.toml").write_text('system = "e2e-spot"\n[config]\nsteps = 1\n')


def damaged_checkpoint(place: Path) -> None:
    train_config(place)
    (place / "run").mkdir()
    (place / "run" / "checkpoint.pt").write_bytes(b"PK\x03\x04 a checkpoint that was cut off")


ANALYZE = ("analyze", "{at}/good.mp4", "--model", "{at}/m")
DOCTOR = ("doctor", "{at}/good.mp4", "--labels", "{at}/labels.json")
TRAIN = ("train", "{at}/small.toml", "--data", "{at}/data", "--device", "cpu", "--no-measure")
SPOTTING = ("evaluate", "--task", "spotting")

Case = tuple[Callable[[Path], object], tuple[str, ...], str]


def no_preparation(_place: Path) -> None:
    """There is nothing to prepare."""


def video_case(name: str, message: str) -> Case:
    return (
        lambda place: odd_videos.NO_VIDEOS[name](place / "bad.mp4"),
        ("analyze", "{at}/bad.mp4", "--model", "{at}/m"),
        message,
    )


REFUSED: dict[str, Case] = {
    # sources
    "text": video_case("text", "bad.mp4: this file is not a video that can be read"),
    "empty": video_case("empty", "bad.mp4: this file is empty. Copy it again."),
    "noise": video_case("noise", "is not a video that can be read"),
    "zeros": video_case("zeros", "is not a video that can be read"),
    "a folder named like a video": video_case("folder", "this folder holds no video"),
    "a link to nothing": video_case("dangling link", "there is no such file or folder"),
    "a link to itself": video_case("link to itself", "there is no such file or folder"),
    "a picture": video_case("picture", "playlists and single pictures are not read"),
    "a playlist": video_case("playlist", "is not a video that can be read"),
    "a list of other files": video_case("concatenation", "playlists and single pictures are not read"),
    "sound only": video_case("sound only", "has sound but no picture. Give the file with the picture."),
    "no frames": video_case("no frames", "is not a video that can be read (End of file)"),
    "no frame decodes": video_case("no frame decodes", "no frame of this video can be decoded"),
    "an mp4 without its index": video_case("without its index", "its index is missing or damaged: the recording or copy stopped early"),
    "only the header": video_case("header only", "no frame of this video can be decoded"),
    "missing": (no_preparation, ("analyze", "{at}/gone.mp4"), "there is no such file or folder. Check the path."),
    "a device": (no_preparation, ("analyze", "/dev/null"), "there is no such file or folder"),
    "three videos": (three_videos, ("analyze", "{at}/three"), "holds 3 videos, a match has at most 2"),
    "three videos to look at": (three_videos, ("doctor", "{at}/three"), "holds 3 videos, a match has at most 2"),
    "one half is broken": (one_broken_half, ("analyze", "{at}/game", "--model", "{at}/m"), "2_720p.mp4: this file is not a video"),
    "a name of two lines": (lambda p: odd_videos.text(p / "a\nb.mp4"), ("analyze", "{at}/a\nb.mp4"), "a\\nb.mp4: this file is not a video"),
    "a name of other scripts": (lambda p: odd_videos.text(p / "матч 試合 'x' \"y\".mp4"), ("analyze", "{at}/матч 試合 'x' \"y\".mp4"), "матч 試合 'x' \"y\".mp4: this file is not a video"),
    "a name of broken letters": (lambda p: odd_videos.text(p / os.fsdecode(b"\xff.mp4")), ("analyze", "{at}/" + os.fsdecode(b"\xff.mp4")), "\\udcff.mp4: this file is not a video"),
    "neither source nor demo": (no_preparation, ("analyze",), "give a SOURCE or --demo"),
    # output
    "a file where the folder should be": (write("out", "x"), (*ANALYZE, "--out", "{at}/out"), "there is a file where the analysis should go"),
    "below a file": (write("out", "x"), (*ANALYZE, "--out", "{at}/out/below"), "this cannot be written"),
    "over something else": (something_else, (*ANALYZE, "--out", "{at}/out"), "this folder holds something else"),
    "the spots to a folder": (no_preparation, (*ANALYZE, "--json", "{at}/m"), "the output cannot be written: this is a folder"),
    "the spots below a file": (write("out", "x"), (*ANALYZE, "--json", "{at}/out/a.json"), "out is a file, not a folder"),
    "the findings below a file": (write("out", "x"), ("doctor", "{at}/good.mp4", "--json", "{at}/out/a.json"), "out is a file, not a folder"),
    "labels below a file": (lambda p: (write("out", "x")(p), labels(GOAL)(p)), ("convert", "{at}/labels.json", "{at}/out/a.csv"), "cannot be written"),
    # models
    "an unknown model": (no_preparation, ("analyze", "{at}/good.mp4", "--model", "best"), "there is no model of this name"),
    "another rate": (no_preparation, (*ANALYZE, "--rate", "5"), "reads 2 samples a second, not 5"),
    "an unknown device": (no_preparation, (*ANALYZE, "--device", "tpu"), "there is no device 'tpu'. Choose one of"),
    "classes in another order": (swap_classes, ANALYZE, "are in another order: number 0 is"),
    "weights of another shape": (other_size, ANALYZE, "the card describes"),
    "weights cut off": (cut_weights, ANALYZE, "the weights cannot be read"),
    "weights of something else": (foreign_weights, ANALYZE, "the weights do not fit the card"),
    "no weights": (lambda p: (p / "m" / WEIGHTS_FILE).unlink(), ANALYZE, "the weights of this model are missing"),
    "weights that are text": (write(f"m/{WEIGHTS_FILE}", "x"), ANALYZE, "the weights cannot be read"),
    "a card of a newer format": (lambda p: change_card(p / "m", format=9), ANALYZE, "format 9 is newer than this Touchline reads (up to 1). Update Touchline"),
    "a card without a format": (lambda p: change_card(p / "m", format="new"), ANALYZE, "has no format number"),
    "a card that is not JSON": (write(f"m/{CARD_FILE}", "{"), ANALYZE, "this model card is not JSON"),
    "a card that is a list": (write(f"m/{CARD_FILE}", "[]"), ANALYZE, "this model card is not an object"),
    "a card of an unknown system": (lambda p: change_card(p / "m", system="magic"), ANALYZE, "there is no system called 'magic'"),
    "a card of an unknown class table": (lambda p: change_card(p / "m", class_table="cricket"), ANALYZE, "no such class table"),
    "a card with an unknown setting": (unknown_setting, ANALYZE, "'colour'"),
    "a card with a setting that is nonsense": (nonsense_setting, ANALYZE, "window"),
    "a card without the input": (lambda p: change_card(p / "m", input={}), ANALYZE, "Object missing required field kind"),
    # labels and predictions
    "labels that are not JSON": (write("labels.json", "{"), DOCTOR, "is not JSON"),
    "labels that are binary": (lambda p: (p / "labels.json").write_bytes(b"\xff\xfe\x00"), DOCTOR, "labels.json"),
    "labels that cannot be unpacked": (lambda p: (p / "labels.json").write_bytes(b"\x1f\x8b\x08 cut off"), DOCTOR, "this file cannot be unpacked"),
    "labels that are a folder": (lambda p: (p / "labels.json").mkdir(), DOCTOR, "labels.json"),
    "labels of an unknown class": (label_text(label="Homerun"), ("convert", "{at}/labels.json", "{at}/b.csv", "--classes", "soccernet-v2"), "labels is of a known class; they say 'Homerun'"),
    "labels with a time that is none": (label_text(gameTime="1 - noon", position="noon"), DOCTOR, "noon"),
    "labels without a class": (write("labels.json", '{"annotations": [{"gameTime": "1 - 00:01"}]}'), DOCTOR, "label"),
    "no labels": (no_preparation, DOCTOR, "labels.json"),
    "predictions that are cut off": (write("p.json", '{"predictions": [{"gameTime"'), ("doctor", "{at}/good.mp4", "--predictions", "{at}/p.json"), "p.json"),
    "scores that are no array": (write("p.npy", "x"), ("doctor", "{at}/good.mp4", "--predictions", "{at}/p.npy"), "this array cannot be read"),
    "no predictions": (labels(), (*SPOTTING, "--labels", "{at}/labels.json", "--predictions", "{at}/gone"), "no such file or folder"),
    "a zip that is none": (lambda p: (labels()(p), write("p.zip", "PK")(p)), (*SPOTTING, "--labels", "{at}/labels.json", "--predictions", "{at}/p.zip"), "p.zip"),
    "an unknown task": (no_preparation, ("evaluate", "--task", "juggling", "--labels", "{at}", "--predictions", "{at}"), "there is no task 'juggling'"),
    "an unknown metric": (no_preparation, (*SPOTTING, "--labels", "{at}", "--predictions", "{at}", "--metric", "best"), "no metric 'best'"),
    "the target is there already": (lambda p: (labels(GOAL)(p), write("b.csv", "mine")(p)), ("convert", "{at}/labels.json", "{at}/b.csv"), "the target is there already"),
    "an unknown format": (labels(), ("convert", "{at}/labels.json", "{at}/b.csv", "--from", "morse"), "morse"),
    # training
    "no configuration": (no_preparation, TRAIN, "there is no such configuration"),
    "a configuration that is not TOML": (write("small.toml", "a = = 1"), TRAIN, "is not TOML"),
    "a configuration with an unknown setting": (write("small.toml", 'system = "e2e-spot"\n[config]\ncolour = 1'), TRAIN, "unknown setting 'colour'"),
    "a configuration with another table": (write("small.toml", 'system = "e2e-spot"\n[conf]\nsteps = 1'), TRAIN, "unknown setting 'conf' outside of [config]"),
    "a configuration that never validates": (write("small.toml", 'system = "e2e-spot"\n[config]\nvalidate_every = 0'), TRAIN, "validate_every must be a whole number of at least 1, not 0"),
    "a configuration of a rate that is none": (write("small.toml", 'system = "e2e-spot"\n[config]\nlearning_rate = nan'), TRAIN, "learning_rate must be a number above 0, not nan"),
    "a card nested too deeply": (write(f"m/{CARD_FILE}", "[" * 100_000), ANALYZE, "this model card is nested too deeply"),
    "a card of another window than its configuration": (lambda p: change_card(p / "m", window=7), ANALYZE, "the card says a window of 7 samples"),
    "no folder to learn from": (write("small.toml", 'system = "e2e-spot"'), TRAIN, "data: there is no such folder"),
    "nothing to learn from": (lambda p: (write("small.toml", 'system = "e2e-spot"')(p), (p / "data").mkdir()), TRAIN, "no match with Labels-v2.json lies here"),
    "a file where the run should be": (lambda p: (train_config(p), write("run", "x")(p)), (*TRAIN, "--run", "{at}/run"), "this cannot be written"),
    "a damaged checkpoint": (damaged_checkpoint, (*TRAIN, "--run", "{at}/run"), "this checkpoint cannot be read"),
    # the app
    "an app over no folder": (no_preparation, ("app", "--root", "{at}/gone"), "this is no folder"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(REFUSED))
def test_bad_input_is_refused_in_a_sentence_and_changes_nothing(name: str, place: Path, tmp_path: Path) -> None:
    prepare, arguments, message = REFUSED[name]
    prepare(place)
    before = content(place)
    assert_refused(touchline(*[a.replace("{at}", str(place)) for a in arguments]), message)
    assert content(place) == before
    kept = [p for p in content(tmp_path / "data") if not p.startswith("media")]
    assert [p for p in kept if "analyses" in p or ".part" in p or "unfinished" in p] == []


def test_the_table_is_long_enough() -> None:
    assert len(REFUSED) + len(odd_videos.DAMAGED) + len(odd_videos.UNUSUAL) >= 60


# --- the machine ----------------------------------------------------------------------------------------


def test_a_disk_that_is_nearly_full_is_told_before_the_work(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "free_disk", lambda _: 1000)
    before = content(place)
    assert_refused(
        touchline(*[a.replace("{at}", str(place)) for a in ANALYZE], "--out", place / "out"), "the disk is full"
    )
    assert content(place) == before


def test_too_little_memory_is_told_before_the_work(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "free_memory", lambda: 100_000_000)
    before = content(place)
    assert_refused(
        touchline(*[a.replace("{at}", str(place)) for a in ANALYZE], "--out", place / "out"),
        "there is too little memory",
    )
    assert content(place) == before


def limited(kind: int, amount: int, *arguments: object) -> Done:
    """The command in a process of its own that may have no more than some amount of something."""
    command = [sys.executable, "-c", "from app.command_line import main; main()", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=600,
        preexec_fn=lambda: resource.setrlimit(kind, (amount, amount)),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def test_a_disk_that_runs_full_in_the_middle(place: Path) -> None:
    """Files may not grow beyond 4 kB: the first array that is larger meets a full disk."""
    before = content(place)
    done = limited(
        resource.RLIMIT_FSIZE, 4096, *[a.replace("{at}", str(place)) for a in ANALYZE], "--out", place / "out"
    )
    assert_refused(done, "the disk is full. Free some disk, or choose another place")
    assert not (place / "out").exists()
    assert {n: c for n, c in content(place).items() if not n.startswith(".out.unfinished")} == before
    assert not [n for n in content(place) if n.endswith(".part")]
    done = touchline(*[a.replace("{at}", str(place)) for a in ANALYZE], "--out", place / "out")
    assert done.returncode == 0, done.stderr


def test_memory_that_runs_out_in_the_middle(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_arguments: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")  # fmt: skip

    monkeypatch.setattr("spotting_core.inference.run.judge_windows", gone)
    done = touchline(*[a.replace("{at}", str(place)) for a in ANALYZE], "--out", place / "out")
    assert_refused(done, "there is not enough memory")
    assert not (place / "out").exists()


def test_a_device_stays_a_device(place: Path) -> None:
    pipe = place / "pipe"
    os.mkfifo(pipe)
    with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)) as reader:
        done = touchline("doctor", place / "good.mp4", "--json", pipe)
        assert json.loads(reader.read())["failed"] is (done.returncode == 1)
    assert pipe.is_fifo()


# --- what is analysed in part ---------------------------------------------------------------------------

SHORTCOMINGS = {
    "cut off, mp4": "Half 1: the file breaks off at 00:11 of 00:23.",
    "cut off, mkv": "Half 1: the file breaks off at 00:11 of 00:23.",
    "zeros in the middle": "samples show a neighbouring frame, theirs cannot be decoded.",
    "zeros at the end": "samples show a neighbouring frame, theirs cannot be decoded.",
    "packets lost": "Half 1: no frames from 00:07 to 00:11.",
}


@pytest.mark.parametrize("name", list(odd_videos.DAMAGED))
def test_a_damaged_video_is_analysed_as_far_as_it_goes_and_says_so(name: str, place: Path) -> None:
    file, make = odd_videos.DAMAGED[name]
    make(place / file)
    done = touchline(
        "analyze", place / file, "--model", place / "m", "--out", place / "out", "--json", place / "s.json"
    )
    assert done.returncode == 0, done.stderr
    assert SHORTCOMINGS[name] in done.stderr
    assert any(SHORTCOMINGS[name] in remark for remark in json.loads((place / "s.json").read_text())["remarks"])
    samples = Analysis.open(place / "out").halves[0].record.samples
    assert samples == (24 if name.startswith("cut off") else 48)


# --- what is only unusual -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(odd_videos.UNUSUAL))
def test_an_unusual_video_is_analysed_like_any(name: str, place: Path) -> None:
    file, make = odd_videos.UNUSUAL[name]
    make(place / file)
    done = touchline("analyze", place / file, "--model", place / "m", "--out", place / "out")
    assert done.returncode == 0, done.stderr
    half = Analysis.open(place / "out").halves[0]
    assert [n for n in half.record.notes if name != "uneven"] == []
    assert half.scores.shape == (half.record.samples, 17)
    assert np.isfinite(half.scores).all()
    assert half.record.samples == int(
        (half.record.duration - half.record.duration / half.record.frames) / 500_000 + 1.01
    )
    upright = {"portrait": (64, 96), "turned": (64, 96), "odd size": (97, 65)}
    assert (half.record.width, half.record.height) == upright.get(name, odd_videos.SIZE)


def test_halves_of_different_size_are_told(place: Path) -> None:
    game = place / "game"
    game.mkdir()
    odd_videos.plain(game / "1_720p.mp4", seconds=20)
    odd_videos.plain(game / "2_720p.mp4", seconds=20, size=(128, 96), rate=25)
    done = touchline("doctor", game)
    assert "the halves are videos of different kinds" in done.stdout
    assert touchline("analyze", game, "--model", place / "m", "--out", place / "out").returncode == 0


def test_swapped_halves_are_told_before_the_analysis(place: Path) -> None:
    game = place / "game"
    game.mkdir()
    odd_videos.plain(game / "a_second_half.mp4", seconds=20)
    odd_videos.plain(game / "b_first_half.mp4", seconds=20)
    done = touchline("doctor", game)
    assert done.returncode == 1
    assert "the names of the videos say that the halves are swapped" in done.stdout
    done = touchline("analyze", game, "--model", place / "m", "--out", place / "out")
    assert done.returncode == 0
    assert "the names of the videos say that the halves are swapped" in done.stderr


def test_labels_past_the_end_are_told(place: Path) -> None:
    write_labels(place / "labels.json", [Spot(1, 20_000_000, "Goal"), Spot(1, 30_000_000, "Foul")])
    done = touchline(*[a.replace("{at}", str(place)) for a in DOCTOR])
    assert done.returncode == 1
    assert "spots lie past the end of the video" in done.stdout
