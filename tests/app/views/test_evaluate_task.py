"""The Evaluate view for a task other than spotting."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.comparing.task_findings import judged_by_all, report_of, system_names
from app.library.library import Library, Match
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.cameras import Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_cameras import FILE_NAME, write_shots
from spotting_core.media.source import open_match
from spotting_core.tasks.registry import layer_task
from tests.app.made_analysis import make_analysis
from tests.app.pages import texts, view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

CAMERAS = load_classes("soccernet-cameras")
MAIN, CLOSE = CAMERAS.names[:2]


@pytest.fixture
def match(tmp_path: Path, library: Library, data: DataDirectory) -> Match:
    """20 s: the main camera for eight of them, then a close-up; one model that says ten, and one that is right."""
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(200, rate=10.0))
    shots = [Shot(1, 0, 8_000_000, MAIN, False, "abrupt"), Shot(1, 8_000_000, 20_000_000, CLOSE, False)]
    write_shots(folder / FILE_NAME, shots)
    for name, cut in (("late", 10.0), ("right", 8.0)):
        predicted = [Spot(1, k * 500_000, MAIN if k / 2 < cut else CLOSE, 0.9) for k in range(40)]
        made = {"name": f"shots{name}", "model": name, "bare": True, "classes": CAMERAS, "task": "shots"}
        make_analysis(open_match(folder), data, predicted, **made)
    return library.add("game")


def test_shots_are_measured_by_their_overlap(match: Match) -> None:
    at = view("evaluate")
    at.session_state["evaluate_task"] = "shots"
    at.run()
    assert not at.exception
    assert at.selectbox("evaluate_task").options == ["Spotting", "Camera shots"]
    assert set(at.selectbox("evaluate_a_shots").options) == {"A: late", "A: right"}
    at.selectbox("evaluate_a_shots").select("A: late").run()
    at.selectbox("evaluate_b_shots").select("B: right").run()
    assert not at.exception
    rows = at.dataframe[0].value.set_index("Class")
    assert rows.loc[MAIN, "A"] == pytest.approx(8 / 10, abs=0.03)  # a change lies between two samples
    assert rows.loc[CLOSE, "A"] == pytest.approx(10 / 12, abs=0.03)
    assert rows.loc[MAIN, "B"] == pytest.approx(1, abs=0.04)
    assert rows.loc[MAIN, "Truth, s"] == 8
    assert "Mean IoU" in texts(at)
    assert "Counted in 1 match" in texts(at)


def test_two_models_are_compared_over_what_both_have_judged(
    match: Match, tmp_path: Path, library: Library, data: DataDirectory
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    make_video(other / "1_224p.mp4", steady(100, rate=10.0), first=500)
    write_shots(other / FILE_NAME, [Shot(1, 0, 10_000_000, MAIN, False)])
    only = [Spot(1, k * 500_000, CLOSE, 0.9) for k in range(20)]  # wrong all along
    make_analysis(
        open_match(other), data, only, name="shotslate", model="late", bare=True, classes=CAMERAS, task="shots"
    )
    second, task = library.add("other"), layer_task("shots")
    both = {m.id: m for m in (match, second)}
    names = system_names(library, task, both)
    late, right = (next(key for key, name in names.items() if name == wanted) for wanted in ("late", "right"))
    assert set(judged_by_all(library, task, both, [late])) == {match.id, second.id}
    assert set(judged_by_all(library, task, both, [late, right])) == {match.id}
    alone = report_of(library, task, both, late, official=False)
    assert alone.per_class[MAIN]["all"] == pytest.approx(8 / 20, abs=0.03)  # 8 of 8, 2 more and 10 missed


def test_without_other_layers_only_spotting_is_evaluated(library: Library) -> None:
    at = view("evaluate").run()
    assert not at.exception
    assert "evaluate_task" not in [box.key for box in at.selectbox]


def test_differences_over_several_matches_have_intervals(
    match: Match, tmp_path: Path, library: Library, data: DataDirectory
) -> None:
    for number in (1, 2):
        folder = tmp_path / f"more {number}"
        folder.mkdir()
        make_video(folder / "1_224p.mp4", steady(100, rate=10.0), first=700 * number)
        write_shots(
            folder / FILE_NAME, [Shot(1, 0, 5_000_000, MAIN, False), Shot(1, 5_000_000, 10_000_000, CLOSE, False)]
        )
        for name, cut in (("late", 5.0 + number), ("right", 5.0)):
            spots = [Spot(1, k * 500_000, MAIN if k / 2 < cut else CLOSE, 0.9) for k in range(20)]
            made = {"name": f"shots{name}", "model": name, "bare": True, "classes": CAMERAS, "task": "shots"}
            make_analysis(open_match(folder), data, spots, **made)
        library.add(folder.name)
    at = view("evaluate", task="shots").run()
    at.selectbox("evaluate_a_shots").select("A: right").run()
    at.selectbox("evaluate_b_shots").select("B: late").run()
    assert not at.exception
    said = texts(at)
    assert re.search(r"Mean IoU</div>.{0,60}>(\.9|1\.0)\d.{0,200}A − B \+\.\d\d \(\+\.\d\d to \+\.\d\d\)", said)
    assert "95 % interval over matches drawn with replacement, the same for both systems. Of so few" in said
    rows = at.dataframe[0].value.set_index("Class")
    assert rows.loc[MAIN, "A − B, 95 % interval"].startswith("+.")
    alone = view("evaluate", task="shots", labels=match.id).run()
    assert "Intervals need several matches" in texts(alone)
    assert "A − B, 95 % interval" not in alone.dataframe[0].value


def test_how_far_the_intervals_are_stands_below_the_figures_until_they_are_there(
    match: Match, tmp_path: Path, library: Library, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "second"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(100, rate=10.0), first=900)
    write_shots(folder / FILE_NAME, [Shot(1, 0, 10_000_000, MAIN, False)])
    spots = [Spot(1, k * 500_000, MAIN, 0.9) for k in range(20)]
    made = {"name": "shotslate", "model": "late", "bare": True, "classes": CAMERAS, "task": "shots"}
    make_analysis(open_match(folder), data, spots, **made)
    library.add(folder.name)

    def stop(*_of: Any, report: Callable[[float], None], **_how: Any) -> list[Any]:
        report(0.374)
        raise TouchlineError("ended half-way")

    with monkeypatch.context() as patch:
        patch.setattr("app.views.evaluate_task.drawn_reports_of", stop)
        at = view("evaluate", task="shots").run()
    assert "Mean IoU" in texts(at)
    (bar,) = at.get("progress")
    assert (bar.proto.value, "being drawn, 37%" in bar.proto.text) == (37, True)
    ready = view("evaluate", task="shots").run()
    assert not ready.get("progress")
    assert "95 % interval" in ready.dataframe[0].value
