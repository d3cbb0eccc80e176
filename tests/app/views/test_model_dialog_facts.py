"""What the Model dialog says of the shown model: how far the match looks from its training, and its labels; and what it
asks for."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from app.library.library import Match
from app.state import shared_queue
from spotting_core.analyses.analysis import ANALYSIS_FILE
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.inference.look import Look
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.media.source import open_match
from tests.app.made_analysis import make_analysis
from tests.app.pages import match_page

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.mark.parametrize(
    ("unlikeness", "word"),
    [(0.05, "like its training (unlikeness 0.05, matches of its training up to 0.13)"),
     (0.9, "nothing like its training (unlikeness 0.90, matches of its training up to 0.13)"),
     (None, "")],
)  # fmt: skip
def test_the_dialog_says_how_far_a_match_looks(
    unlikeness: float | None, word: str, match: Match, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = make_analysis(open_match(match.path), data, [Spot(1, 2_000_000, "Goal", 0.9)], "m", "m", bare=True)
    content = json.loads((analysis.folder / ANALYSIS_FILE).read_text())
    (analysis.folder / ANALYSIS_FILE).write_text(json.dumps({**content, "unlikeness": unlikeness}))
    monkeypatch.setattr("app.views.model_dialog.folder_of", lambda *_: match.path)
    monkeypatch.setattr("app.views.model_dialog.read_card", lambda _: SimpleNamespace(training={}, system="max"))
    monkeypatch.setattr(Look, "of", classmethod(lambda cls, value, _: cls(value, 0.13)))
    at = match_page(match=match.id)
    at.session_state["dialog"] = (match.id, "model")
    at.run()
    assert not at.exception
    captions = [c.value for c in at.caption if "own statistics" in c.value]
    assert [word in c for c in captions] == ([True] if word else [])


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ({"labels": {"Goal": 30, "Penalty": 3, "Foul*": 0}},
         "Learned from 33 labels. Learned from fewer than 10 labels: Penalty (3); not learned, for there is no label: "
         r"Foul\*."),
        ({"labels": {"Goal": 30}}, "Learned from 30 labels."),
        ({}, ""),
    ],
)  # fmt: skip
def test_the_dialog_says_what_each_class_stands_on(
    training: dict[str, Any], words: str, match: Match, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_analysis(open_match(match.path), data, [Spot(1, 2_000_000, "Goal", 0.9)], "m", "m", bare=True)
    monkeypatch.setattr("app.views.model_dialog.folder_of", lambda *_: match.path)
    monkeypatch.setattr(
        "app.views.model_dialog.read_card",
        lambda _: SimpleNamespace(training=training, system="max"),
    )
    at = match_page(match=match.id)
    at.session_state["dialog"] = (match.id, "model")
    at.run()
    assert not at.exception
    assert [c.value for c in at.caption if "Learned from" in c.value] == ([words] if words else [])


def test_a_model_that_looks_at_pictures_is_adapted_where_that_is_asked_for(match: Match, data: DataDirectory) -> None:
    make_analysis(open_match(match.path), data, [Spot(1, 2_000_000, "Goal", 0.9)], "m", "m", bare=True)
    at = match_page(match=match.id)
    at.session_state["dialog"] = (match.id, "model")
    at.run()
    (adapt,) = (box for box in at.checkbox if box.label == "Adapt it to this match first")
    assert not adapt.disabled
    models = next(m for m in at.multiselect if m.label == "Analyse with")
    adapt.check()
    models.set_value(["dense-unet"]).run()  # it reads features of another model
    assert next(box for box in at.checkbox if box.label == "Adapt it to this match first").disabled
    next(b for b in at.button if b.label == "Analyse").click().run()
    at.session_state["dialog"] = (match.id, "model")
    at.run()
    next(box for box in at.checkbox if box.label == "Adapt it to this match first").check()
    next(b for b in at.button if b.label == "Analyse").click().run()
    asked = [(ANALYSIS.read(job).models, ANALYSIS.read(job).adapt) for job in shared_queue().all_live([ANALYSIS.name])]
    assert sorted(asked) == [(("dense-unet",), False), (("entity-attention",), True)]
