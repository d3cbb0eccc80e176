"""Explanations from the command line, from the worker, and in the Explain view."""

from __future__ import annotations

import base64
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from app import tasks
from app.library import Library, Match
from app.views.explanation import BESIDE, Asked, Shown, explanation_data
from explain.attribution import ENTITY, ENTITY_ROW, SPACE, TIME, Attribution
from explain.probe import GRID
from spotting_core.analysis import Analysis, write_record
from spotting_core.classes import load_classes
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError
from spotting_core.features.files import write_features
from spotting_core.files import write_json
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.sliding import score_features
from spotting_core.jobs.queue import CANCELLED, FAILED, Job, JobQueue
from spotting_core.media.source import open_match
from spotting_core.models.card import models_available
from spotting_core.models.known import folder_of, known_models
from spotting_core.models.load import load_model
from spotting_core.spots import Spot
from spotting_core.store.database import open_database
from tests.app.commands import touchline
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data
from tests.conftest import small_model
from tests.small_systems import feature_model, half_of
from tests.videos import make_video, steady

SPOT = Spot(1, 10_000_000, "Goal", 0.8)
CLASSES = load_classes()


pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def queue(data: DataDirectory) -> JobQueue:
    return JobQueue(open_database(data))


@pytest.fixture
def match(library: Library, tmp_path: Path) -> Match:
    make_video(tmp_path / "mine.mp4", steady(200, rate=10.0))
    return library.add("mine.mp4")


# --- command line ---------------------------------------------------------------------------------------


def test_explain_writes_arrays_and_figure(match: Match, tmp_path: Path) -> None:
    model = small_model(tmp_path / "m")
    asked = ("explain", match.path, "--time", "0:10", "--class", "Goal", "--model", model, "--out", tmp_path / "out")
    done = touchline(*asked, "--method", "occlusion", "--json", tmp_path / "found.json")
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "found.json").read_text())
    assert sorted(Path(f).suffix for f in told["files"]) == [".npz", ".png", ".svg"]
    assert all(Path(f).is_file() for f in told["files"])
    found = Attribution.load(Path(told["files"][0]))
    assert (found.method, found.label, found.half) == ("occlusion", "Goal", 1)
    assert abs(found.anchor - 10_000_000) <= 1_000_000  # an untrained model hardly moves its votes
    assert found.values.shape == (20, *GRID)
    assert found.score == pytest.approx(told["score"])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("--method", "astrology"), "there is no method 'astrology'"),
        (("--method", "entity-ablation"), "this model has no entities"),
        (("--method", "temporal-attention"), "this model has no temporal attention"),
        (("--class", "Homerun"), "Homerun"),
        (("--half", "2"), "this match has no half 2"),
        (("--method", "grad-cam: 3"), "the method grad-cam has no parameter '3'"),
        (("--method", "entity-heads: x"), "the method entity-heads has no parameter 'x'"),
        (("--json", "/etc/passwd/x"), "passwd is a file, not a folder"),
        (("--time", "50:00"), "half 1 is over before 50:00"),
    ],
)
def test_explain_refuses_what_it_cannot_do(match: Match, tmp_path: Path, changed: tuple[str, str], said: str) -> None:
    asked = {"--time": "0:10", "--class": "Goal", "--method": "grad-cam", "--half": "1"} | {changed[0]: changed[1]}
    model = small_model(tmp_path / "m")
    options = [part for pair in asked.items() for part in pair]
    done = touchline("explain", match.path, *options, "--model", model, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_faithfulness_measures_every_method_that_fits(match: Match, tmp_path: Path) -> None:
    model = small_model(tmp_path / "m")
    labels = [{"gameTime": f"1 - 00:{s:02d}", "label": "Goal", "position": str(s * 1000), "visibility": "visible"}
              for s in (5, 10)]  # fmt: skip
    game = tmp_path / "game"
    game.mkdir()
    make_video(game / "1_224p.mkv", steady(200, rate=10.0))
    (game / "Labels-v2.json").write_text(json.dumps({"annotations": [{**a, "team": "home"} for a in labels]}))
    asked = ("faithfulness", game, "--of", "true", "--spots", "1", "--model", model, "--keep")
    done = touchline(*asked, "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "out.json").read_text())
    assert set(told["methods"]) == {"temporal-occlusion", "grad-cam", "integrated-gradients", "occlusion"}
    assert (told["spots"], told["of"]) == (1, "true")
    row = told["methods"]["occlusion"]
    assert {"deletion", "insertion", "sanity", "stability", "verdict"} <= set(row)
    assert row["comprehensiveness"]["mean"] is None
    assert json.loads((model / "faithfulness.json").read_text()) == told


def test_faithfulness_refuses_nonsense(tmp_path: Path) -> None:
    for wrong in (("--spots", "none"), ("--spots", "0"), ("--of", "guessed"), ("--split", tmp_path)):
        assert touchline("faithfulness", "--demo", *wrong).returncode == 2
    done = touchline("faithfulness", "--split", tmp_path, "--features", tmp_path)
    assert done.returncode == 2
    assert "--features is of one match, not of a --split" in done.stderr


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """A labelled match of 20 s, and folders of their own with two kinds of features of it."""
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(40, rate=2.0))
    write_labels(folder / "Labels-v2.json", [Spot(1, 5_000_000, "Goal"), Spot(1, 10_000_000, "Foul")])
    for seed, name in enumerate(("one", "other")):
        write_features(tmp_path / name, 1, "made2", np.random.default_rng(seed).normal(size=(40, 12)))
    return folder


def test_features_in_a_folder_of_their_own_are_explained(game: Path, tmp_path: Path) -> None:
    model = feature_model(tmp_path / "max", "max", 2.0, before=5, after=4)
    assert touchline("analyze", game, "--model", model, "--features", tmp_path / "one").returncode == 0
    asked = ("explain", game, "--time", "0:10", "--class", "Goal", "--model", model, "--out", tmp_path / "out")
    assert touchline(*asked).returncode == 2  # nothing lies beside the match, and nobody can compute them
    done = touchline(*asked, "--features", tmp_path / "one", "--json", tmp_path / "found.json")
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "found.json").read_text())
    assert (told["method"], len(told["files"])) == ("temporal-occlusion", 3)
    read = np.load(tmp_path / "one" / "1_made2.npy").astype(np.float16).astype(np.float32)
    scores = score_features(load_model(model).network, load_model(model).config, half_of(read), torch.device("cpu"))
    anchor = round(told["anchor"] / 500_000)
    assert told["score"] == pytest.approx(float(scores.confidence[anchor, CLASSES.index("Goal")]), abs=1e-4)


def test_an_analysis_that_ships_is_not_taken_for_that_of_other_features(game: Path, tmp_path: Path) -> None:
    model = feature_model(tmp_path / "unet", "dense-unet", 2.0, before=2, after=2, levels=2)
    made = ("analyze", game, "--model", model, "--features", tmp_path / "one", "--out", game / "analysis")
    assert touchline(*made).returncode == 0
    asked = ("explain", game, "--time", "0:10", "--class", "Goal", "--model", model, "--out", tmp_path / "out")
    scores = []
    for options in ((), ("--features", tmp_path / "one"), ("--features", tmp_path / "other")):
        done = touchline(*asked, *options, "--json", tmp_path / "found.json")
        assert done.returncode == 0, done.stderr
        scores.append(json.loads((tmp_path / "found.json").read_text())["score"])
    assert scores[0] == scores[1] != scores[2]


def test_faithfulness_is_measured_on_features_in_a_folder_of_their_own(game: Path, tmp_path: Path) -> None:
    model = feature_model(tmp_path / "max", "max", 2.0, before=5, after=4)
    asked = ("faithfulness", game, "--of", "true", "--spots", "1", "--model", model, "--json", tmp_path / "out.json")
    assert touchline(*asked).returncode == 2
    done = touchline(*asked, "--features", tmp_path / "one")
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "out.json").read_text())
    assert set(told["methods"]) == {"temporal-occlusion", "feature-gradient"}


def test_features_for_a_model_that_reads_frames_are_refused(game: Path, tmp_path: Path) -> None:
    given = ("--model", small_model(tmp_path / "m"), "--features", tmp_path / "one")
    for asked in (
        ("explain", game, "--time", "0:10", "--class", "Goal", "--out", tmp_path / "out"),
        ("faithfulness", game),
    ):
        done = touchline(*asked, *given)
        assert done.returncode == 2
        assert "reads frames, not features" in done.stderr


# --- worker ---------------------------------------------------------------------------------------------


def told(_share: float | None, *_rest: object) -> bool:
    return True


def perform(queue: JobQueue, job: Job, data: DataDirectory) -> None:
    taken = queue.take([job.kind])
    assert taken is not None
    tasks.perform(taken, data, told)
    queue.finish(taken.id, "done")


def analysed(match: Match, data: DataDirectory, model: Path) -> Analysis:
    return analyse_match(open_match(match.path), load_model(str(model)), data)


def test_jobs_answer_what_is_asked_of_a_spot(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m"))
    methods = ["temporal-occlusion", "entity-attention", "grad-cam"]
    perform(queue, tasks.ask_for_explanation(queue, match, analysis, SPOT, methods), data)
    assert tasks.explanation_file(data, analysis, SPOT, "grad-cam").is_file()
    assert not tasks.explanation_file(data, analysis, SPOT, "entity-attention").is_file()
    assert tasks.unsupported(data, analysis, SPOT, "entity-attention") == "this model has no entities"
    assert tasks.unsupported(data, analysis, SPOT, "grad-cam") is None

    edit = {"kind": "box", "x1": 0.2, "y1": 0.2, "x2": 0.6, "y2": 0.7}
    perform(queue, tasks.ask_what_if(queue, match, analysis, SPOT, edit), data)
    answer = json.loads(data.answer(tasks.answer_key(analysis, SPOT, edit)).read_text())
    assert len(answer["controls"]) == 10
    assert answer["curve"][answer["anchor"]] == pytest.approx(answer["score"], abs=1e-4)
    assert answer["curve_edited"][answer["anchor"]] == pytest.approx(answer["edited"], abs=1e-4)

    perform(queue, tasks.ask_for_figures(queue, match, analysis, SPOT), data)
    with zipfile.ZipFile(tasks.figures_file(data, analysis, SPOT)) as packed:
        assert sorted(packed.namelist()) == sorted(
            f"{name}.{kind}" for name in ("temporal-occlusion", "grad-cam") for kind in ("npz", "png", "svg")
        )


def test_words_need_a_model_that_knows_words(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m"))
    job = tasks.ask_for_words(queue, match, analysis, SPOT, "a yellow card")
    with pytest.raises(Exception, match="no vision-language model to ask"):
        perform(queue, job, data)


def test_words_are_found_and_unknown_ones_refused(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m", "entity-attention"))
    perform(queue, tasks.ask_for_words(queue, match, analysis, SPOT, "the ball"), data)
    answer = json.loads(data.answer(tasks.words_key(analysis, "the ball")).read_text())
    assert len(answer["curves"]["1"]) == len(analysis.half(1).times)
    found = Attribution.load(tasks.explanation_file(data, analysis, SPOT, tasks.method_of_text("the ball")))
    assert "“the ball”" in found.baseline
    assert np.isnan(found.score_baseline)
    job = tasks.ask_for_words(queue, match, analysis, SPOT, "a zeppelin")
    with pytest.raises(Exception, match="never taught 'zeppelin'"):
        perform(queue, job, data)


def test_an_explanation_is_cancelled_between_methods(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m"))
    job = tasks.ask_for_explanation(queue, match, analysis, SPOT, ["grad-cam", "temporal-occlusion"])
    answers = iter([True, False])
    with pytest.raises(Exception, match="cancelled"):
        tasks.perform(job, data, lambda *_: next(answers))
    assert tasks.explanation_file(data, analysis, SPOT, "grad-cam").is_file()
    assert not tasks.explanation_file(data, analysis, SPOT, "temporal-occlusion").is_file()


# --- view -----------------------------------------------------------------------------------------------


def attribution(analysis: Analysis, method: str, kind: str, values: np.ndarray, **more: Any) -> Attribution:
    half = analysis.half(1)
    found = Attribution(
        method=method, model="m", half=1, label="Goal", anchor=tasks.anchor_time(analysis, SPOT), baseline="",
        held_fixed="", kind=kind, values=values, times=np.asarray(half.times[5:35]), score=0.8, score_baseline=0.1,
        scale=(0.0, 1.0), seconds=1.0, entities=("ball", "goal"),
    )  # fmt: skip
    return replace(found, **more)


def keep(data: DataDirectory, analysis: Analysis, found: Attribution) -> None:
    found.save(tasks.explanation_file(data, analysis, SPOT, found.method))


def shown(match: Match, analysis: Analysis, methods: list[str], **asked: Any) -> dict[str, Any]:
    cards = [Asked(analysis, name) for name in methods]
    jobs = asked.get("jobs", {})
    return explanation_data(Shown(match, analysis, SPOT, cards, [], asked.get("edit"), asked.get("words"), jobs))


def test_the_view_shows_every_frame_its_own_map(match: Match, data: DataDirectory) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    values = np.zeros((30, *GRID), np.float32)  # the window begins at sample 5, the anchor is sample 20
    values[13, 2, 3], values[15, 1, 4], values[16, 5, 6] = 1.0, 4.0, -3.0
    keep(data, analysis, attribution(analysis, "occlusion", SPACE, values))
    found = shown(match, analysis, ["occlusion"])
    assert [s["offset"] for s in found["samples"]] == [round(0.5 * i, 2) for i in range(-BESIDE, BESIDE + 1)]
    assert found["samples"][found["anchor"]]["frame"] == analysis.half(1).frames[20]
    card = found["cards"][0]
    maps = np.frombuffer(base64.b64decode(card["map"]), np.uint8).reshape(len(found["samples"]), *GRID)
    # Samples 14 to 26 are shown: the window's 15th value is the anchor, the seventh shown.
    assert maps[BESIDE, 1, 4] == 255
    assert maps[BESIDE - 2, 2, 3] == 64
    assert np.count_nonzero(maps) == 2  # what speaks against the class is not drawn
    assert card["profile"][BESIDE - 2 : BESIDE + 2] == [0.25, 0.0, 1.0, 0.0]
    assert card["computed"] == [BESIDE - 2 <= i <= BESIDE + 1 for i in range(2 * BESIDE + 1)]
    assert card["scale"] == "0 to 4 fall of the score"
    assert card["chip"]["short"] == "Not measured"
    assert not card["still"]


def test_the_view_shows_entities_in_their_boxes(match: Match, data: DataDirectory) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    rows = np.zeros(3, ENTITY_ROW)
    rows["sample"], rows["entity"], rows["weight"], rows["kept"] = (20, 20, 21), (0, 1, 1), (0.25, 0.75, 1.0), True
    rows["x1"], rows["y1"], rows["x2"], rows["y2"] = 32, 18, 64, 36  # of 320 by 180
    rows["effect"] = np.nan
    keep(data, analysis, attribution(analysis, "entity-attention", ENTITY, rows))
    fall = np.zeros(1, ENTITY_ROW)
    fall["sample"], fall["entity"], fall["effect"] = 20, 1, -0.3
    keep(data, analysis, attribution(analysis, "entity-ablation", ENTITY, fall))
    found = shown(match, analysis, ["entity-attention"])
    boxes = found["cards"][0]["boxes"]
    assert boxes[BESIDE] == [[0.1, 0.1, 0.2, 0.2, 0.25], [0.1, 0.1, 0.2, 0.2, 0.75]]
    assert boxes[BESIDE + 1] == [[0.1, 0.1, 0.2, 0.2, 1.0]]
    assert boxes[BESIDE - 1] == []
    here = found["entities"]["samples"][BESIDE]
    assert [(r["name"], r["weight"], r["effect"]) for r in here["rows"]] == [("goal", 0.75, -0.3), ("ball", 0.25, None)]
    assert found["entities"]["names"] == ["ball", "goal"]


def test_the_view_says_why_something_is_not_there(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    key = tasks.explanation_key(analysis, SPOT, "temporal-attention")
    write_json(data.answer(key), {"unsupported": "this model has no temporal attention"})
    broken = tasks.explanation_file(data, analysis, SPOT, "occlusion")
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_bytes(b"nothing")
    cards = shown(match, analysis, ["temporal-attention", "occlusion", "grad-cam"])["cards"]
    assert [c["state"] for c in cards] == ["none", "failed", "working"]
    assert cards[0]["message"] == "This model has no temporal attention"
    assert "cannot be read" in cards[1]["message"]
    edit = {"kind": "time", "start": -0.5, "end": 0.5}
    assert shown(match, analysis, [], edit=edit)["edit"] is None  # of another model: nobody has asked this one
    assert shown(match, analysis, [], words="the ball")["words"] is None
    job = tasks.ask_what_if(queue, match, analysis, SPOT, edit)
    assert shown(match, analysis, [], edit=edit)["edit"]["state"] == "working"
    queue.take([tasks.WHAT_IF])
    queue.finish(job.id, FAILED, "The model is gone.")
    told = shown(match, analysis, [], edit=edit)["edit"]
    assert (told["state"], told["message"]) == ("failed", "The model is gone.")


def test_every_card_tells_of_its_own_job(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    one = make_analysis(open_match(match.path), data, [SPOT], "one")
    other = make_analysis(open_match(match.path), data, [SPOT], "other")
    keys = [f"{tasks.EXPLANATION}/{name}" for name in ("one", "other")]
    failing, running = (queue.submit(tasks.EXPLANATION, key, {}) for key in keys)
    for _ in keys:
        queue.take([tasks.EXPLANATION])
    queue.finish(failing.id, FAILED, "The model is gone.")
    queue.report(running.id, 0.5, "Grad-CAM")
    jobs = dict(zip((str(one.folder), str(other.folder)), keys, strict=True))
    cards = [Asked(one, "grad-cam"), Asked(other, "grad-cam")]
    found = explanation_data(Shown(match, one, SPOT, cards, [], None, None, jobs))
    assert [(c["state"], c["message"]) for c in found["cards"]] == [
        ("failed", "The model is gone."), ("working", "Computing")]  # fmt: skip
    assert found["entities"] == {"message": "The model is gone."}
    assert found["progress"] == {"text": "Grad-CAM", "share": 0.5}
    queue.finish(running.id, CANCELLED)
    found = explanation_data(Shown(match, one, SPOT, cards, [], None, None, jobs))
    assert found["cards"][1]["message"] == "This was cancelled."
    assert found["progress"] is None


def test_words_go_along_to_the_next_spot(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT])
    at = explain_page(match=match.id, half="1", t="10.2", **{"class": "Goal"})
    at.session_state["explain_words"] = "the ball"
    at.run()
    assert {j.kind for j in queue.all_live()} == {tasks.EXPLANATION, tasks.WORDS}
    assert component_data(at)["words"]["state"] == "working"
    for job in queue.all_live():
        queue.cancel(job.id)
    at.run()  # what was cancelled is not asked for again
    assert queue.all_live() == []
    assert component_data(at)["words"]["message"] == "This was cancelled."


def test_the_view_shows_answers(match: Match, data: DataDirectory) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    edit = {"kind": "box", "x1": 0.1, "y1": 0.1, "x2": 0.2, "y2": 0.2}
    curve = np.linspace(0, 0.9, 30).round(4).tolist()
    answer = {"score": 0.8, "edited": 0.2, "anchor": 15, "curve": curve, "curve_edited": curve[::-1],
              "controls": [0.7, 0.9], "held_fixed": "", "seconds": 1.0, "label": "Goal"}  # fmt: skip
    write_json(data.answer(tasks.answer_key(analysis, SPOT, edit)), answer)
    words = np.zeros(len(analysis.half(1).times))
    words[20] = 0.5
    write_json(
        data.answer(tasks.words_key(analysis, "the ball")), {"text": "the ball", "curves": {"1": words.tolist()}}
    )
    found = shown(match, analysis, [], edit=edit, words="the ball")
    assert found["edit"]["before"] == curve[9:22]
    assert found["edit"]["controls"] == pytest.approx([2, 0.8, 0.1])
    assert found["words"]["lane"][BESIDE] == 1.0
    assert sum(found["words"]["lane"]) == 1.0


def explain_page(**query: str) -> AppTest:
    def script() -> None:
        from app.views import explain, page

        page.register(library=None, match=None, explain=None)
        explain.show()

    at = AppTest.from_function(script, default_timeout=240)
    for name, value in query.items():
        at.query_params[name] = value
    return at


def test_the_page_asks_for_what_is_missing_once(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT, Spot(1, 15_000_000, "Foul", 0.7)])
    at = explain_page(match=match.id, half="1", t="10.2", **{"class": "Goal"}).run()
    assert not at.exception
    assert any("Goal at 00:10" in h.value for h in at.get("html"))
    assert {c["state"] for c in component_data(at)["cards"]} == {"working"}
    assert [j.kind for j in queue.all_live()] == [tasks.EXPLANATION]
    at.run()
    assert len(queue.all_live()) == 1
    job = queue.take([tasks.EXPLANATION])
    assert job is not None
    queue.finish(job.id, FAILED, "The model is gone.")
    at.run()  # a job that failed is asked for again by a person only
    assert queue.all_live() == []
    assert {c["message"] for c in component_data(at)["cards"]} == {"The model is gone."}


def test_any_moment_and_class_can_be_asked_for(match: Match, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT])
    at = explain_page(match=match.id, half="1", t="4.0", **{"class": "Penalty"}).run()
    assert not at.exception
    assert any("Penalty at 00:04" in h.value and "confidence 0.01" in h.value for h in at.get("html"))
    for wrong in ({"t": "soon"}, {"half": "9"}, {"class": "Homerun"}):
        at = explain_page(match=match.id, **{"half": "1", "t": "4", "class": "Penalty", **wrong}).run()
        assert not at.exception
        assert any("Goal at 00:10" in h.value for h in at.get("html"))


def test_the_page_says_when_there_is_nothing_to_explain(match: Match, data: DataDirectory) -> None:
    assert "has not been analysed" in explain_page(match=match.id).run().info[0].value
    assert "No such match" in explain_page(match="nothing").run().info[0].value
    make_analysis(open_match(match.path), data, [])
    assert "No spot was found" in explain_page(match=match.id).run().info[0].value


def test_one_model_alone_is_not_compared(match: Match, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT])
    at = explain_page(match=match.id)
    at.session_state["explain_mode"] = "Models"
    at.run()
    assert not at.exception
    assert "Only made by hand has analysed this match" in at.info[0].value
    assert len(component_data(at)["cards"]) == 1


def test_all_spots_of_an_analysis_are_explained(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m"))
    spots = [SPOT, Spot(1, 4_000_000, "Foul", 0.9), Spot(1, 15_000_000, "Corner", 0.6)]
    monkeypatch.setattr(Analysis, "spots", lambda *_: spots)
    monkeypatch.setattr(tasks, "_AT_ONCE", 2)
    seen = []

    def tell(share: float | None, stage: str, *_rest: object) -> bool:
        seen.append((share, stage))
        return True

    def explained() -> list[str]:
        return [s.label for s in spots if tasks.explanation_file(data, analysis, s, "temporal-occlusion").is_file()]

    tasks.ask_for_all_explanations(queue, match.path, analysis)
    other = tasks.ask_for_playback(queue, match)
    first = queue.take(tasks.LONG_KINDS)
    assert first is not None
    tasks.perform(first, data, tell)
    queue.finish(first.id, "done")
    assert seen == [(0, "Explaining spot 1 of 3"), (pytest.approx(1 / 3), "Explaining spot 2 of 3")]
    assert sorted(explained()) == ["Foul", "Goal"]  # the surest two
    assert [j.kind for j in queue.all_live()] == [tasks.PLAYBACK, tasks.EXPLANATIONS]  # what waited comes first
    queue.cancel(other.id)
    perform(queue, queue.all_live()[0], data)
    assert len(explained()) == 3
    assert queue.all_live() == []


def test_heads_are_shown_where_a_model_has_them(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m", "entity-attention"))
    at = explain_page(match=match.id, half="1", t="10.0", **{"class": "Goal"})
    at.session_state["explain_mode"] = "Heads"
    at.run()
    assert not at.exception
    assert [c["title"] for c in component_data(at)["cards"]] == [f"Head {h}" for h in range(1, 5)]
    perform(queue, queue.all_live()[0], data)
    cards = component_data(at.run())["cards"]
    assert {c["state"] for c in cards} == {"ready"}
    assert tasks.explanation_file(data, analysis, Spot(1, 10_000_000, "Goal"), "entity-heads: 2").is_file()


def test_no_heads_are_made_up(match: Match, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT])
    at = explain_page(match=match.id)
    at.session_state["explain_mode"] = "Heads"
    at.run()
    assert not at.exception
    assert "no attention among entities" in at.info[0].value


def test_profiles_of_time_are_not_shifted() -> None:
    times = np.arange(4, dtype=np.int64) * 500_000
    fields = {"model": "m", "half": 1, "label": "Goal", "anchor": 0, "baseline": "", "held_fixed": "", "score": 1.0,
              "score_baseline": 0.0, "scale": (0.0, 1.0), "seconds": 0.0}  # fmt: skip
    space = np.zeros((4, 2, 2), np.float32)
    space[1] = [[1, 2], [-5, 0]]
    assert Attribution("m", kind=SPACE, values=space, times=times, **fields).over_time(0).tolist() == [0, 3, 0, 0]
    line = np.array([0.0, -1.0, 2.0, 0.5], np.float32)
    assert Attribution("m", kind=TIME, values=line, times=times, **fields).over_time(7).tolist() == [0, 0, 2, 0.5]
    rows = np.zeros(3, ENTITY_ROW)
    rows["sample"], rows["weight"], rows["effect"] = (7, 9, 9), (0.5, 0.2, 0.3), np.nan
    found = Attribution("m", kind=ENTITY, values=rows, times=times, **fields)
    assert found.over_time(7) == pytest.approx([0.5, 0, 0.3, 0])
    rows["effect"] = (-0.1, -0.2, -0.4)
    assert found.over_time(7) == pytest.approx([0.1, 0, 0.6, 0])


@pytest.mark.parametrize("content", ["{", "[1, 2]", '{"abc": 3}'])
def test_a_damaged_list_of_models_hides_nothing_else(data: DataDirectory, content: str) -> None:
    data.ensure()
    (data.root / "models.json").write_text(content)
    assert list(known_models(data)) == list(models_available())
    assert folder_of({"sha256": "abc", "folder": "entity-attention"}, data) == known_models(data)["entity-attention"]


def test_an_average_of_models_says_why_it_has_no_explanation(
    match: Match, queue: JobQueue, data: DataDirectory
) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    record = replace(analysis.record, model={**analysis.record.model, "members": ["a", "b"]})
    write_record(analysis.folder, record)
    job = tasks.ask_for_explanation(queue, match, Analysis.open(analysis.folder), SPOT)
    with pytest.raises(BadInputError, match="average of several models"):
        tasks.perform(job, data, told)


def test_a_model_of_ones_own_is_found_again_by_its_hash(match: Match, data: DataDirectory, tmp_path: Path) -> None:
    analysis = analysed(match, data, small_model(tmp_path / "m"))
    assert folder_of(analysis.record.model, data) == tmp_path / "m"
    name = f"m ({analysis.record.model['sha256'][:8]})"
    assert list(known_models(data)) == [*models_available(), name]
    (tmp_path / "m" / "card.json").unlink()
    assert folder_of(analysis.record.model, data) is None
    assert list(known_models(data)) == list(models_available())
