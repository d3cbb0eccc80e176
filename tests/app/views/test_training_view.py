"""Training from the Review view: what is asked for, how it goes, and what it found."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import pytest

from app.library.library import Library, Match
from app.views.training import changes_list, comparison_table
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import write_json
from spotting_core.data_sets.data_set import DataSets
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.intervals import Interval
from spotting_core.jobs.queue import CANCELLED, DONE, FAILED, JobQueue
from spotting_core.jobs.training import TRAINING, TrainingParameters
from spotting_core.models.known import known_models, remember
from spotting_core.store.database import open_database
from spotting_core.store.reviews import REJECT, Reviews
from spotting_core.training.comparison import ALARM, COMPARISON_FILE, FOUND, ChangedMoment, ClassComparison, Comparison
from tests.app.pages import texts, view
from tests.conftest import small_model

pytestmark = pytest.mark.usefixtures("fresh")

COMPARED = Comparison(
    "tight", 4.5, 12, 0.412, 0.455, Interval(0.043, -0.01, 0.09),
    (
        ClassComparison("Goal", 5, 0.5, 0.8, Interval(0.3, 0.1, 0.4)),
        ClassComparison("<b>", 7, 0.9, 0.7, Interval(-0.2, -0.3, -0.1)),
    ),
)  # fmt: skip
PARAMETERS = TrainingParameters("entity-attention", "a" * 16, "week 1", 300)


def dialog(at):  # type: ignore[no-untyped-def]
    """The page with the dialog open."""
    next(button for button in at.button if button.label == "Train").click()
    return at.run()


def test_a_comparison_says_what_is_more_than_chance() -> None:
    table = comparison_table(COMPARED)
    assert "On 4.5 minutes that were held out, with 12 actions, tight average-mAP went from .41 to .46" in table
    assert "+.04 (−.01 to +.09): no more than chance" in table
    assert "<td>+.30 (+.10 to +.40)</td><td>better</td>" in table
    assert "&lt;b&gt;" in table
    assert "worse" in table
    nothing = comparison_table(Comparison("tight", 1.0, 0, None, None, None))
    assert "On 1 minute that was held out no action is labelled" in nothing


def test_of_too_little_held_out_no_verdict_is_given() -> None:
    rows = (ClassComparison("Kick-off", 1, 0.75, 1.0, None),)
    table = comparison_table(Comparison("tight", 1.0, 7, 0.93, 0.96, None, rows, units=1))
    assert "On 1 minute that was held out, with 7 actions, tight average-mAP went from .93 to .96, +.03: " in table
    assert "+.03: too few to say. 1 minute with actions was held out: of what lies in fewer than 5" in table
    assert "<td>+.25</td><td>too few to say</td>" in table
    assert "better" not in table
    some = comparison_table(replace(COMPARED, classes=(*COMPARED.classes, *rows), units=6))
    assert "no more than chance. 6 minutes with actions were held out: of what lies in fewer than 5" in some
    assert "too few to say" in some
    assert "cannot be said" not in comparison_table(COMPARED)


def test_what_changed_is_a_click_from_the_player(match: Match) -> None:
    moments = (
        ChangedMoment(str(match.path), 1, 12_500_000, "Goal", "0:12", FOUND),
        ChangedMoment("/gone/<i>", 2, 1_000_000, "<b>", "45:01", ALARM),
    )
    shown = changes_list(replace(COMPARED, changes=moments), {match.path: match})
    link = f'<a href="match?match={match.id}&half=1&t=12.500&class=Goal" target="_self">Goal, 0:12, {match.title}</a>'
    assert f"<li>found now: {link}</li>" in shown
    assert "<li>new false alarm: &lt;b&gt;, 45:01, &lt;i&gt;</li>" in shown  # of a match that is no longer here
    assert "both spot the same" in changes_list(COMPARED, {})
    many = changes_list(replace(COMPARED, changes=moments[:1] * 40), {match.path: match})
    assert many.count("<li>") == 30
    assert "And 10 more." in many


def test_what_is_known_now_becomes_a_data_set_and_is_trained_on(
    match: Match, data: DataDirectory, queue: JobQueue
) -> None:
    Reviews(open_database(data)).add(match.id, Spot(1, 5_000_000, "Goal"), "Ann")
    at = dialog(view("review").run())
    at.text_input(key="new_data_set").set_value("week 1").run()
    at.button(key="start_training").click().run()
    [job] = queue.all_live([TRAINING.name])
    [made] = DataSets(data).all()
    assert TRAINING.read(job) == TrainingParameters("entity-attention", made.id, "week 1", 300)
    assert "Training entity-attention on week 1: Queued, next" in texts(view("review").run())


def test_all_of_a_model_that_looks_at_pictures_can_be_trained(
    match: Match, data: DataDirectory, queue: JobQueue
) -> None:
    Reviews(open_database(data)).add(match.id, Spot(1, 5_000_000, "Goal"), "Ann")
    at = dialog(view("review").run())
    at.text_input(key="new_data_set").set_value("week 1").run()
    [whole] = at.checkbox
    assert whole.label == "Also what looks at the pictures"
    whole.check().run()
    at.button(key="start_training").click().run()
    [job] = queue.all_live([TRAINING.name])
    assert TRAINING.read(job).everything
    assert job.title == "entity-attention on week 1, all of it"
    other = msgspec.structs.replace(TRAINING.read(job), everything=False)
    assert TRAINING.leaves(other, data) != TRAINING.leaves(TRAINING.read(job), data)


def test_of_a_model_of_features_there_is_no_more_to_train(match: Match) -> None:
    at = dialog(view("review").run())
    assert [box.label for box in at.checkbox] == ["Also what looks at the pictures"]
    at.selectbox[0].set_value("dense-unet").run()
    assert not at.checkbox


def test_where_nobody_has_watched_anything_that_is_said(match: Match, queue: JobQueue) -> None:
    at = dialog(view("review").run())
    at.text_input(key="new_data_set").set_value("week 1").run()
    at.button(key="start_training").click().run()
    assert any("nobody has watched anything" in error.value for error in at.error)
    assert queue.all_live([TRAINING.name]) == []


def test_where_there_is_but_the_demo_that_is_said(library: Library) -> None:
    at = dialog(view("review").run())
    assert "There is no match yet but the demo. Add one in the Library" in texts(at)
    assert at.button(key="start_training").disabled
    assert not at.text_input


def test_what_a_data_set_leaves_out_and_lacks_is_shown_beside_its_training(
    match: Match, data: DataDirectory, queue: JobQueue
) -> None:
    reviews = Reviews(open_database(data))
    goal = reviews.add(match.id, Spot(1, 5_000_000, "Goal"), "Ann")
    reviews.change(match.id, goal.origin, goal.spot, REJECT, "Bob", goal.revision)
    reviews.add(match.id, Spot(1, 15_000_000, "Foul"), "Ann")
    reviews.add(match.id, Spot(1, 15_200_000, "Foul"), "Bob")
    at = dialog(view("review").run())
    assert "What is said of the demo match is never learned from." in texts(at)
    at.text_input(key="new_data_set").set_value("week 1").run()
    at.button(key="start_training").click().run()
    assert queue.all_live([TRAINING.name])
    shown = texts(at)
    assert f"Contradiction: {match.title}, Goal at 00:05: Ann holds it to be true, Bob not. These seconds are" in shown
    assert "Left out: 1 × a spot within a second of another one of its class." in shown
    assert "Without a label: Penalty, Kick-off, Goal, Substitution, Offside, Shots on target and 10 more." in shown


def test_a_model_of_classes_that_nobody_labelled_is_refused_before_the_start(
    match: Match, data: DataDirectory, queue: JobQueue, tmp_path: Path
) -> None:
    small_model(tmp_path / "header")
    card = json.loads((tmp_path / "header" / "card.json").read_text())
    write_json(tmp_path / "header" / "card.json", {**card, "classes": ["Header", "Pass"]})
    remember(tmp_path / "header", "h" * 64, data)
    [name] = [name for name, folder in known_models(data).items() if folder == tmp_path / "header"]
    reviews = Reviews(open_database(data))
    reviews.add(match.id, Spot(1, 15_000_000, "Foul"), "Ann")
    goal = reviews.add(match.id, Spot(1, 5_000_000, "Goal"), "Ann")
    reviews.change(match.id, goal.origin, goal.spot, REJECT, "Bob", goal.revision)
    at = dialog(view("review").run())
    at.selectbox[0].set_value(name).run()
    at.text_input(key="new_data_set").set_value("week 1").run()
    at.button(key="start_training").click().run()
    assert any("is of a class of this model (Header, Pass)" in error.value for error in at.error)
    assert queue.all_live([TRAINING.name]) == []
    assert f"Contradiction: {match.title}, Goal at 00:05" in texts(at)  # which may be why there is none
    assert DataSets(data).all() == []  # so that the name is free and the labels are new for the next model


def test_a_training_under_way_can_be_cancelled_and_resumed(match: Match, queue: JobQueue) -> None:
    job = TRAINING.ask(queue, PARAMETERS)
    at = dialog(view("review").run())
    at.button(key="cancel_training").click().run()
    left = queue.get(job.id)
    assert left is not None
    assert left.state == CANCELLED
    at = dialog(view("review").run())
    next(button for button in at.button if button.label == "Resume").click().run()
    [again] = queue.all_live([TRAINING.name])
    assert TRAINING.read(again) == PARAMETERS


def test_what_the_last_training_found_or_why_it_failed_is_shown(
    match: Match, queue: JobQueue, data: DataDirectory
) -> None:
    TRAINING.ask(queue, PARAMETERS)
    job = queue.take([TRAINING.name])
    assert job is not None
    queue.finish(job, FAILED, "m v B is gone.")
    at = dialog(view("review").run())
    assert any("failed. m v B is gone" in error.value for error in at.error)
    TRAINING.ask(queue, PARAMETERS)
    job = queue.take([TRAINING.name])
    assert job is not None
    [out] = TRAINING.leaves(PARAMETERS, data)
    out.mkdir(parents=True)
    write_json(Path(out) / COMPARISON_FILE, asdict(COMPARED))
    queue.finish(job, DONE)
    at = dialog(view("review").run())
    assert "tight average-mAP went from .41 to .46" in texts(at)
    assert "No match was switched to it" in texts(at)


def _trained(folder: Path, labels: int, after: float, data: DataDirectory, *, sure: bool = True) -> None:
    small_model(folder)
    card = json.loads((folder / "card.json").read_text())
    write_json(folder / "card.json", {**card, "training": {"labels": {"Goal": labels}}})
    spread = (after - 0.02, after + 0.02) if sure else None
    write_json(folder / COMPARISON_FILE, asdict(replace(COMPARED, after=after, interval=spread)))
    remember(folder, folder.name.ljust(64, "0"), data)


def test_what_labels_have_brought_is_a_curve_with_a_guess(match: Match, data: DataDirectory, tmp_path: Path) -> None:
    assert "What labels have brought" not in texts(dialog(view("review").run()))
    _trained(tmp_path / "one", 50, 0.30, data)
    shown = texts(dialog(view("review").run()))
    assert "What labels have brought" in shown
    assert ".30 with 50 labels. What more would bring can be guessed from 3 trainings" in shown
    assert "Each was measured on 4.5 minutes that were held out." in shown
    _trained(tmp_path / "unsure", 80, 0.35, data, sure=False)
    [figure] = dialog(view("review").run()).get("plotly_chart")
    spread = json.loads(figure.proto.spec)["data"][1]["error_y"]
    assert [value is None for value in spread["array"]] == [False, True]
    _trained(tmp_path / "two", 100, 0.40, data)
    _trained(tmp_path / "three", 200, 0.50, data)
    at = dialog(view("review").run())
    assert ".50 with 200 labels. The next 100 would bring about +.06 (+.05 to +.07)." in texts(at)
    [figure] = at.get("plotly_chart")
    assert "labels learned from" in figure.proto.spec
    assert "tight average-mAP" in figure.proto.spec
    assert json.loads(figure.proto.spec)["layout"]["paper_bgcolor"] == "rgba(0, 0, 0, 0)"  # the dialog's own ground
