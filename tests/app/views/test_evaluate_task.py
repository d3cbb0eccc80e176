"""The Evaluate view for a task other than spotting."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.comparing.comparison import model_names
from app.comparing.task_findings import judged_by_all, report_of, system_names
from app.library.library import Library, Match
from app.views.evaluate_table import figure_row
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


def choose(at: AppTest, task: str, *names: str) -> None:
    """Choose systems by name, in this order."""
    at.multiselect(f"evaluate_systems_{task}").set_value(list(names)).run()
    assert not at.exception


def row_of(at: AppTest, name: str) -> list[str]:
    """The cells of a class in the table."""
    (table,) = (html.value for html in at.get("html") if "tl-table" in html.value)
    cells = table.partition(f'<th scope="row">{name}</th>')[2].partition("</tr>")[0]
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall("<td.*?</td>", cells)]


def test_shots_are_measured_by_their_overlap(match: Match) -> None:
    at = view("evaluate")
    at.session_state["evaluate_task"] = "shots"
    at.run()
    assert not at.exception
    assert at.selectbox("evaluate_task").options == ["Spotting", "Camera shots"]
    assert set(at.multiselect("evaluate_systems_shots").options) == {"late", "right"}
    choose(at, "shots", "late", "right")
    truth, *main = row_of(at, MAIN)
    assert truth == "8.0 s"
    assert [float(m.replace("−", "-")) for m in main] == pytest.approx([8 / 10, 1, 0.2], abs=0.06)
    # A change lies between two samples.
    assert [float(c) for c in row_of(at, CLOSE)[1:3]] == pytest.approx([10 / 12, 1], abs=0.04)
    assert "Mean IoU" in texts(at)
    assert "Counted in 1 match" in texts(at)


def another_match(folder: Path) -> Path:
    """Ten seconds of the main camera."""
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(100, rate=10.0), first=500)
    write_shots(folder / FILE_NAME, [Shot(1, 0, 10_000_000, MAIN, False)])
    return folder


def test_two_models_are_compared_over_what_both_have_judged(
    match: Match, tmp_path: Path, library: Library, data: DataDirectory
) -> None:
    other = another_match(tmp_path / "other")
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


def test_any_number_of_systems_stand_in_one_table_and_in_the_address(
    match: Match, library: Library, data: DataDirectory
) -> None:
    folder = Path(match.path)
    for name, cut in (("early", 6.0), ("earlier", 4.0)):
        predicted = [Spot(1, k * 500_000, MAIN if k / 2 < cut else CLOSE, 0.9) for k in range(40)]
        made = {"name": f"shots{name}", "model": name, "bare": True, "classes": CAMERAS, "task": "shots"}
        make_analysis(open_match(folder), data, predicted, **made)
    at = view("evaluate", task="shots").run()
    assert len(at.multiselect("evaluate_systems_shots").value) == 4  # all that have judged the same matches
    choose(at, "shots", "right", "early", "earlier", "late")
    (table,) = (html.value for html in at.get("html") if "tl-table" in html.value)
    heads = re.findall('<th scope="col">(.*?)</th>', table)
    assert heads == ["Class", "Truth", "right", "early", "earlier", "late", *(f"{n} − right" for n in ("early", "earlier", "late"))]  # fmt: skip
    truth, *values = row_of(at, MAIN)
    assert [float(v.replace("−", "-")) for v in values] == pytest.approx([1, 6 / 8, 4 / 8, 8 / 10, -0.25, -0.5, -0.2], abs=0.06)  # fmt: skip
    assert len(row_of(at, "Mean IoU")) == 8
    assert '"tl-best">' in table.partition("Mean IoU")[2].partition("</td><td")[2]
    keys = at.query_params["systems"]
    again = view("evaluate", task="shots", systems=keys[0] if isinstance(keys, list) else keys).run()
    assert row_of(again, MAIN) == [truth, *values]
    (export,) = (b for b in again.get("download_button"))
    assert export.proto.label == "Export"
    choose(again, "shots")
    assert "Choose systems to lay side by side" in texts(again)


def test_systems_with_fewer_matches_join_the_table_on_request_alone(
    match: Match, tmp_path: Path, library: Library, data: DataDirectory
) -> None:
    other = another_match(tmp_path / "other")
    made = {"bare": True, "classes": CAMERAS, "task": "shots"}
    wrong = [Spot(1, k * 500_000, CLOSE, 0.9) for k in range(20)]
    make_analysis(open_match(other), data, wrong, name="shotslate", model="late", **made)
    library.add("other")
    make_analysis(open_match(other), data, wrong, name="shotsalone", model="alone", **made)
    at = view("evaluate", task="shots").run()
    names = system_names(library, layer_task("shots"), {m.id: m for m in library.matches()})
    assert [names[key] for key in at.multiselect("evaluate_systems_shots").value] == ["late"]
    assert "Counted in 2 matches" in texts(at)
    choose(at, "shots", "right", "alone")
    assert "No match was judged by all these systems. Take one out." in texts(at)


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
    choose(at, "shots", "right", "late")
    said = texts(at)
    assert re.search(r"Mean IoU</div>.{0,60}>(\.9|1\.0)\d.{0,60}\(", said)
    assert "Above: right. " in said
    assert "95 % interval over matches drawn with replacement, the same for every system. Of so few" in said
    for row in ("Mean IoU", MAIN):
        assert re.fullmatch(r"−\.\d\d \(−\.\d\d to −\.\d\d\)", row_of(at, row)[3])
    alone = view("evaluate", task="shots", labels=match.id).run()
    assert "Intervals need several matches" in texts(alone)
    assert "(" not in "".join(row_of(alone, MAIN))


def test_the_figures_are_not_hidden_while_their_intervals_are_drawn(
    match: Match, tmp_path: Path, library: Library, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page_of_evaluate() -> None:
        from app.views import evaluate, page

        page.register(library=None)
        with page.waiting("evaluate"):
            evaluate.show()

    def stop(*_of: Any, **_how: Any) -> None:
        import streamlit as st

        st.stop()

    folder = tmp_path / "second"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(100, rate=10.0), first=900)
    write_shots(folder / FILE_NAME, [Shot(1, 0, 10_000_000, MAIN, False)])
    made = {"name": "shotslate", "model": "late", "bare": True, "classes": CAMERAS, "task": "shots"}
    make_analysis(open_match(folder), data, [Spot(1, k * 500_000, MAIN, 0.9) for k in range(20)], **made)
    library.add(folder.name)
    monkeypatch.setattr("app.views.evaluate_task.drawn_reports_of", stop)
    at = AppTest.from_function(page_of_evaluate, default_timeout=240)
    at.query_params["task"] = "shots"
    at.run()
    assert "Mean IoU" in texts(at)
    assert "tl-places" not in texts(at)


def test_of_errors_the_least_is_the_best() -> None:
    values = [0.4, 0.1, 0.2]
    shares, errors = (figure_row("x", "1", values, [], few=False, least=least) for least in (False, True))
    assert [re.findall('"tl-best">(.*?)<', row) for row in (shares, errors)] == [[".40"], [".10"]]


def test_a_model_that_reads_files_of_each_match_is_one_system_over_all(match: Match, library: Library) -> None:
    (layer, *_) = library.analyses(match, "shots")

    def read(by: str) -> Any:
        return SimpleNamespace(record=replace(layer.record, model={**layer.record.model, "reads": by}))

    one, other = read("cameras of one match"), read("cameras of another")
    assert one.record.identity.key != other.record.identity.key
    assert list(model_names([[one], [other]]).values()) == [layer.record.model["name"]]
    assert len(model_names([[one, other], [other]])) == 2  # one match was judged by both


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
    assert re.search(r"\.\d\d \(", row_of(ready, MAIN)[1])


def test_a_kind_with_few_truths_is_faint_and_its_difference_never_bold(
    tmp_path: Path, library: Library, data: DataDirectory
) -> None:
    kinds = load_classes("soccernet-boundaries")
    for number in range(3):
        folder = tmp_path / f"cut {number}"
        folder.mkdir()
        make_video(folder / "1_224p.mp4", steady(200, rate=10.0), first=1100 + 300 * number)
        ends = [(k * 2_000_000, "abrupt" if k < 8 else "logo") for k in range(1, 10) if k != 9 or number == 0]
        shots = [Shot(1, end - 2_000_000, end, MAIN, False, kind) for end, kind in ends]
        write_shots(folder / FILE_NAME, [*shots, Shot(1, ends[-1][0], 20_000_000, MAIN, False)])
        for name, late in (("late", 1_500_000), ("right", 0)):
            spots = [Spot(1, end + late, kind, 0.9) for end, kind in ends]
            made = {"name": f"cuts{name}", "model": name, "bare": True, "classes": kinds, "task": "boundaries"}
            make_analysis(open_match(folder), data, spots, **made)
        library.add(folder.name)
    at = view("evaluate", task="boundaries").run()
    choose(at, "boundaries", "right", "late")
    (table,) = (html.value for html in at.get("html") if "tl-table" in html.value)
    assert '<tr class="tl-few"><th scope="row">Logo</th><td>4</td>' in table
    assert '<tr class=""><th scope="row">Abrupt</th><td>21</td>' in table
    abrupt, logo = (table.partition(f'"row">{kind}<')[2].partition("</tr>")[0] for kind in ("Abrupt", "Logo"))
    assert "tl-sure" in abrupt
    assert "tl-sure" not in logo
