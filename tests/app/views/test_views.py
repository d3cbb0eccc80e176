"""The views, run without a browser."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.library.library import Library
from app.settings import DEMO
from app.state import shared_settings
from app.views import match as match_view
from app.views.export import export_bytes, export_document
from app.views.shown import spot_id
from app.work.kinds import KINDS
from app.workspace.panels.why import of_one_window, sentence
from explain.attribution import ENTITY_ROW, Attribution, Cause
from explain.jobs.explanation import EXPLANATION
from spotting_core.analyses.analysis import write_record
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import METHODS
from spotting_core.formats import registry
from spotting_core.formats.document import Options
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.kind import LONG
from spotting_core.jobs.match_clock import CLOCK
from spotting_core.jobs.queue import DONE, FAILED, JobQueue
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.known import remember
from tests.app.analysis_job import ask_for_analysis
from tests.app.made_analysis import make_analysis
from tests.app.pages import DASHBOARD, component_data, library_page, match_page, texts
from tests.conftest import small_model
from tests.score_bugs import bug_text, keep_readings
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")


# --- library --------------------------------------------------------------------------------------------


def test_the_library_opens_on_the_analysed_demo() -> None:
    at = library_page().run()
    assert not at.exception
    shown = texts(at)
    assert 'Orrin City <span class="tl-whole">1 – 1</span>' in shown
    assert "Analysed" in shown
    assert "Library <span>1 match</span>" in shown
    assert [b.label.split(" of ")[-1] for b in at.button] == [
        "Open",
        "Browse folders",
        "Drop files",
        "analyses and copies",
    ]


def test_what_the_data_takes_opens_under_the_name_of_its_line(library: Library) -> None:
    at = library_page().run()
    line = next(b for b in at.button if b.label.endswith("of analyses and copies"))
    line.click().run()
    assert not at.exception
    assert "Analyses and copies" in [d.proto.dialog.title for d in at.get("dialog")]
    at.run()  # the page is made anew where something was begun elsewhere
    assert "Analyses and copies" in [d.proto.dialog.title for d in at.get("dialog")]


def test_with_nothing_but_the_demo_the_app_opens_on_it_else_on_the_library(library: Library, tmp_path: Path) -> None:
    at = AppTest.from_file(str(DASHBOARD), default_timeout=240).run()
    assert not at.exception
    assert component_data(at)["match"]["home"] == "Orrin City"
    make_video(tmp_path / "mine.mp4", steady(60))
    library.add("mine.mp4")
    at = AppTest.from_file(str(DASHBOARD), default_timeout=240).run()
    assert not at.exception
    assert "Library <span>2 matches</span>" in texts(at)


def test_searching_narrows_the_list_and_says_when_nothing_fits() -> None:
    at = library_page().run()
    at.text_input[0].set_value("kestrel").run()
    assert "Orrin City" in texts(at)
    at.text_input[0].set_value("nobody united").run()
    assert "No match fits the search." in texts(at)
    assert not at.exception


def test_a_path_is_checked_before_it_is_analysed(tmp_path: Path) -> None:
    make_video(tmp_path / "mine.mp4", steady(60))
    at = library_page().run()
    path = next(i for i in at.text_input if i.label.startswith("Folder"))
    path.set_value("mine.mp4").run()
    shown = texts(at)
    assert "Ready to analyse" in shown
    assert "1 half, 0:02" in shown
    assert "320 × 180, 25 frames a second, H264" in shown
    next(b for b in at.button if b.label == "Only add").click().run()
    assert not at.exception
    assert "Library <span>2 matches</span>" in texts(at)
    assert "Not analysed" in texts(at)


@pytest.mark.parametrize("text", ["../outside.mp4", "/etc/passwd", "nothing.mp4"])
def test_a_path_outside_is_refused_in_words(text: str) -> None:
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value(text).run()
    assert "not below a library folder" in at.error[0].value
    assert not at.exception


def test_a_running_analysis_is_shown_and_cancelled(tmp_path: Path, library: Library, queue: JobQueue) -> None:
    make_video(tmp_path / "mine.mp4", steady(60))
    match = library.add("mine.mp4")
    ask_for_analysis(queue, match, "entity-attention")
    taken = queue.take(KINDS.that_need(LONG))
    queue.report(taken, 0.62, "Finding entities", 6.0, 100.0)
    at = library_page().run()
    assert "62%" in texts(at)
    assert "1:40 left" in texts(at)
    next(b for b in at.button if b.label == "Cancel").click().run()
    assert not queue.report(taken)


def test_a_failed_analysis_says_why_and_can_be_tried_again(tmp_path: Path, library: Library, queue: JobQueue) -> None:
    make_video(tmp_path / "mine.mp4", steady(60))
    match = library.add("mine.mp4")
    ask_for_analysis(queue, match, "entity-attention")
    taken = queue.take(KINDS.that_need(LONG))
    queue.finish(taken, FAILED, "The disk is full.")
    at = library_page().run()
    assert "The disk is full." in texts(at)
    next(b for b in at.button if b.label == "Retry").click().run()
    again = queue.recent(match.id, ANALYSIS.name)
    assert again is not None
    assert again.live


def test_what_keeps_a_match_from_being_read_and_analysed_is_told_once(
    tmp_path: Path, library: Library, queue: JobQueue
) -> None:
    video = make_video(tmp_path / "mine.mp4", steady(60))
    match = library.add("mine.mp4")
    video.write_bytes(b"no video")
    ask_for_analysis(queue, match, "entity-attention")
    taken = queue.take(KINDS.that_need(LONG))
    with pytest.raises(TouchlineError) as why:
        ingest(video, shared_settings().data)
    queue.finish(taken, FAILED, str(why.value))
    at = match_page(match=match.id).run()
    assert not at.exception
    assert [error.value.startswith("The analysis failed. ") for error in at.error] == [True]
    rows = texts(library_page().run())
    assert "Failed" in rows
    assert "this file is not a video that can be read" in rows
    assert str(match.path) not in rows.partition("Failed")[2]  # the row says of which match


# --- match ----------------------------------------------------------------------------------------------


def test_the_match_view_opens_on_the_demo_complete() -> None:
    at = match_page().run()
    assert not at.exception
    shown = component_data(at)
    assert shown["match"]["home"] == "Orrin City"
    assert [h["half"] for h in shown["halves"]] == [1, 2]
    assert all(h["video"].startswith("/touchline/media/") for h in shown["halves"])
    assert shown["arrays"]["entities"]
    assert len(shown["truth"]) == 41
    assert len(shown["spots"]) > 20
    assert shown["notice"] is None  # the demo was rendered, as the model's training data was
    assert shown["start"]["pick"]
    assert str(DEMO) not in json.dumps(shown)  # no path reaches the browser


def test_the_match_view_waits_while_work_is_under_way(library: Library, queue: JobQueue) -> None:
    demo = library.demo()
    assert demo is not None
    at = match_page(match=demo.id).run()
    assert (component_data(at)["waiting"], component_data(at)["job"]) == (False, None)
    ask_for_analysis(queue, demo, "entity-attention")
    taken = queue.take(KINDS.that_need(LONG))
    queue.report(taken, 0.62, "Finding entities", 6.0, 100.0)
    shown = component_data(at.run())
    assert shown["waiting"]
    assert shown["job"] == {"text": "Analysing, 1:40 left", "progress": 0.62}
    queue.finish(taken, FAILED, "The disk is full.")
    assert (component_data(at.run())["waiting"], component_data(at)["job"]) == (False, None)


def test_an_analysis_that_ends_while_the_page_is_made_is_asked_for_again(
    library: Library, queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = library.demo()
    assert demo is not None
    ask_for_analysis(queue, demo, "entity-attention")
    taken = queue.take(KINDS.that_need(LONG))
    made = (
        match_view.workspace_events
    )  # called after it was asked whether an analysis has ended, before the data is made

    def ends_it(*given: Any) -> Any:
        queue.finish(taken, DONE)
        return made(*given)

    monkeypatch.setattr(match_view, "workspace_events", ends_it)
    shown = component_data(match_page(match=demo.id).run())
    assert (shown["waiting"], shown["job"]) == (True, None)


def test_an_average_has_no_reason_of_its_own(data: DataDirectory, library: Library, queue: JobQueue) -> None:
    demo = library.demo()
    assert demo is not None
    spot = Spot(1, 5_000_000, "Goal", 0.75)
    analysis = make_analysis(open_match(DEMO), data, [spot])
    write_record(analysis.folder, replace(analysis.record, model={**analysis.record.model, "members": []}))
    at = match_page(match=demo.id)
    at.session_state["chosen"] = (demo.id, spot_id(spot))
    at.session_state["analysis"] = str(analysis.folder)
    why = component_data(at.run())["why"]
    assert (why["spot"], why["state"]) == (spot_id(spot), "none")
    assert why["message"].startswith("The average of several models")
    assert queue.all_live([EXPLANATION.name]) == []


def test_the_address_says_where_to_open(library: Library) -> None:
    demo = library.demo()
    assert demo is not None
    at = match_page(match=demo.id, half="2", t="37.4", **{"class": "Yellow card"}).run()
    assert component_data(at)["start"] == {"half": 2, "seconds": 37.4, "label": "Yellow card", "pick": True}
    for wrong in ({"half": "7", "t": "1"}, {"half": "x", "t": "1"}, {"half": "1", "t": "soon", "class": "Homerun"}):
        at = match_page(match=demo.id, **wrong).run()
        assert not at.exception
        assert component_data(at)["start"]["half"] in (1, 2)


def test_an_unknown_match_says_so() -> None:
    at = match_page(match="nothing").run()
    assert "no such match" in at.info[0].value
    assert not at.exception


def test_a_match_without_an_analysis_offers_one(tmp_path: Path, library: Library, queue: JobQueue) -> None:
    make_video(tmp_path / "mine.mp4", steady(60))
    match = library.add("mine.mp4")
    at = match_page(match=match.id).run()
    assert "has not been analysed yet" in texts(at)
    at.button[0].click().run()
    job = queue.recent(match.id, ANALYSIS.name)
    assert job is not None
    assert job.live
    assert any(b.label == "Cancel" for b in at.button)
    assert [j.kind for j in queue.all_live() if not j.own_accord] == [ANALYSIS.name, CLOCK.name]


# --- sentences ------------------------------------------------------------------------------------------


def attribution(values: Any, kind: str = "time", score: float = 0.9, **more: Any) -> Attribution:
    times = (
        (36_400_000 + np.arange(len(values)) * 500_000).astype(np.int64) if kind == "time" else np.zeros(1, np.int64)
    )
    fields = {
        "method": "m",
        "model": "m",
        "half": 2,
        "label": "Yellow card",
        "anchor": 37_400_000,
        "baseline": "",
        "held_fixed": "",
    }
    rest = {"score_baseline": 0.0, "scale": (0.0, 1.0), "seconds": 1.0}
    return Attribution(**fields, kind=kind, values=np.asarray(values), times=times, score=score, **rest, **more)


def entity_rows(*effects: float) -> Any:
    rows = np.zeros(len(effects), ENTITY_ROW)
    rows["effect"], rows["entity"] = effects, range(len(effects))
    return rows


def ablation(effects: tuple[float, ...], names: tuple[str, ...], *joint: Cause, surely: float = 0.0) -> Attribution:
    """An entity ablation; the first name's effect lies in an interval that reaches so far to either side."""
    alone = Cause(names[:1], effects[0], effects[0] - surely, effects[0] + surely)
    return attribution(entity_rows(*effects), "entity", entities=names, alone=alone, joint=joint)


def spoken(spot: Spot, in_time: Attribution | None, by_entity: Attribution | None) -> str:
    what = f"{load_classes().get(spot.label).short} at {load_classes().parts.match_clock(spot.half, spot.time)}"
    return "".join(p["text"] for p in sentence(what, spot, in_time, by_entity))


def test_the_sentence_is_made_of_measured_numbers_only() -> None:
    spot = Spot(2, 37_400_000, "Yellow card", 0.93)
    by_entity = ablation((-0.69, 0.0), ("yellow card", "ball"))
    assert spoken(spot, attribution([0.0, 0.05, 0.1, 0.4, 0.0]), by_entity) == (
        "Yellow card at 45:37, 0.93. Without the yellow card the score falls from 0.90 to 0.21; "
        "without the frame 0.5 s after it alone to 0.50."
    )
    assert spoken(spot, attribution([0.0, 0.0, 0.3, 0.0, 0.0]), None) == (
        "Yellow card at 45:37, 0.93. The very moment matters most: without it the score is 0.60."
    )


def test_the_sentence_names_two_causes_that_cost_a_tenth_more_together_than_each_alone() -> None:
    spot = Spot(2, 37_400_000, "Yellow card", 0.93)
    names = ("yellow card", "referee")
    still = attribution([0.0, 0.05, 0.0])

    def by_entity(card: float, referee: float, *joint: Cause) -> Attribution:
        return ablation((card, referee), names, *joint)

    both = by_entity(-0.4, -0.2, Cause(names, -0.86, -0.89, -0.7))
    assert spoken(spot, still, both) == (
        "Yellow card at 45:37, 0.93. Without the yellow card the score falls from 0.90 to 0.50, "
        "without the referee too to 0.04 (0.01 to 0.20)."
    )
    # Neither costs a tenth alone, both do.
    assert spoken(spot, attribution([0.0, 0.0, 0.4]), by_entity(-0.06, -0.04, Cause(names, -0.5, -0.6, -0.4))) == (
        "Yellow card at 45:37, 0.93. Without yellow card and referee together the score falls from 0.90 to 0.40 (0.30 to 0.50); "
        "without the very moment alone to 0.50."
    )
    # The score rises without the card, and falls without both.
    assert spoken(spot, still, by_entity(0.1, -0.01, Cause(names, -0.5, -0.6, -0.4))) == (
        "Yellow card at 45:37, 0.93. Without the yellow card the score rises from 0.90 to 1.00, "
        "without the referee too it falls to 0.40 (0.30 to 0.50)."
    )
    # The first pair costs little more than the card alone, another one does.
    crowd = ablation(
        (-0.4, -0.2, -0.1), (*names, "crowd"),
        Cause(names, -0.45, -0.5, -0.42), Cause(("referee", "crowd"), -0.42, -0.5, -0.4),
    )  # fmt: skip
    assert spoken(spot, still, crowd).endswith(
        "from 0.90 to 0.50, without referee and crowd together to 0.48 (0.40 to 0.50)."
    )
    hardly, unsure = Cause(names, -0.45, -0.5, -0.41), Cause(names, -0.7, -0.85, -0.38)
    for pairs in ((hardly,), (unsure,), ()):  # hardly more than the card alone; maybe less than that; not measured
        assert spoken(spot, still, by_entity(-0.4, -0.2, *pairs)) == (
            "Yellow card at 45:37, 0.93. Without the yellow card the score falls from 0.90 to 0.50."
        )


def test_the_sentence_gives_the_interval_of_one_cause_and_withholds_a_cause_that_may_be_less_than_half() -> None:
    spot, names = Spot(2, 37_400_000, "Yellow card", 0.93), ("yellow card", "referee")
    still, moment = attribution([0.0, 0.05, 0.0]), attribution([0.0, 0.3, 0.0])
    assert spoken(spot, still, ablation((-0.4, 0.0), names, surely=0.15)) == (
        "Yellow card at 45:37, 0.93. Without the yellow card the score falls from 0.90 to 0.50 (0.35 to 0.65)."
    )
    assert spoken(spot, still, ablation((-0.4, 0.0), names, surely=0.04)).endswith("from 0.90 to 0.50.")  # near enough
    assert spoken(spot, still, ablation((0.4, 0.0), names, surely=0.05)) == (
        "Yellow card at 45:37, 0.93. Without the yellow card the score rises from 0.90 to 1.00."
    )
    unsure = (
        "Yellow card at 45:37, 0.93. What the yellow card brings is not sure: without it the score is 0.25 to 0.75."
    )
    assert spoken(spot, still, ablation((-0.4, 0.0), names, surely=0.25)) == unsure
    assert spoken(spot, moment, ablation((-0.4, 0.0), names, surely=0.25)) == (
        f"{unsure} The frame 0.5 s before it matters most: without it the score is 0.60."
    )
    pair = Cause(names, -0.8, -0.85, -0.7)
    assert spoken(spot, still, ablation((-0.4, 0.0), names, pair, surely=0.25)) == (
        f"{unsure} Without yellow card and referee together the score falls from 0.90 to 0.10 (0.05 to 0.20)."
    )


def test_the_sentence_counts_from_the_spot_though_it_was_said_at_another_sample() -> None:
    spot = Spot(2, 39_900_000, "Yellow card", 0.93)
    assert spoken(spot, attribution([0.0, 0.0, 0.3, 0.0]), None) == (
        "Yellow card at 45:39, 0.93. The frame 2.5 s before it matters most: without it the score is 0.60."
    )


def test_the_score_of_a_window_says_where_it_was_read() -> None:
    """Of frames the stored score is a mean over windows; of anchors it is that of one, maybe seconds away."""
    column = load_classes().index("Yellow card")
    scores = np.zeros((20, 17))
    scores[4, column] = 0.9
    half = SimpleNamespace(scores=scores, nearest_sample=lambda time: 4 if time == 37_400_000 else 5)
    record = SimpleNamespace(model={"name": "m"})
    analysis: Any = SimpleNamespace(half=lambda _: half, classes=load_classes(), record=record)
    in_time = attribution([0.0] * 5)
    spot = Spot(2, 37_700_000, "Yellow card", 0.93)
    assert of_one_window(analysis, spot, in_time) == (
        "The model's confidence in one window of 5 samples around the spot."
    )
    scores[4, column] = 0.7
    assert of_one_window(analysis, replace(spot, time=34_800_000), in_time) == (
        "The model's confidence in one window of 5 samples around the spot. "
        "What the analysis keeps of that sample is 0.70: the mean where windows overlap. "
        "The sample that says so lies 2.6 s after the spot; its displacement moves it there."
    )
    record.model["reads"] = "features"
    assert "keeps of that sample is 0.70: this is the greatest near it." in of_one_window(analysis, spot, in_time)


def test_the_sentence_says_when_nothing_matters_much() -> None:
    spot = Spot(1, 37_400_000, "Goal", 0.6)
    weak = ablation((-0.04,), ("ball",))
    assert spoken(spot, attribution([0.0, 0.05, 0.02]), weak) == (
        "Goal at 00:37, 0.60. Nothing that was taken away changes the score by a tenth."
    )


def test_the_sentence_withholds_what_cannot_be_trusted() -> None:
    spot = Spot(2, 37_400_000, "Yellow card", 0.93)
    by_entity = ablation((-0.69,), ("yellow card",))
    assert spoken(spot, None, by_entity) == (
        "Yellow card at 45:37, 0.93. Without the yellow card the score falls from 0.90 to 0.21."
    )
    assert spoken(spot, None, None) == (
        "Yellow card at 45:37, 0.93. What mattered is not said: with this model the methods do no better than random."
    )


def test_spots_are_exported_in_every_format(data: DataDirectory, library: Library, tmp_path: Path) -> None:
    match = library.demo()
    assert match is not None
    spots = [Spot(2, 37_400_000, "Yellow card", 0.93), Spot(1, 5_000_000, "Goal", 0.5)]
    analysis = make_analysis(open_match(DEMO), data, spots)
    document = export_document(match, analysis, spots)
    assert document.halves[1].rate == pytest.approx(25.0)
    for form in registry.spot_writers():
        (tmp_path / f"x{form.suffix}").write_bytes(export_bytes(document, form, analysis.classes))
        again = registry.read_one(tmp_path / f"x{form.suffix}", form, Options(analysis.classes)).sorted_spots
        assert [(s.half, s.label) for s in again] == [(1, "Goal"), (2, "Yellow card")], form.name
        assert abs(again[1].seconds - 37.4) <= (0.5 if form.name == "labels-v1" else 0.12), form.name


def test_the_export_dialog_says_what_a_format_cannot_carry(data: DataDirectory, library: Library) -> None:
    match = library.demo()
    assert match is not None
    made = make_analysis(open_match(DEMO), data, [Spot(1, 5_000_000, "Goal", 0.75)])
    at = match_page(match=match.id)
    at.session_state["analysis"] = str(made.folder)
    at.session_state["dialog"] = (match.id, "export")
    at.run()
    form = next(box for box in at.selectbox if box.label == "Format")
    assert form.value == "results-spotting"
    assert "OpenTimelineIO" in form.options
    form.select_index(form.options.index("WebVTT chapters")).run()
    assert not at.exception
    assert "WebVTT chapters does not carry the confidence of 1 spot." in texts(at)


def spotting_dialog(data: DataDirectory, library: Library):  # type: ignore[no-untyped-def]
    """The demo match with its dialog of spotting open."""
    match = library.demo()
    assert match is not None
    make_analysis(open_match(DEMO), data, [Spot(1, 5_000_000, "Goal", 0.75)])
    at = match_page(match=match.id)
    at.session_state["dialog"] = (match.id, "spotting")
    return at.run()


def test_a_dialog_stays_open_when_the_page_runs_anew_by_itself(data: DataDirectory, library: Library) -> None:
    at = spotting_dialog(data, library).run()
    assert [b.label for b in at.button if b.label in ("Apply", "Reset")] == ["Apply", "Reset"]
    next(b for b in at.button if b.label == "Apply").click().run()
    assert not [b for b in at.button if b.label == "Apply"]


def test_the_spotting_dialog_has_plain_words_and_the_exact_ones_behind_them(
    data: DataDirectory, library: Library
) -> None:
    at = spotting_dialog(data, library)
    assert not at.exception
    (method,) = (r for r in at.radio if "several votes" in r.label)
    assert method.options == [
        "The surest of each moment", "Neighbours made less sure", "What has nothing surer beside it",
        "The highest peaks of the confidence",
    ]  # fmt: skip
    assert all(f"{name} " in f"{method.help.lower()} " for name in ("non-maximum suppression.", *METHODS))
    method.set_value("peaks").run()
    at = next(b for b in at.button if b.label == "Apply").click().run()
    assert at.session_state["method"] == "peaks"


def test_a_match_is_analysed_again_by_the_average_of_two(
    data: DataDirectory, library: Library, queue: JobQueue, tmp_path: Path
) -> None:
    demo = library.demo()
    assert demo is not None
    ask_for_analysis(queue, demo, "dense-unet")
    taken = queue.take(KINDS.that_need(LONG))
    queue.finish(taken, FAILED, "The disk is full.")
    odd = small_model(tmp_path / "odd")
    card = json.loads((odd / "card.json").read_text(encoding="utf-8"))
    (odd / "card.json").write_text(json.dumps({**card, "classes": card["classes"][::-1]}), encoding="utf-8")
    remember(odd, "0" * 64, data)
    at = match_page(match=demo.id)
    at.session_state["dialog"] = (demo.id, "model")
    at.run()
    assert "The last analysis failed. The disk is full." in texts(at)
    assert at.multiselect[0].value == ["entity-attention"]
    at.multiselect[0].set_value(["entity-attention", "odd (00000000)"]).run()
    next(b for b in at.button if b.label == "Analyse").click().run()
    assert "have other classes" in texts(at)
    at.multiselect[0].set_value(["entity-attention", "dense-unet"]).run()
    next(b for b in at.button if b.label == "Analyse").click().run()
    job = queue.recent(demo.id, ANALYSIS.name)
    assert job is not None
    assert (job.live, job.parameters["models"]) == (True, ["entity-attention", "dense-unet"])


def test_labels_with_a_wrong_unit_are_put_right_by_a_button(tmp_path: Path, library: Library) -> None:
    make_video(tmp_path / "mine.mp4", steady(1000, rate=10.0))
    spots = [Spot(1, t * 2_000_000, "Foul", visible=True) for t in range(1, 50)]
    write_labels(tmp_path / "l.json", [replace(s, time=s.time // 1000) for s in spots])
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value("mine.mp4").run()
    at.file_uploader[0].set_value(("l.json", (tmp_path / "l.json").read_bytes(), "application/json")).run()
    assert "seconds were written as milliseconds" in texts(at)
    next(b for b in at.button if b.label == "Multiply all times by 1000").click().run()
    assert "Labels put right: seconds were written as milliseconds." in texts(at)
    next(b for b in at.button if b.label == "Only add").click().run()
    assert not at.exception
    match = next(m for m in library.matches() if not m.is_demo)
    assert library.truth(match) == spots


def test_labels_in_match_time_are_put_where_the_clock_of_a_whole_match_shows_it(
    tmp_path: Path, library: Library, data: DataDirectory
) -> None:
    """One file with a half of 200 s that ends at 45:40 and another from 250 s on: labels know two halves."""
    video = make_video(tmp_path / "mine.mp4", steady(4000, rate=10.0), first=4815)

    def shown(seconds: float) -> str | None:
        if seconds < 200:
            return bug_text(42 * 60 + 20 + seconds, "0-0")
        return bug_text(45 * 60 + seconds - 250, "0-0") if seconds >= 250 else None

    write_labels(tmp_path / "l.json", [Spot(1, 2_640_000_000, "Foul"), Spot(2, 60_000_000, "Goal")])
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value("mine.mp4").run()
    content = (tmp_path / "l.json").read_bytes()
    at.file_uploader[0].set_value(("l.json", content, "application/json")).run()
    assert not at.checkbox  # of no clock that was read
    keep_readings(ingest(video, data), shown)
    at.run()
    (choice,) = at.checkbox
    assert choice.value  # the labels know a half that the file is not
    assert "2 labels put where the broadcast's clock shows their time." in texts(at)
    next(b for b in at.button if b.label == "Only add").click().run()
    assert not at.exception
    match = next(m for m in library.matches() if not m.is_demo)
    truth = library.truth(match)
    assert truth is not None
    assert [(s.half, round(s.time / 1e6), s.label) for s in truth] == [(1, 100, "Foul"), (1, 310, "Goal")]


def test_what_labels_left_out_stands_on_the_page_until_it_is_dismissed(tmp_path: Path, library: Library) -> None:
    make_video(tmp_path / "mine.mp4", steady(1000, rate=10.0))
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value("mine.mp4").run()
    rows = "label;seconds\nGoal;1,5\nHomerun;2,5\n".encode("utf-16")
    at.file_uploader[0].set_value(("l.csv", rows, "text/csv")).run()
    next(b for b in at.button if b.label == "Only add").click().run()
    assert not at.exception
    assert "1 true spot taken from l.csv" in _html(at)
    assert "Left out: 1 × a label of the unknown class &#x27;Homerun&#x27;" in _html(at)
    next(b for b in at.button if b.label == "Dismiss").click().run()
    assert "1 true spot taken from l.csv" not in _html(at)


def test_a_match_whose_labels_are_refused_is_not_called_ready(tmp_path: Path, library: Library) -> None:
    make_video(tmp_path / "mine.mp4", steady(1000, rate=10.0))
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value("mine.mp4").run()
    assert "Ready to analyse" in [s.value for s in at.success]
    empty = b"<file><ALL_INSTANCES></ALL_INSTANCES></file>"
    at.file_uploader[0].set_value(("l.xml", empty, "text/xml")).run()
    assert "no spots are in it" in at.error[0].value
    assert ([s.value for s in at.success], [w.value for w in at.warning]) == ([], ["Look at this first"])


def test_labels_of_extra_time_are_asked_where_they_lie(tmp_path: Path, library: Library) -> None:
    make_video(tmp_path / "mine.mp4", steady(1000, rate=10.0))
    at = library_page().run()
    next(i for i in at.text_input if i.label.startswith("Folder")).set_value("mine.mp4").run()
    content = json.dumps({"annotations": [{"gameTime": "3 - 05:00", "label": "Goal", "position": "300000"}]}).encode()
    at.file_uploader[0].set_value(("Labels-v2.json", content, "application/json")).run()
    assert not at.exception
    assert "1 label of extra time lies nowhere" in at.error[0].value
    assert "Read the broadcast's clock" in at.error[0].value.replace("\\", "")
    assert [w.value for w in at.warning] == ["Look at this first"]


def _html(at: AppTest) -> str:
    return "\n".join(element.value for element in at.get("html"))


def test_until_a_view_is_there_its_place_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def waiting(at: AppTest) -> bool:
        return any('class="tl-places places-match"' in element.value for element in at.get("html"))

    at = AppTest.from_file(str(DASHBOARD), default_timeout=240)
    with monkeypatch.context() as halted:
        halted.setattr("app.views.match.show", st.stop)
        assert waiting(at.run())
    assert not waiting(at.run())
    with monkeypatch.context() as halted:
        halted.setattr("app.views.match.show", st.stop)
        assert not waiting(at.run())  # what has been on screen stays there while it is made again
