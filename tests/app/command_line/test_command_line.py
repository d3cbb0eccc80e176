"""The commands: what they print, what they exit with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.app.commands import touchline_fork, touchline_process
from tests.conftest import REPOSITORY, small_model
from tests.videos import make_video, steady

pytestmark = pytest.mark.long


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "my match.mp4", steady(300, rate=10.0))


def test_analyze_a_video_of_ones_own(video: Path, tmp_path: Path) -> None:
    model = small_model(tmp_path / "m")
    done = touchline_process(
        "analyze", video, "--model", model, "--out", tmp_path / "out", "--json", tmp_path / "spots.json"
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "analysis.json").is_file()
    content = json.loads((tmp_path / "spots.json").read_text())
    assert content["analysis"] == str(tmp_path / "out")
    assert "spots of my match" in done.stdout
    assert "rendered matches only" in done.stderr


def test_json_on_standard_output_is_nothing_but_json(video: Path, tmp_path: Path) -> None:
    done = touchline_fork("analyze", video, "--model", small_model(tmp_path / "m"), "--json", "-")
    assert done.returncode == 0
    assert set(json.loads(done.stdout)) == {
        "analysis", "model", "notice", "remarks", "timings", "spots", "layers",
    }  # fmt: skip


def test_of_tasks_asked_for_by_name_one_that_cannot_be_done_stops_no_other(tmp_path: Path) -> None:
    video = make_video(tmp_path / "slow.mp4", steady(24, 2.0))
    done = touchline_fork("analyze", video, "--task", "spotting", "--task", "boundaries", "--task", "shots")
    assert done.returncode == 2
    assert "The task boundaries is left out: " in done.stderr
    assert "looks at 25 frames a second, this video has 2" in done.stderr.replace("\n", " ")
    assert "shots of slow" in done.stdout.replace("\n", " ")
    alone = touchline_fork("analyze", video, "--task", "boundaries")
    assert alone.returncode == 2
    assert "left out" not in alone.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyze"], "give a SOURCE or --demo"),
        (["analyze", "{tmp}/nothing.mp4"], "there is no such file or folder"),
        (["analyze", "{tmp}/text.mp4"], "not a video that can be read"),
        (["analyze", "{tmp}/my match.mp4", "--model", "best"], "no model of this name"),
        (["analyze", "{tmp}/my match.mp4", "--model", "{tmp}/m", "--rate", "5"], "reads 2 samples a second, not 5"),
        (["analyze", "{tmp}/my match.mp4", "--model", "{tmp}/m", "--out", "{tmp}/text.mp4"], "a file where the analysis should go"),
        (["analyze", "{tmp}/my match.mp4", "--model", "{tmp}/m", "--device", "tpu"], "no device 'tpu'"),
        (["analyze", "--demo", "{tmp}/my match.mp4"], "give a SOURCE or --demo"),
        (["train", "{tmp}/nothing.toml", "--data", "{tmp}"], "no such configuration"),
        (["train", "{tmp}/broken.toml", "--data", "{tmp}"], "not TOML"),
        (["train", "{tmp}/unknown.toml", "--data", "{tmp}"], "unknown setting 'colour'"),
        (["train", "{tmp}/system.toml", "--data", "{tmp}"], "no system called 'magic'"),
        (["train", "assets/training/environment-rendered.toml", "--data", "{tmp}"], "no match with Labels-v2.json lies here"),
        (["train", "assets/training/e2e-spot.toml", "--data", "{tmp}"], "this list names 'looks/sim_league"),
        (["train", "assets/training/e2e-spot.toml", "--data", "{tmp}/nowhere"], "nowhere: there is no such folder"),
        (["evaluate", "--task", "juggling", "--labels", "{tmp}", "--predictions", "{tmp}"], "no task 'juggling'"),
        (["evaluate", "--task", "spotting", "--labels", "{tmp}", "--predictions", "{tmp}", "--metric", "best"], "no metric 'best'"),
        (["evaluate", "--task", "frames", "--labels", "{tmp}", "--predictions", "{tmp}", "--metric", "tight"], "the task frames has no metric"),
        (["evaluate", "--task", "spotting", "--labels", "{tmp}/nothing", "--predictions", "{tmp}"], "no such file or folder"),
        (["evaluate", "--task", "shots", "--labels", "{tmp}/empty", "--predictions", "{tmp}/m"], "no Labels-cameras.json here"),
        (["app", "--root", "{tmp}/nothing"], "this is no folder"),
        (["analyze", "--bogus"], "No such option"),
        (["analyze", "{tmp}/my match.mp4", "--task", "sleep"], "there is no task 'sleep'"),
        (["analyze", "{tmp}/my match.mp4", "--task", "frames"], "no system is trained for the task frames"),
        (["analyze", "{tmp}/my match.mp4", "--task", "shots", "--model", "{tmp}/m"], "--task and --model cannot both be given"),
        (["analyze", "{tmp}/my match.mp4", "--task", "shots", "--task", "replays", "--rate", "2"], "--rate and --features are of one model"),
        (["analyze", "{tmp}/my match.mp4", "--model", "whole-shots", "--explain"], "only spots are explained"),
        (["analyze", "{tmp}/my match.mp4", "--task", "shots", "--explain"], "only spots are explained"),
        (["fly"], "No such command"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: list[str], message: str, video: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "broken.toml").write_text("a = = 1")
    (tmp_path / "unknown.toml").write_text('system = "e2e-spot"\n[config]\ncolour = 1')
    (tmp_path / "system.toml").write_text('system = "magic"')
    (tmp_path / "empty").mkdir()
    small_model(tmp_path / "m")
    before = sorted(p.name for p in tmp_path.iterdir())
    done = touchline_fork(*[a.format(tmp=tmp_path) for a in arguments])
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted({p.name for p in tmp_path.iterdir()} - {"data"}) == before


def test_interrupting_an_analysis_exits_130_and_it_goes_on(tmp_path: Path) -> None:
    video = make_video(tmp_path / "long.mp4", steady(4000, rate=10.0), b_frames=0, options={"preset": "ultrafast"})
    model = small_model(tmp_path / "m", window=20)
    command = [sys.executable, "-c", "from app.command_line import main; main()"]
    arguments = ["analyze", str(video), "--model", str(model), "--out", str(tmp_path / "out")]
    process = subprocess.Popen([*command, *arguments], cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    work = tmp_path / ".out.unfinished" / "half1"
    end = time.monotonic() + 90
    while not list(work.glob("window*.npz")) and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "goes on from there" in errors
    assert not (tmp_path / "out").exists()
    assert touchline_process(*arguments).returncode == 0
    assert (tmp_path / "out" / "analysis.json").is_file()
    assert not work.exists()


def test_evaluate_prints_a_table_and_keys_that_stay(tmp_path: Path) -> None:
    rows = [
        {"gameTime": "1 - 00:10", "label": n, "position": "10000", "visibility": "visible"} for n in ("Goal", "Foul")
    ]
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "Labels-v2.json").write_text(json.dumps({"annotations": rows}))
    predicted = [
        {"half": "1", "label": "Goal", "position": "10200", "confidence": "0.9"},
        {"half": "1", "label": "Homerun", "position": "10200", "confidence": "0.9"},
    ]
    (tmp_path / "results_spotting.json").write_text(json.dumps({"predictions": predicted}))
    files = ("--labels", tmp_path / "labels", "--predictions", tmp_path / "results_spotting.json")
    done = touchline_process(
        "evaluate", "--task", "spotting", *files, "--metric", "tight", "--json", tmp_path / "out.json"
    )
    assert done.returncode == 0, done.stderr
    assert "Average-mAP" in done.stdout
    assert "– stands where there is no truth.\nThere is no unshown truth.\n" in done.stdout
    assert done.stdout.split("Average-mAP")[1].split()[:4] == ["2", "0.5000", "0.5000", "–"]
    assert "1 prediction of the unknown class 'Homerun'" in done.stderr
    content = json.loads((tmp_path / "out.json").read_text())
    assert list(content) == ["task", "metric", "official", "average_map", "average_map_visible", "average_map_unshown", "per_class", "counted", "skipped"]  # fmt: skip
    assert (content["average_map"], content["official"], content["counted"]) == (0.5, False, 1)
    assert (content["average_map_visible"], content["average_map_unshown"]) == (0.5, None)
    assert content["per_class"]["Goal"] == {"all": 1.0, "visible": 1.0, "unshown": None}
    assert content["per_class"]["Corner"] == {"all": None, "visible": None, "unshown": None}
    assert content["skipped"] == [{"game": "labels", "why": "1 prediction of the unknown class 'Homerun'"}]
    classes = tmp_path / "class.txt"
    classes.write_text("Goal\nHomerun\n")
    done = touchline_process(
        "evaluate", "--task", "spotting", *files, "--classes", classes, "--official", "--json", "-"
    )
    content = json.loads(done.stdout)
    assert list(content["per_class"]) == ["Goal", "Homerun"]
    assert (content["average_map"], content["average_map_unshown"]) == (0.5, 0.0), "what the official evaluator says"
    done = touchline_process("evaluate", "--task", "spotting", *files, "--official")
    assert "There is no unshown truth; the official evaluator says 0 there.\n" in done.stdout


def test_evaluate_needs_little(tmp_path: Path) -> None:
    """The command starts without what only models and views need."""
    script = (
        "import sys, app.command_line, app.command_line.evaluate as e; from spotting_core.evaluation import spot_files;"
        " print([m for m in ('torch', 'streamlit', 'pandas', 'pyarrow', 'av', 'cv2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["analyze", "nothing.mp4"],
        ["train", "nothing.toml", "--data", "."],
        ["models", "add", "nothing.pt"],
        ["faithfulness", "nothing.mp4"],
        ["explain", "nothing.mp4"],
        ["features", "nothing.mp4"],
        ["convert", "nothing.json", "a.csv"],
        ["doctor", "nothing.mp4"],
        ["clips", "nothing.mp4", "--out", "clips"],
    ],
)
def test_what_is_refused_is_refused_before_torch_is_loaded(arguments: list[str], tmp_path: Path) -> None:
    """Which takes seconds."""
    script = (
        "import sys; from app.command_line import main\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code or 0, 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", script, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TOUCHLINE_DATA": str(tmp_path / "data")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == ("0 False" if arguments == ["--help"] else "2 False"), done.stderr


def test_models_lists_every_system_and_what_ships() -> None:
    done = touchline_fork("models", "--json", "-")
    assert done.returncode == 0
    listed = {m["name"]: m for m in json.loads(done.stdout)}
    assert {"entity-attention", "e2e-spot", "netvlad++", "max", "calf", "dense-unet", "two-stage"} <= listed.keys()
    assert listed["netvlad++"]["parameters"] == 1_704_466
    assert "CVPR 2020" in listed["calf"]["paper"]
    shipped = listed["entity-attention"]["weights"][0]
    assert shipped["name"] == "entity-attention"
    assert {"loose", "tight", "per_class", "interval", "compared"} <= set(shipped["card"]["scores"])
    assert "netvlad++" in touchline_fork("models").stdout
