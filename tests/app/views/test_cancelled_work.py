"""Work that was cancelled: between the click and its end that is said, and what was done of it can be gone on with."""

from __future__ import annotations

import pytest

from app.library.library import Library, Match
from app.views.page import progress_text
from app.work import analysing
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.queue import CANCELLED, Job, JobQueue
from spotting_core.media.source import open_match
from tests.app.analysis_job import ask_for_analysis
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, library_page, match_page, texts

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def running(queue: JobQueue, match: Match) -> Job:
    """An analysis that is two thirds done."""
    ask_for_analysis(queue, match, "dense-unet")
    job = queue.take([ANALYSIS.name])
    assert job is not None
    queue.report(job, 0.667, "Reading")
    return job


def test_the_library_says_that_an_analysis_is_being_cancelled_and_resumes_it(
    queue: JobQueue, match: Match, running: Job
) -> None:
    at = library_page().run()
    assert progress_text(queue.all_live()[0]).startswith("67%, reading")
    next(b for b in at.button if b.key == f"cancel-{match.id}").click().run()
    assert "Cancelling" in texts(at)
    assert next(b for b in at.button if b.key == f"cancel-{match.id}").disabled
    assert progress_text(queue.all_live()[0]) == "Cancelling"
    queue.finish(running, CANCELLED)
    at.run()
    resume = next(b for b in at.button if b.key == f"resume-{match.id}")
    assert resume.label == "Resume from 66 %"
    resume.click().run()
    assert not at.exception
    again = queue.recent(match.id, ANALYSIS.name)
    assert again is not None
    assert (again.live, again.id != running.id, again.parameters) == (True, True, running.parameters)


def test_what_cannot_be_asked_for_is_said_over_the_page(match: Match, library: Library) -> None:
    at = library_page().run()
    row = at.button(key=f"analyse-{match.id}")
    library.remove(match)
    row.click().run()
    assert not at.exception
    assert ["no longer in the library" in toast.value for toast in at.toast] == [True]
    assert "Library <span>" in texts(at)  # and the page is there


def test_so_does_the_match_view(queue: JobQueue, match: Match, running: Job) -> None:
    at = match_page(match=match.id).run()
    next(b for b in at.button if b.label == "Cancel").click().run()
    assert next(b for b in at.button if b.label == "Cancel").disabled
    queue.finish(running, CANCELLED)
    at = match_page(match=match.id).run()
    next(b for b in at.button if b.label == "Resume from 66 %").click().run()
    assert queue.all_live()[0].parameters["models"] == ["dense-unet"]


def test_the_model_dialog_resumes_a_second_analysis(
    queue: JobQueue, match: Match, data: DataDirectory, running: Job
) -> None:
    make_analysis(open_match(match.path), data, [Spot(1, 2_000_000, "Goal", 0.9)])
    queue.cancel(running.id)
    assert component_data(match_page(match=match.id).run())["job"]["text"] == "Analysing, cancelling"
    queue.finish(running, CANCELLED)
    at = match_page(match=match.id)
    at.session_state["dialog"] = (match.id, "model")
    at.run()
    next(b for b in at.button if b.label == "Resume dense-unet from 66 %").click().run()
    assert not at.exception
    assert [j.kind for j in queue.all_live()] == [ANALYSIS.name]


def test_the_model_dialog_says_that_what_it_resumes_is_adapted(
    queue: JobQueue, library: Library, match: Match, data: DataDirectory
) -> None:
    make_analysis(open_match(match.path), data, [Spot(1, 2_000_000, "Goal", 0.9)])
    analysing.ask_for_analysis(queue, library, match, ["entity-attention"], adapt=True)
    job = queue.take([ANALYSIS.name])
    assert job is not None
    queue.report(job, 0.5, "Reading")
    queue.cancel(job.id)
    queue.finish(job, CANCELLED)
    at = match_page(match=match.id)
    at.session_state["dialog"] = (match.id, "model")
    at.run()
    next(b for b in at.button if b.label == "Resume entity-attention, adapted, from 50 %").click().run()
    assert [ANALYSIS.read(j).adapt for j in queue.all_live()] == [True]


def test_what_was_done_is_kept_when_it_is_cancelled_again_before_its_turn(
    queue: JobQueue, match: Match, running: Job
) -> None:
    queue.cancel(running.id)
    queue.finish(running, CANCELLED)
    at = match_page(match=match.id).run()
    next(b for b in at.button if b.label == "Resume from 66 %").click().run()
    assert queue.all_live()[0].progress == pytest.approx(0.667)
    queue.cancel(queue.all_live()[0].id)
    at = match_page(match=match.id).run()
    assert [b.label for b in at.button if "Resume" in b.label] == ["Resume from 66 %"]


def test_the_library_calls_a_place_in_line_as_the_jobs_do(queue: JobQueue, match: Match) -> None:
    ask_for_analysis(queue, match, "dense-unet")
    at = library_page().run()
    assert "Queued, next" in texts(at)
    assert "0 ahead" not in texts(at)


def test_what_was_cancelled_before_it_began_is_asked_for_anew(queue: JobQueue, match: Match) -> None:
    queue.cancel(ask_for_analysis(queue, match, "dense-unet").id)
    at = library_page().run()
    assert next(b for b in at.button if b.key == f"analyse-{match.id}").label == "Analyse"
