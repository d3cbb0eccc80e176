"""``touchline doctor``: what it says, what it writes, what it exits with."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import read_labels, write_labels
from spotting_core.formats.results_spotting import write_results
from spotting_core.media.source import open_match
from tests import odd_videos
from tests.app.commands import touchline
from tests.conftest import REPOSITORY, small_model
from tests.spotting_core.entities.test_entities import vit_checkpoint
from tests.videos import make_video, steady, uneven

DEMO = REPOSITORY / "assets" / "demo_match"


def test_the_demo_is_well(tmp_path: Path) -> None:
    done = touchline("doctor", "--demo", "--model", small_model(tmp_path / "m"), "--json", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    assert "Orrin City v Kestrel City" in done.stdout
    assert "by a trial on some seconds of it" in done.stdout
    content = json.loads((tmp_path / "r.json").read_text())
    assert content["failed"] is False
    assert {f["check"] for f in content["findings"]} <= {"playback"}


def test_wrong_predictions_fail_and_are_mended_beside(tmp_path: Path) -> None:
    names = load_classes().names
    wrong = dict(zip(sorted(names), names, strict=True))
    truth = read_labels(DEMO / "Labels-v2.json")
    predicted = [
        replace(s, label=wrong[s.label], confidence=0.9, team="unknown", visible=None, source="imported") for s in truth
    ]
    path = tmp_path / "results_spotting.json"
    write_results(path, predicted)
    done = touchline("doctor", "--demo", "--predictions", path, "--json", tmp_path / "r.json")
    assert done.returncode == 1, done.stderr
    (finding,) = [f for f in json.loads((tmp_path / "r.json").read_text())["findings"] if f["severity"] == "error"]
    assert finding["check"] == "predictions, class order"
    assert "alphabetical" in finding["what"]
    assert finding["safe"]


def test_fixing_writes_copies_and_touches_nothing(tmp_path: Path) -> None:
    game = tmp_path / "game"
    game.mkdir()
    make_video(game / "1_224p.mkv", steady(600, rate=5.0), b_frames=0)
    spots = [Spot(1, t * 2_000_000, "Foul", visible=True) for t in range(1, 60)]
    write_labels(game / "Labels-v2.json", [replace(s, time=s.time // 1000) for s in spots])
    before = {p.name: p.read_bytes() for p in game.iterdir()}
    done = touchline("doctor", game, "--fix")
    assert done.returncode == 1, done.stderr
    assert "seconds were written as milliseconds" in done.stdout
    assert {n: (game / n).read_bytes() for n in before} == before
    assert read_labels(game / "Labels-v2.fixed.json") == spots
    assert open_match(game / "1_224p.fixed.mp4").halves
    assert touchline("doctor", game, "--fix").returncode == 2


def test_scores_with_a_background_column(tmp_path: Path) -> None:
    video = make_video(tmp_path / "match.mp4", steady(120, rate=2.0))
    table = np.full((120, 18), 0.005, np.float32)
    table[:, 0] = 0.9
    np.save(tmp_path / "1_scores.npy", table)
    done = touchline("doctor", video, "--predictions", tmp_path / "1_scores.npy", "--fix")
    assert done.returncode == 1, done.stderr
    assert "column 0 is the background" in done.stdout
    assert np.load(tmp_path / "1_scores.fixed.npy").shape == (120, 17)


def test_scores_at_another_rate(tmp_path: Path) -> None:
    video = make_video(tmp_path / "match.mp4", steady(240, rate=2.0))
    np.save(tmp_path / "1_scores.npy", np.random.default_rng(0).random((120, 17)).astype(np.float32) * 0.2)
    done = touchline("doctor", video, "--predictions", tmp_path / "1_scores.npy")
    assert done.returncode == 1, done.stderr
    assert "the scores have 1 rows a second, not 2" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["doctor"], "give a SOURCE or --demo"),
        (["doctor", "{tmp}/nothing"], "no such file or folder"),
        (["doctor", "--demo", "--model", "best"], "no model of this name"),
        (["doctor", "--demo", "--labels", "{tmp}/broken.json"], "not JSON"),
        (["doctor", "--demo", "--predictions", "{tmp}/nothing.json"], "no such file or folder"),
        (["doctor", "--demo", "--classes", "cricket"], "no such class table"),
    ],
)  # fmt: skip
def test_bad_input(arguments: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"annotations": "gameTime"')
    done = touchline(*[a.format(tmp=tmp_path) for a in arguments])
    assert done.returncode == 2, done.stderr
    assert message in done.stderr


def findings(*arguments: object, tmp_path: Path) -> tuple[int, dict]:  # type: ignore[type-arg]
    done = touchline("doctor", *arguments, "--json", tmp_path / "r.json")
    return done.returncode, json.loads((tmp_path / "r.json").read_text())


def test_the_report_tells_the_video_the_machine_and_the_time(tmp_path: Path) -> None:
    video = odd_videos.plain(tmp_path / "a.mp4", seconds=30, size=(128, 72))
    model = small_model(tmp_path / "m")
    code, report = findings(video, "--model", model, tmp_path=tmp_path)
    assert code == 0
    (half,) = report["halves"]
    assert (half["codec"], half["width"], half["height"], half["rate"], half["plays"]) == ("h264", 128, 72, 10.0, True)
    assert (half["frames"], half["duration"]) == (300, 30.0)
    assert report["disk"] > 0
    assert 0 < report["seconds"] < 120
    assert not report["measured"]
    assert {f["check"] for f in report["findings"]} == {"domain"}
    assert touchline("analyze", video, "--model", model).returncode == 0
    _, report = findings(video, "--model", model, tmp_path=tmp_path)
    assert report["measured"]
    assert "by earlier analyses" in touchline("doctor", video, "--model", model).stdout


@pytest.mark.parametrize(
    ("make", "name", "check", "message"),
    [
        (odd_videos.cut_off, "a.mp4", "length", "the file breaks off at 00:11 of 00:23"),
        (odd_videos.packets_lost, "a.ts", "length", "no frames from 00:07 to 00:11"),
        (lambda p: make_video(p, uneven(200), size=(96, 64)), "a.mp4", "steadiness", "of the frame steps differ"),
        (lambda p: odd_videos.plain(p, seconds=20, rate=1.0), "a.mp4", "frame rate", "1 frames a second, the model reads 2"),
        (odd_videos.two_pictures, "a.mkv", "picture tracks", "the first is used, 96×64"),
        (lambda p: odd_videos.plain(p, seconds=4 * 3600, rate=0.1), "a.mp4", "length", "240:00, a half has 45 minutes"),
        (lambda p: odd_videos.plain(p, size=(32, 32)), "a.mp4", "resolution", "32×32, the model reads 64×36"),
        (lambda p: odd_videos.plain(p, pixel_format="yuv420p10le"), "a.mp4", "playback", "h264 yuv420p10le"),
        (odd_videos.UNUSUAL["HEVC"][1], "a.mp4", "playback", "no browser has a decoder for it everywhere"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_video(make, name: str, check: str, message: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path / name)
    _, report = findings(tmp_path / name, "--model", small_model(tmp_path / "m"), tmp_path=tmp_path)
    assert [f for f in report["findings"] if f["check"] == check and message in f["evidence"]], report["findings"]


def test_what_is_wrong_with_a_model_is_told_beside_the_rest(tmp_path: Path) -> None:
    video = odd_videos.plain(tmp_path / "a.mp4", seconds=20)
    weights = small_model(tmp_path / "m") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-500])
    code, report = findings(video, "--model", tmp_path / "m", tmp_path=tmp_path)
    assert code == 1
    (finding,) = [f for f in report["findings"] if f["severity"] == "error"]
    assert "the weights cannot be read" in finding["what"]
    assert (report["seconds"], len(report["halves"])) == (None, 1)


def test_what_an_entity_model_costs_is_told(tmp_path: Path) -> None:
    video = odd_videos.plain(tmp_path / "a.mp4", seconds=20, size=(128, 72))
    name = ":".join(vit_checkpoint(tmp_path))
    done = touchline("doctor", video, "--entity-model", name, "--json", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert re.search(r"Entities by tiny-vit:\S*tiny.pt about [\d.]+ s for a minute of video at two samples", said), said
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["entity_model"] == name
    assert 0 < report["entity_seconds"] < 1200
    _, report = findings(video, tmp_path=tmp_path)
    assert (report["entity_model"], report["entity_seconds"]) == (None, None)


def test_an_entity_model_is_tried_with_the_prompts_that_are_named(tmp_path: Path) -> None:
    video = odd_videos.plain(tmp_path / "a.mp4", seconds=2)
    (tmp_path / "own.toml").write_text("[[entity]]\nname = 'ball'\n")
    code, report = findings(video, "--entity-model", "entities", "--prompts", tmp_path / "own.toml", tmp_path=tmp_path)
    (finding,) = [f for f in report["findings"] if f["severity"] == "error"]
    assert (code, finding["check"], finding["evidence"]) == (1, "entity model", str(tmp_path / "own.toml"))
    done = touchline("doctor", video, "--prompts", tmp_path / "own.toml")
    assert done.returncode == 2
    assert "prompts are asked of an entity model, and none is named" in done.stderr


def test_an_entity_model_that_cannot_be_loaded_is_told_beside_the_rest(tmp_path: Path) -> None:
    video = odd_videos.plain(tmp_path / "a.mp4", seconds=20)
    code, report = findings(video, "--entity-model", "no-such-model", tmp_path=tmp_path)
    (finding,) = [f for f in report["findings"] if f["severity"] == "error"]
    assert (code, finding["check"]) == (1, "entity model")
    assert finding["what"] == "open_clip lists no model 'no-such-model', and no folder or file is called so"
    assert "Give NAME:TAG or NAME:FILE of open_clip" in finding["fix"]
    assert (report["entity_seconds"], len(report["halves"])) == (None, 1)


def test_a_video_no_browser_plays_is_transcoded_beside(tmp_path: Path) -> None:
    odd_videos.UNUSUAL["HEVC"][1](tmp_path / "a.mp4")
    before = (tmp_path / "a.mp4").read_bytes()
    done = touchline("doctor", tmp_path / "a.mp4", "--fix")
    assert done.returncode == 0, done.stderr
    assert "Encode an H.264 copy (transcode) (--fix does it)" in done.stdout
    assert (tmp_path / "a.mp4").read_bytes() == before
    _, report = findings(tmp_path / "a.fixed.mp4", tmp_path=tmp_path)
    half = report["halves"][0]
    assert (half["codec"], half["plays"], half["frames"]) == ("h264", True, 60)


def test_camera_labels_beside_the_videos_are_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(100))
    rows = [
        {"gameTime": "1 - 00:02", "position": "2000", "label": "Main camera centre", "replay": "real-time"},
        {"gameTime": "1 - 00:03", "label": "Public", "replay": "replay", "change_type": "logo"},
    ]
    (folder / "Labels-cameras.json").write_text(json.dumps({"annotations": rows}))
    done = touchline("doctor", folder)
    printed = done.stdout.replace("\n", " ")
    assert done.returncode == 0
    assert "cameras: cameras that soccernet-cameras does not have belong to no group" in printed
    assert "1, for example Public at 1 - 00:03" in printed
    (folder / "Labels-cameras.json").write_text("{")
    broken = touchline("doctor", folder)
    assert broken.returncode == 1
    assert "the camera labels cannot be read, and count as none" in broken.stdout.replace("\n", " ")
