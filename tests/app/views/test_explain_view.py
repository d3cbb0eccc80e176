"""Explanations in the Explain view: what it shows, asks for, and says where there is nothing."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Match
from app.views.explain import IN_PLACE, shared_methods
from app.views.explanation import BESIDE, Shown, ShownMethod, explanation_data
from app.views.shown import spot_id
from app.workspace.panels.why import _state_of
from explain.attribution import ENTITY, ENTITY_ROW, SPACE, TIME, Attribution
from explain.jobs.explanation import EXPLANATION, ExplanationParameters
from explain.jobs.what_if import WHAT_IF, WhatIfParameters
from explain.jobs.words import WORDS, WordsParameters
from explain.kept import anchor_time, explanation_file, subject_of, unsupported_file
from explain.methods import METHODS
from explain.probe import GRID
from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis, write_record
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import read_json, write_json
from spotting_core.domain.spots import Spot
from spotting_core.jobs.queue import CANCELLED, FAILED, JobQueue
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data
from tests.conftest import small_model
from tests.explain.jobs.explained import SPOT, analysed, perform

pytestmark = pytest.mark.usefixtures("fresh")


def explain_page(**query: str) -> AppTest:
    def script() -> None:
        from app.views import explain, page

        page.register(library=None, match=None, explain=None)
        explain.show()

    at = AppTest.from_function(script, default_timeout=240)
    for name, value in query.items():
        at.query_params[name] = value
    return at


def attribution(analysis: Analysis, method: str, kind: str, values: np.ndarray, **more: Any) -> Attribution:
    half = analysis.half(1)
    made = Attribution(
        method=method, model="m", half=1, label="Goal", anchor=anchor_time(analysis, SPOT), baseline="",
        held_fixed="", kind=kind, values=values, times=np.asarray(half.times[5:35]), score=0.8, score_baseline=0.1,
        scale=(0.0, 1.0), seconds=1.0, entities=("ball", "goal"),
    )  # fmt: skip
    return replace(made, **more)


def keep(data: DataDirectory, analysis: Analysis, attribution: Attribution) -> None:
    attribution.save(explanation_file(data, analysis, SPOT, attribution.method))


def shown(match: Match, analysis: Analysis, methods: list[str], **questions: Any) -> dict[str, Any]:
    cards = [ShownMethod(analysis, name) for name in methods]
    jobs = questions.get("jobs", {})
    return explanation_data(
        Shown(match, analysis, SPOT, cards, [], questions.get("edit"), questions.get("words"), jobs)
    )


def test_the_view_shows_every_frame_its_own_map(match: Match, data: DataDirectory) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    values = np.zeros((30, *GRID), np.float32)  # the window begins at sample 5, the anchor is sample 20
    values[13, 2, 3], values[15, 1, 4], values[16, 5, 6] = 1.0, 4.0, -3.0
    keep(data, analysis, attribution(analysis, "occlusion", SPACE, values))
    payload = shown(match, analysis, ["occlusion"])
    assert [s["offset"] for s in payload["samples"]] == [round(0.5 * i, 2) for i in range(-BESIDE, BESIDE + 1)]
    assert payload["samples"][payload["anchor"]]["frame"] == analysis.half(1).frames[20]
    card = payload["cards"][0]
    maps = np.frombuffer(base64.b64decode(card["map"]), np.uint8).reshape(len(payload["samples"]), *GRID)
    # Samples 14 to 26 are shown: the window's 15th value is the anchor, the seventh shown.
    assert maps[BESIDE, 1, 4] == 255
    assert maps[BESIDE - 2, 2, 3] == 64
    assert np.count_nonzero(maps) == 2  # what speaks against the class is not drawn
    assert card["profile"][BESIDE - 2 : BESIDE + 2] == [0.25, 0.0, 1.0, 0.0]
    assert card["computed"] == [BESIDE - 2 <= i <= BESIDE + 1 for i in range(2 * BESIDE + 1)]
    assert card["scale"] == "0 to 4 fall of the score"
    assert card["chip"]["text"] == "Not tested"
    assert not card["still"]


def test_the_view_says_where_methods_point_at_different_places(match: Match, data: DataDirectory) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    above, below = (np.zeros((30, *GRID), np.float32) for _ in range(2))
    above[15, 0], below[15, 7] = 1.0, 1.0
    keep(data, analysis, attribution(analysis, "occlusion", SPACE, above))
    keep(data, analysis, attribution(analysis, "text-similarity", SPACE, below))  # which explains no score
    assert shown(match, analysis, ["occlusion", "text-similarity"])["disagreement"] == ""
    keep(data, analysis, attribution(analysis, "grad-cam", SPACE, below))
    said = shown(match, analysis, ["occlusion", "grad-cam", "integrated-gradients"])["disagreement"]
    assert said == (
        "Occlusion and Grad-CAM point at different places at the spot: of the tenth of the picture that each lights most they share "
        "0%, by chance 10%."
    )
    keep(data, analysis, attribution(analysis, "grad-cam", SPACE, above))
    assert shown(match, analysis, ["occlusion", "grad-cam"])["disagreement"] == ""
    weight = np.zeros(1, ENTITY_ROW)
    weight["sample"], weight["weight"], weight["effect"] = 20, 1.0, np.nan
    weight["x1"], weight["y1"], weight["x2"], weight["y2"] = 160, 90, 180, 110  # of 320 by 180: not above
    keep(data, analysis, attribution(analysis, "entity-attention", ENTITY, weight))
    said = shown(match, analysis, ["occlusion", "entity-attention"])["disagreement"]
    assert said.startswith("Occlusion and Entity attention point at different places"), said


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
    payload = shown(match, analysis, ["entity-attention"])
    boxes = payload["cards"][0]["boxes"]
    assert boxes[BESIDE] == [[0.1, 0.1, 0.2, 0.2, 0.25], [0.1, 0.1, 0.2, 0.2, 0.75]]
    assert boxes[BESIDE + 1] == [[0.1, 0.1, 0.2, 0.2, 1.0]]
    assert boxes[BESIDE - 1] == []
    here = payload["entities"]["samples"][BESIDE]
    assert [(r["name"], r["weight"], r["effect"]) for r in here["rows"]] == [("goal", 0.75, -0.3), ("ball", 0.25, None)]
    assert payload["entities"]["names"] == ["ball", "goal"]


def test_the_view_says_why_something_is_not_there(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    file = unsupported_file(data, subject_of(analysis, SPOT), "temporal-attention")
    write_json(file, {"unsupported": "this model has no temporal attention"})
    broken = explanation_file(data, analysis, SPOT, "occlusion")
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_bytes(b"nothing")
    cards = shown(match, analysis, ["temporal-attention", "occlusion", "grad-cam"])["cards"]
    assert [c["state"] for c in cards] == ["none", "failed", "working"]
    assert cards[0]["message"] == "This model has no temporal attention"
    assert "cannot be read" in cards[1]["message"]
    edit = {"kind": "time", "start": -0.5, "end": 0.5}
    assert shown(match, analysis, [], edit=edit)["edit"] is None  # of another model: nobody has asked this one
    assert shown(match, analysis, [], words="the ball")["words"] is None
    WHAT_IF.ask(queue, WhatIfParameters.of(match.path, analysis, SPOT, edit=edit), match.id)
    assert shown(match, analysis, [], edit=edit)["edit"]["state"] == "working"
    taken = queue.take([WHAT_IF.name])
    queue.finish(taken, FAILED, "The model is gone.")
    payload = shown(match, analysis, [], edit=edit)["edit"]
    assert (payload["state"], payload["message"]) == ("failed", "The model is gone.")


def test_every_card_tells_of_its_own_job(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    one = make_analysis(open_match(match.path), data, [SPOT], "one")
    other = make_analysis(open_match(match.path), data, [SPOT], "other")
    keys = [f"{EXPLANATION.name}/{name}" for name in ("one", "other")]
    for key in keys:
        queue.submit(EXPLANATION.name, key, {})
    failing, running = (queue.take([EXPLANATION.name]) for _ in keys)
    queue.finish(failing, FAILED, "The model is gone.")
    queue.report(running, 0.5, "Grad-CAM")
    jobs = dict(zip((str(one.folder), str(other.folder)), keys, strict=True))
    cards = [ShownMethod(one, "grad-cam"), ShownMethod(other, "grad-cam")]
    payload = explanation_data(Shown(match, one, SPOT, cards, [], None, None, jobs))
    assert [(c["state"], c["message"]) for c in payload["cards"]] == [
        ("failed", "The model is gone."), ("working", "Computing")]  # fmt: skip
    assert payload["entities"] == {"message": "The model is gone."}
    assert payload["progress"] == {"text": "Grad-CAM", "share": 0.5, "cancelling": False}
    queue.finish(running, CANCELLED)
    payload = explanation_data(Shown(match, one, SPOT, cards, [], None, None, jobs))
    assert payload["cards"][1]["message"] == "This was cancelled."
    assert payload["progress"] is None


def test_words_go_along_to_the_next_spot(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT])
    at = explain_page(match=match.id, half="1", t="10.2", **{"class": "Goal"})
    at.session_state["explain_words"] = "the ball"
    at.run()
    assert {j.kind for j in queue.all_live()} == {EXPLANATION.name, WORDS.name}
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
    write_json(WHAT_IF.leaves(WhatIfParameters.of(match.path, analysis, SPOT, edit=edit), data)[0], answer)
    words = np.zeros(len(analysis.half(1).times))
    words[20] = 0.5
    write_json(
        WORDS.leaves(WordsParameters.of(match.path, analysis, SPOT, text="the ball"), data)[0],
        {"text": "the ball", "curves": {"1": words.tolist()}},
    )
    payload = shown(match, analysis, [], edit=edit, words="the ball")
    assert payload["edit"]["before"] == curve[9:22]
    assert payload["edit"]["controls"] == pytest.approx([2, 0.8, 0.1])
    assert payload["words"]["lane"][BESIDE] == 1.0
    assert sum(payload["words"]["lane"]) == 1.0


def test_the_page_asks_for_what_is_missing_once(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT, Spot(1, 15_000_000, "Foul", 0.7)])
    at = explain_page(match=match.id, half="1", t="10.2", **{"class": "Goal"}).run()
    assert not at.exception
    assert any("Goal at 00:10" in h.value for h in at.get("html"))
    assert {c["state"] for c in component_data(at)["cards"]} == {"working"}
    assert [j.kind for j in queue.all_live()] == [EXPLANATION.name]
    at.run()
    assert len(queue.all_live()) == 1
    taken = queue.take([EXPLANATION.name])
    assert taken is not None
    queue.finish(taken, FAILED, "The model is gone.")
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


def test_the_menu_leads_to_the_spot_that_is_chosen_in_the_match(match: Match, data: DataDirectory) -> None:
    doubtful = Spot(1, 4_000_000, "Foul", 0.3)
    make_analysis(open_match(match.path), data, [SPOT, doubtful])
    shown = {("somebody else's", doubtful): "Goal at 00:10", (match.id, doubtful): "Foul at 00:04"}
    for (owner, spot), title in shown.items():
        at = explain_page(match=match.id)
        at.session_state["chosen"] = (owner, spot_id(spot))
        assert any(title in h.value for h in at.run().get("html"))
    at = explain_page(match=match.id, half="1", t="10", **{"class": "Goal"})
    at.session_state["chosen"] = (match.id, spot_id(doubtful))
    assert any("Goal at 00:10" in h.value for h in at.run().get("html")), "what the address names comes first"


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


def test_an_average_is_explained_by_one_of_its_members(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    own = make_analysis(open_match(match.path), data, [SPOT])
    both = make_analysis(open_match(match.path), data, [SPOT], "both", "the average")
    members = [{"name": "made by hand", "sha256": "0" * 64}, {"name": "another", "sha256": "1" * 64}]
    write_record(both.folder, replace(both.record, model={**both.record.model, "members": members}))
    at = explain_page(match=match.id)
    at.session_state["analysis"] = str(both.folder)
    at.run()
    assert "the average is the average of several models" in at.info[0].value
    assert [(b.label, b.disabled) for b in at.button] == [("made by hand", False), ("another", True)]
    assert queue.all_live() == []
    at.button[0].click().run()
    assert not at.exception
    assert at.session_state["analysis"] == str(own.folder)
    assert component_data(at)["cards"]
    at.session_state["explain_mode"] = "Models"
    assert "Only made by hand has analysed this match" in at.run().info[0].value


def test_heads_are_shown_where_a_model_has_them(
    match: Match, queue: JobQueue, data: DataDirectory, tmp_path: Path
) -> None:
    analysis = analysed(match.path, data, small_model(tmp_path / "m", "entity-attention"))
    at = explain_page(match=match.id, half="1", t="10.0", **{"class": "Goal"})
    at.session_state["explain_mode"] = "Heads"
    at.run()
    assert not at.exception
    assert [c["title"] for c in component_data(at)["cards"]] == [f"Head {h}" for h in range(1, 5)]
    perform(queue, queue.all_live()[0], data)
    cards = component_data(at.run())["cards"]
    assert {c["state"] for c in cards} == {"ready"}
    assert explanation_file(data, analysis, Spot(1, 10_000_000, "Goal"), "entity-heads: 2").is_file()


def test_no_heads_are_made_up(match: Match, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT])
    at = explain_page(match=match.id)
    at.session_state["explain_mode"] = "Heads"
    at.run()
    assert not at.exception
    assert "no attention among entities" in at.info[0].value


def reader(match: Match, data: DataDirectory, name: str) -> Analysis:
    """The analysis of a model that reads features, without entities."""
    analysis = make_analysis(open_match(match.path), data, [SPOT], name, f"{name} of features", bare=True)
    record = read_json(analysis.folder / ANALYSIS_FILE)
    record["model"]["reads"] = "f" * 64
    write_json(analysis.folder / ANALYSIS_FILE, record)
    return Analysis.open(analysis.folder)


def test_methods_that_a_model_cannot_have_are_named_and_not_offered(
    match: Match, queue: JobQueue, data: DataDirectory
) -> None:
    reader(match, data, "one")
    at = explain_page(match=match.id, half="1", t="10.2", **{"class": "Goal"}).run()
    assert not at.exception
    payload = component_data(at)
    assert payload["cards"] == []
    reasons = dict(payload["unfit"])
    assert reasons["Occlusion"] == "this model reads features, not pictures"
    assert reasons["Entity attention"] == "this model has no entities"


def test_models_are_compared_by_a_method_that_both_have(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    source = open_match(match.path)
    analyses = [make_analysis(source, data, [SPOT], "one", "one of pictures"), reader(match, data, "two")]
    assert shared_methods(analyses) == [n for n in IN_PLACE if METHODS[n].lacking(analyses[0]) is None]
    analyses.append(make_analysis(source, data, [SPOT], "three", "another of pictures", bare=True))
    pictures = ["grad-cam", "integrated-gradients", "occlusion", "text-similarity"]
    assert sorted(shared_methods(analyses)) == pictures  # of entities only one of them speaks
    at = explain_page(match=match.id, half="1", t="10.2", **{"class": "Goal"})
    at.session_state["explain_mode"] = "Models"
    at.run()
    assert not at.exception
    payload = component_data(at)
    assert {c["title"] for c in payload["cards"]} == {"one of pictures", "another of pictures"}
    assert {c["note"] for c in payload["cards"]} <= {METHODS[n].title for n in pictures}
    names = {"one of pictures in time", "two of features in time", "another of pictures in time"}
    assert {c["title"] for c in payload["lines"]} == names
    assert all(job.kind == EXPLANATION.name for job in queue.all_live())


def test_cheap_reasons_are_asked_for_before_dear_ones(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT])
    explain_page(match=match.id, half="1", t="10.2", **{"class": "Goal"}).run()
    [job] = queue.all_live()
    costs = [METHODS[name].cost for name in job.parameters["methods"]]
    assert costs == sorted(costs)
    assert job.parameters["methods"][-1] == "occlusion"


def test_what_is_compared_stands_in_the_address(match: Match, queue: JobQueue, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [SPOT])
    at = explain_page(match=match.id, half="1", t="10.2", compare="Models", **{"class": "Goal"}).run()
    assert not at.exception
    assert "Only made by hand has analysed this match" in at.info[0].value
    at.session_state["explain_mode"] = "Heads"
    at.run()
    assert at.query_params["compare"] in ("Heads", ["Heads"])


# --- the why panel of the Match view --------------------------------------------------------------------


def test_what_is_known_stands_in_the_why_panel_while_the_rest_is_measured(
    match: Match, data: DataDirectory, queue: JobQueue
) -> None:
    analysis = make_analysis(open_match(match.path), data, [SPOT])
    EXPLANATION.ask(queue, ExplanationParameters.of(match.path, analysis, SPOT), match.id)
    waiting = _state_of(match, analysis, SPOT)
    half, sample = analysis.half(1), analysis.half(1).nearest_sample(SPOT.time)
    (entity,) = waiting["entities"]
    assert (waiting["state"], entity["name"], entity["weight"], entity["effect"]) == ("working", "ball", 1.0, None)
    assert entity["frame"] == half.frames[sample]
    assert "frames" not in waiting
    values = np.zeros(30, np.float32)
    values[15] = 0.5
    keep(data, analysis, attribution(analysis, "temporal-occlusion", TIME, values))
    half_done = _state_of(match, analysis, SPOT)
    assert half_done["state"] == "working"
    assert half_done["entities"] == waiting["entities"]
    assert max(half_done["frames"], key=lambda f: f["value"])["value"] == 0.5
    fall = np.zeros(1, ENTITY_ROW)
    fall["sample"], fall["effect"] = sample, -0.3
    keep(data, analysis, attribution(analysis, "entity-ablation", ENTITY, fall))
    done = _state_of(match, analysis, SPOT)
    assert (done["state"], done["entities"][0]["effect"]) == ("ready", -0.3)
