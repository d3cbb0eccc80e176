"""The Evaluate view, imported sets, and their spots over a match."""

from __future__ import annotations

import html
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.comparing.comparison import LIBRARY, compared, label_choices, prediction_choices
from app.comparing.prediction_sets import PredictionSets, spots_of
from app.library.library import Library, Match
from app.views.evaluate_charts import Curve, share
from app.views.evaluate_errors import error_text, in_order, link_to
from app.views.evaluate_import import IMPORT
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import Spotting
from spotting_core.evaluation.mistakes import FALSE, MISSED, NEAR, Outcome
from spotting_core.evaluation.other_formats import LABELS, PREDICTIONS
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, MOVE, REJECT, Reviews, origin_of
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, match_page, texts
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

NAMES = load_classes().names
TRUTH = [Spot(1, 2_000_000, "Goal", visible=True), Spot(1, 5_000_000, "Foul", visible=True)]
PREDICTED = [Spot(1, 2_200_000, "Goal", 0.9), Spot(1, 8_000_000, "Foul", 0.8), Spot(1, 9_000_000, "Corner", 0.7)]


@pytest.fixture
def sets(data: DataDirectory) -> PredictionSets:
    return PredictionSets(data)


@pytest.fixture
def match(tmp_path: Path, library: Library, data: DataDirectory) -> Match:
    """A labelled and analysed match."""
    path = make_video(tmp_path / "mine.mp4", steady(260))
    make_analysis(open_match(path), data, PREDICTED)
    added = library.add("mine.mp4")
    write_labels(tmp_path / "labels.json", TRUTH)
    library.upload_labels(added, "labels.json", (tmp_path / "labels.json").read_bytes())
    return added


def results(*spots: tuple[float, str, float]) -> bytes:
    rows = [{"half": "1", "position": str(round(t * 1000)), "label": n, "confidence": str(c)} for t, n, c in spots]
    return json.dumps({"predictions": rows}).encode()


def zipped(**games: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for game, content in games.items():
            archive.writestr(f"league/season/{game}/results_spotting.json", content)
    return out.getvalue()


def run(**state: Any) -> AppTest:
    def script() -> None:
        from app.views import evaluate, page

        page.register(library=None, match=None, evaluate=None)
        evaluate.show()

    at = AppTest.from_function(script, default_timeout=240)
    for key, value in state.items():
        at.session_state[key] = value
    return at.run()


# --- the view -------------------------------------------------------------------------------------------


def test_one_system_is_measured(match: Match) -> None:
    at = run(evaluate_labels=match.id)
    assert not at.exception
    table = component_data(at)
    rows = {r["name"]: r for r in table["rows"]}
    certain = {"a": 1.0, "interval": [1.0, 1.0]}
    assert (rows["Goal"]["truths"], rows["Goal"]["tight"], rows["Goal"]["loose"]) == (1, certain, certain)
    assert rows["Goal"]["few"]
    assert rows["Foul"]["tight"]["a"] == 0  # 3 s late is outside of 2.5 s
    assert rows["Foul"]["loose"]["a"] > 0.9
    assert rows["Corner"]["tight"] is None
    assert not table["two"]
    assert "left out of the averages" in table["note"]
    errors = component_data(at, 1)["errors"]
    assert [(e["kind"], e["short"]) for e in errors] == [("near", "Foul"), ("false", "Corner")]
    assert errors[0]["text"] == "mine, 3.0 s late, .80"
    assert errors[0]["link"].startswith(f"match?match={match.id}&half=1&t=8.000&class=Foul&source=model%3A")
    assert errors[0]["picture"].startswith("/touchline/picture/")
    assert "Counted in 1 match" in texts(at)


def test_reviews_do_not_change_how_a_system_is_measured(match: Match, library: Library, data: DataDirectory) -> None:
    before = run(evaluate_labels=match.id)
    reviews, analysis = Reviews(open_database(data)), library.analyses(match)[0]
    model = analysis.record.identity.review_sources[0]
    goal, foul, _ = analysis.spots(Spotting())
    reviews.change(match.id, origin_of(goal, model), goal, REJECT, "Ada", 0)
    reviews.change(match.id, origin_of(foul, model), foul, MOVE, "Ada", 0, half=1, time=5_000_000)
    reviews.add(match.id, Spot(1, 5_000_000, "Foul"), "Ada")
    after = run(evaluate_labels=match.id)
    assert [component_data(after, n) for n in (0, 1)] == [component_data(before, n) for n in (0, 1)]


def test_two_systems_side_by_side(match: Match, sets: PredictionSets) -> None:
    one, _ = sets.add("Other", "o.zip", zipped(mine=results((5.1, "Foul", 0.9))), PREDICTIONS, NAMES)
    at = run(evaluate_labels=match.id, evaluate_b=f"set:{one.id}")
    assert not at.exception
    table = component_data(at)
    assert table["two"]
    foul = {r["name"]: r["tight"] for r in table["rows"]}["Foul"]
    assert (foul["a"], foul["b"]) == (0.0, 1.0)
    assert foul["difference"] == {"value": -1.0, "low": -1.0, "high": -1.0}
    assert ".50 B" in texts(at)
    assert "A − B .00 (.00 to .00)" in texts(at)  # one match of a minute: no draw differs from another
    assert "minutes of the match drawn with replacement" in texts(at)
    assert [e["short"] for e in component_data(at, 1)["errors"]] == ["Foul", "Corner"]  # of A
    at.session_state["evaluate_whose"] = "B"
    errors = component_data(at.run(), 1)["errors"]
    assert [(e["kind"], e["short"]) for e in errors] == [("missed", "Goal")]
    assert f"source=set%3A{one.id}" in errors[0]["link"]


def test_averages_are_over_the_chosen_classes_and_say_those_of_all(match: Match, sets: PredictionSets) -> None:
    one, _ = sets.add("Other", "o.zip", zipped(mine=results((5.1, "Foul", 0.9))), PREDICTIONS, NAMES)
    chosen = {"evaluate_labels": match.id, "evaluate_b": f"set:{one.id}", "evaluate_classes_shown": ["Goal"]}
    said = texts(run(**chosen))
    assert "Average-mAP, tight, Goal</div>" in said
    assert ">1.00</span>" in said
    assert "A − B +1.00 (+1.00 to +1.00), all classes .50" in said
    assert '>1</span><span class="tl-more">of 2 true actions' in said
    assert '<th scope="row">Average-mAP, Goal</th><td>1</td>' in said
    assert '<th scope="row">Average-mAP, all classes</th><td>2</td>' in said
    none = texts(run(evaluate_labels=match.id, evaluate_classes_shown=["Corner"]))
    assert "Average-mAP, tight, Corner</div>" in none
    assert ">no truth</span>" in none
    every = texts(run(evaluate_labels=match.id))
    assert "Average-mAP, tight</div>" in every
    assert "Average-mAP, Goal" not in every


# --- confusion, systems, reviewers ----------------------------------------------------------------------


def matrix_of(at: AppTest) -> dict[str, Any]:
    return component_data(at, 2)["matrix"]


def test_what_is_taken_for_what_leads_to_its_spots(match: Match, sets: PredictionSets) -> None:
    one, _ = sets.add(
        "Other", "o.zip", zipped(mine=results((2.4, "Foul", 0.9), (5.6, "Foul", 0.8))), PREDICTIONS, NAMES
    )
    at = run(evaluate_labels=match.id, evaluate_a=f"set:{one.id}")
    matrix = matrix_of(at)
    assert [r["name"] for r in matrix["rows"]] == ["Goal", "Foul", "false alarm"]
    assert [c["name"] for c in matrix["columns"]] == ["Goal", "Foul", "missed"]
    assert [[c["count"] for c in row] for row in matrix["cells"]] == [[0, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert (matrix["cells"][0][1]["error"], matrix["cells"][1][1]["error"]) == (0.4, 0.6)
    assert matrix["chosen"] is None
    at.query_params["cell"] = "Goal~Foul"
    at.run()
    assert matrix_of(at)["chosen"] == ["Goal", "Foul"]
    spots = component_data(at, 3)["errors"]
    assert spots[0]["text"] == "mine, 0.4 s late, .90, Goal is true"
    assert len(spots) == 1
    assert spots[0]["link"].startswith(f"match?match={match.id}&half=1&t=2.400")
    at.query_params["cell"] = "Goal~Homerun"
    at.run()
    assert matrix_of(at)["chosen"] is None


def test_any_number_of_systems_in_one_table(match: Match, sets: PredictionSets) -> None:
    for name, late in (("Second", 0.1), ("Third", 0.2)):
        sets.add(name, "o.zip", zipped(mine=results((5 + late, "Foul", 0.9))), PREDICTIONS, NAMES)
    at = run(evaluate_labels=match.id)
    table = next(h.value for h in at.get("html") if "tl-table" in h.value)
    for name in ("made by hand", "Second", "Third", "Second − made by hand", "Third − made by hand"):
        assert f'<th scope="col">{name}</th>' in table
    assert '<tr class="tl-few"><th scope="row">Foul</th><td>1</td>' in table
    assert "+1.00 <small>(+1.00 to +1.00)</small>" in table
    keys = at.multiselect(key="evaluate_systems").value
    at.multiselect(key="evaluate_systems").set_value(keys[:2]).run()
    assert at.query_params["systems"] == ",".join(keys[:2])
    assert "Third − made by hand" not in texts(at)
    again = run(evaluate_labels=match.id)
    again.query_params["systems"] = keys[1]
    assert again.run().multiselect(key="evaluate_systems").value == [keys[1]]


def test_a_system_without_these_matches_is_left_out_of_the_table(match: Match, sets: PredictionSets) -> None:
    sets.add("Elsewhere", "o.zip", zipped(elsewhere=results((5.1, "Foul", 0.9))), PREDICTIONS, NAMES)
    at = run(evaluate_labels=match.id)
    assert not at.exception
    assert "Elsewhere is left out: this system has spotted none of these matches" in texts(at)


def test_two_reviewers_and_where_they_differ(match: Match, library: Library, data: DataDirectory) -> None:
    reviews, analysis = Reviews(open_database(data)), library.analyses(match)[0]
    model = analysis.record.identity.review_sources[0]
    goal, foul, corner = analysis.spots(Spotting())
    for spot in (goal, foul, corner):
        reviews.change(match.id, origin_of(spot, model), spot, ACCEPT, "Ada", 0)
    reviews.change(match.id, origin_of(goal, model), goal, REJECT, "Bob", 1)
    reviews.change(match.id, origin_of(foul, model), foul, MOVE, "Bob", 1, half=1, time=foul.time + 700_000)
    at = run()
    at.query_params["of"] = "reviewers"
    at.query_params["match"] = match.id
    at.query_params["first"], at.query_params["second"] = "name:Ada", "name:Bob"
    at.run()
    assert not at.exception
    assert "of 2" in texts(at)
    rows = component_data(at)["errors"]
    assert [(r["kind"], r["short"], r["text"]) for r in rows] == [
        ("one", "Goal", "Ada, not Bob"), ("apart", "Foul", "Bob 0.7 s later"),
    ]  # fmt: skip
    assert rows[0]["link"].startswith(f"match?match={match.id}&half=1&t=2.200")
    at.query_params["second"] = "labels"  # a goal and a foul: two of Ada's three, of one class
    at.run()
    assert "Found by both" in texts(at)
    assert [(r["kind"], r["text"]) for r in component_data(at)["errors"]] == [
        ("apart", "Labels of the match 3.0 s earlier"), ("one", "Ada, not Labels of the match"),
    ]  # fmt: skip


def test_without_two_reviewers_it_says_how_to_get_them(library: Library) -> None:
    at = run()
    at.query_params["of"] = "reviewers"
    assert "under two names" in texts(at.run())


def test_nothing_to_compare_says_what_to_do(match: Match, library: Library) -> None:
    demo = library.demo()
    assert demo is not None
    for name in ("mine.mp4", "labels.json"):
        assert (match.path.parent / name).exists()
    library.remove(match)
    at = run(evaluate_labels=demo.id)
    assert not at.exception
    if not at.get("bidi_component"):  # without the analysis that ships there is nothing to measure
        assert "No predictions yet" in texts(at)


def test_a_set_without_this_match_fails_in_words(match: Match, sets: PredictionSets) -> None:
    one, _ = sets.add("Other", "o.zip", zipped(elsewhere=results((5.1, "Foul", 0.9))), PREDICTIONS, NAMES)
    at = run(evaluate_labels=match.id, evaluate_a=f"set:{one.id}")
    assert not at.exception
    assert "has spotted none of these matches" in at.error[0].value


# --- imported sets --------------------------------------------------------------------------------------


def test_a_single_file_needs_its_match(match: Match, sets: PredictionSets) -> None:
    content = results((5.1, "Foul", 0.9), (1.0, "Homerun", 0.9))
    with pytest.raises(BadInputError, match="does not say which match"):
        sets.add("Other", "o.json", content, PREDICTIONS, NAMES)
    one, record = sets.add("Other", "o.json", content, PREDICTIONS, NAMES, match)
    assert [s.why for s in record.skipped] == ["1 prediction of the unknown class 'Homerun'"]
    assert sets.all() == [one]
    assert spots_of(one, match, NAMES) == [Spot(1, 5_100_000, "Foul", 0.9, source="Other")]
    sets.remove(one)
    assert sets.all() == []


def test_what_an_import_left_out_stands_on_the_page_with_its_reasons_until_it_is_dismissed(match: Match) -> None:
    strangers = [(1.0, f"Stranger {n}", 0.5) for n in range(5)]
    at = imported(match, zipped(mine=results((5.1, "Foul", 0.9), *strangers)))
    assert "o: 1 game from o.zip, with 5 notes" in html_of(at)
    reason = "league/season/mine: 1 prediction of the unknown class &#x27;Stranger {}&#x27;."
    assert all(reason.format(number) in html_of(at) for number in range(5))
    assert "2 more" in [e.label for e in at.expander]
    at.run()
    assert "from o.zip, with 5 notes" in html_of(at)
    next(b for b in at.button if b.label == "Dismiss").click().run()
    assert "from o.zip, with 5 notes" not in html_of(at)


def test_an_import_of_which_all_counts_leaves_no_notice(match: Match) -> None:
    at = imported(match, zipped(mine=results((5.1, "Foul", 0.9))))
    assert [b for b in at.button if b.label == "Dismiss"] == []


def test_the_import_names_every_format_that_it_takes(match: Match) -> None:
    """Its own line of endings is cut off, and predictions are taken in formats alone that say how sure they are."""
    at = run(evaluate_labels=match.id, dialog=IMPORT)
    taken = at.file_uploader[0].help
    assert "SoccerNet results_spotting, E2E-Spot JSON" in taken
    assert "OpenTimelineIO; or a zip of match folders" in taken
    assert "WebVTT" not in taken


def test_the_import_stays_open_where_the_page_is_made_anew(match: Match) -> None:
    at = run(evaluate_labels=match.id)
    next(button for button in at.button if button.label == "Import").click().run()
    assert [d.proto.dialog.title for d in at.get("dialog")] == ["Import"]
    at.run()
    assert [d.proto.dialog.title for d in at.get("dialog")] == ["Import"]


def test_games_of_no_match_of_the_library_are_named_when_they_are_imported(match: Match) -> None:
    at = imported(match, zipped(mine=results((5.1, "Foul", 0.9)), elsewhere=results((5.1, "Foul", 0.9))))
    assert "o: 2 games from o.zip, with 1 note<" in html_of(at)
    assert "1 game is of no match of the library, and compared with imported files only: league/season/elsewhere." in html_of(at)  # fmt: skip


def test_a_single_file_that_names_another_match_is_told_on_the_page(match: Match) -> None:
    content = json.dumps({"UrlLocal": "league/season/other/", **json.loads(results((5.1, "Foul", 0.9)))}).encode()
    at = imported(match, content, "o.json")
    assert "o.json: the file calls its match 'other'; it is taken for 'demo_match'." in html.unescape(html_of(at))


def imported(match: Match, content: bytes, name: str = "o.zip") -> AppTest:
    """The page after a zip or file of predictions was brought in."""
    at = run(evaluate_labels=match.id, dialog=IMPORT)
    at.file_uploader[0].set_value((name, content, "application/octet-stream"))
    at.run()
    button = [b for b in at.button if b.label == "Import"][-1]
    button.click().run()
    assert not at.exception
    return at


def html_of(at: AppTest) -> str:
    return "\n".join(element.value for element in at.get("html"))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "o.json: this results_spotting file is not JSON"), (results((1, "Homerun", 1)), "o.json: not one of 1 predictions is of a known class; they say 'Homerun'"), (b"PK\x03\x04", "o.json.*no such|cannot|not")],
)  # fmt: skip
def test_broken_files_are_refused_and_leave_nothing(content: bytes, message: str, sets: PredictionSets, data: DataDirectory) -> None:  # fmt: skip
    with pytest.raises(BadInputError, match=message) as caught:
        sets.add("Other", "o.json", content, PREDICTIONS, NAMES)
    assert str(data.root) not in str(caught.value)
    assert list((data.root / "imports").iterdir()) == []


def test_a_zip_of_one_file_without_a_folder_is_of_the_chosen_match(match: Match, sets: PredictionSets) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("MINE.JSON", results((5.1, "Foul", 0.9)))
    with pytest.raises(BadInputError, match="does not say which match"):
        sets.add("Other", "O.ZIP", out.getvalue(), PREDICTIONS, NAMES)
    one, _ = sets.add("Other", "O.ZIP", out.getvalue(), PREDICTIONS, NAMES, match)
    assert spots_of(one, match, NAMES) == [Spot(1, 5_100_000, "Foul", 0.9, source="Other")]
    at = run(evaluate_labels=match.id, dialog=IMPORT)
    at.file_uploader[0].set_value(("O.ZIP", out.getvalue(), "application/zip"))
    at.run()
    assert "Its match, where no folder names it" in [box.label for box in at.selectbox]


def test_first_labels_of_soccernet_are_taken_under_the_names_of_the_second(match: Match, sets: PredictionSets) -> None:
    content = b'{"annotations": [{"gameTime": "1 - 00:05", "label": "soccer-ball", "team": "home"}]}'
    one, _ = sets.add("First", "Labels.json", content, LABELS, NAMES, match)
    assert [(s.time, s.label) for s in spots_of(one, match, NAMES) or []] == [(5_000_000, "Goal")]


def test_a_table_without_a_row_is_refused_for_that(match: Match, sets: PredictionSets) -> None:
    with pytest.raises(BadInputError, match="no spots are in it, read as CSV"):
        sets.add("Other", "o.csv", b"half,seconds,label,confidence\n", PREDICTIONS, NAMES, match)


def test_imported_labels_are_compared_with_imported_predictions(match: Match, library: Library, sets: PredictionSets) -> None:  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        row = {"gameTime": "1 - 00:05", "label": "Foul", "position": "5000", "visibility": "visible"}
        archive.writestr("league/season/mine/Labels-v2.json", json.dumps({"annotations": [row]}))
    truth, _ = sets.add("Data set", "l.zip", out.getvalue(), LABELS, NAMES)
    imported, _ = sets.add("Other", "o.zip", zipped(mine=results((5.1, "Foul", 0.9))), PREDICTIONS, NAMES)
    assert label_choices(library, sets)[f"set:{truth.id}"] == "Data set, 1 game"
    assert prediction_choices(library, sets, f"set:{truth.id}") == {f"set:{imported.id}": "Other"}
    comparison = compared(library, sets, f"set:{truth.id}", f"set:{imported.id}", NAMES)
    assert [m.id for m in comparison.matches if m] == [match.id]
    with pytest.raises(BadInputError, match="only be compared with imported predictions"):
        compared(library, sets, f"set:{truth.id}", "model:0", NAMES)
    assert LIBRARY not in prediction_choices(library, sets, match.id)


def test_imported_spots_lie_over_the_match(match: Match, sets: PredictionSets) -> None:
    one, _ = sets.add("Other", "o.zip", zipped(mine=results((5.1, "Foul", 0.9))), PREDICTIONS, NAMES)
    at = match_page(match=match.id, source=f"set:{one.id}")
    shown = component_data(at.run())
    assert not at.exception
    assert (shown["model"], shown["method"]) == ("Other", "as imported")
    assert [s[2] for s in shown["spots"]] == [5.1]
    assert shown["notice"].startswith("The spots are those of Other, from a file.")


# --- pieces ---------------------------------------------------------------------------------------------


def test_the_point_of_a_threshold() -> None:
    import numpy as np

    curve = Curve(np.array([0.0, 0.5, 0.9]), np.array([0.5, 0.7, 1.0]), np.array([1.0, 0.6, 0.2]))
    assert [curve.at(t) for t in (0.0, 0.3, 0.5, 0.95)] == [(0.5, 1.0), (0.7, 0.6), (0.7, 0.6), (0.0, 0.0)]


def test_words_and_order_of_errors() -> None:
    classes = load_classes()
    missed = Outcome(MISSED, 0, 1, 9_000_000, "Goal", confidence=0.31)
    near = Outcome(NEAR, 0, 1, 5_000_000, "Foul", error=-1_240_000, confidence=0.55)
    false = Outcome(FALSE, 0, 1, 1_000_000, "Foul", confidence=0.6, instead="Direct free-kick")
    assert [error_text(o, classes) for o in (missed, near, false)] == [
        "best score .31", "1.2 s early, .55", ".60, Direct FK is true"
    ]  # fmt: skip
    assert in_order([missed, near, false], "By confidence") == [false, near, missed]
    assert in_order([missed, near, false], "By time error")[0] == near
    assert in_order([missed, near, false], "By match time") == [false, near, missed]
    assert [share(v) for v in (0.0, 0.584, 1.0)] == [".00", ".58", "1.00"]


def test_links_open_the_player_at_the_moment(match: Match) -> None:
    link = link_to(match, Outcome(NEAR, 0, 2, 37_400_000, "Yellow card", error=1), "set:ab")
    assert link == f"match?match={match.id}&half=2&t=37.400&class=Yellow+card&source=set%3Aab"
