"""The broadcast's clock in the Model dialog: read on request, and what is said of it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Match
from app.views.clock_choice import ask_for_clock
from app.workspace import under_way
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.match_clock import CLOCK
from spotting_core.jobs.queue import DONE, FAILED, JobQueue
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import open_match
from spotting_core.score_bug import readings
from spotting_core.score_bug.readings import BugReadings, write_readings
from tests.app.analysis_job import ask_for_analysis
from tests.app.made_analysis import make_analysis
from tests.app.pages import component_data, match_page, texts
from tests.score_bugs import bug_text, keep_readings

pytestmark = pytest.mark.usefixtures("fresh")
READ = "Read the broadcast's clock"


@pytest.fixture
def media(match: Match, data: DataDirectory) -> list[Media]:
    """The videos of a match that has been analysed."""
    make_analysis(open_match(match.path), data, [Spot(1, 2_000_000, "Goal", 0.9)])
    return [ingest(half.path, data) for half in open_match(match.path).halves]


def dialog(match: Match) -> AppTest:
    at = match_page(match=match.id)
    at.session_state["dialog"] = (match.id, "model")
    return at.run()


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def test_it_is_read_on_request_with_progress(queue: JobQueue, match: Match, media: list[Media]) -> None:
    at = dialog(match)
    next(b for b in at.button if b.label == READ).click().run()
    assert not at.exception
    job = queue.take([CLOCK.name])
    assert job is not None
    assert job.parameters == {"path": str(match.path), "title": match.title}
    queue.report(job, 0.42, "Reading the clock")
    assert component_data(match_page(match=match.id).run())["job"]["text"].startswith("Reading the clock")
    at = dialog(match)
    assert READ not in labels(at)
    assert "The broadcast's clock is being read, 42%." in texts(at)


def test_a_failure_is_said_and_it_can_be_read_again(queue: JobQueue, match: Match, media: list[Media]) -> None:
    next(b for b in dialog(match).button if b.label == READ).click().run()
    job = queue.take([CLOCK.name])
    assert job is not None
    queue.finish(job, FAILED, error="The video is gone.")
    at = dialog(match)
    assert "The clock could not be read. The video is gone." in [error.value for error in at.error]
    assert READ in labels(at)


def test_what_was_read_is_said(queue: JobQueue, match: Match, media: list[Media]) -> None:
    for one in media:
        keep_readings(one, lambda seconds: bug_text(600 + seconds, "0-0"))
    at = dialog(match)
    assert READ not in labels(at)
    assert "The broadcast's clock has been read" in texts(at)


def test_a_match_without_a_clock_says_so(queue: JobQueue, match: Match, media: list[Media]) -> None:
    for one in media:
        write_readings(one, BugReadings(None, (), 1.0, 0.0))
    at = dialog(match)
    assert READ not in labels(at)
    assert "No clock of a broadcast is known: no match clock stays in one place of the picture and moves on." in texts(
        at
    )


def test_a_clock_that_counts_down_is_called_so(queue: JobQueue, match: Match, media: list[Media]) -> None:
    for one in media:
        keep_readings(one, lambda seconds: bug_text(600 - seconds, "0-0"))
    assert "its clock counts down, and only clocks that count up are read" in texts(dialog(match))


def test_what_another_version_has_read_is_read_again(
    queue: JobQueue, match: Match, media: list[Media], monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in media:
        keep_readings(one, lambda seconds: bug_text(600 + seconds, "0-0"))
    monkeypatch.setattr(readings, "reader_version", lambda: "another")
    assert READ in labels(dialog(match))


def test_the_page_is_made_anew_when_it_has_been_read(queue: JobQueue, match: Match, media: list[Media]) -> None:
    next(b for b in dialog(match).button if b.label == READ).click().run()
    job = queue.take([CLOCK.name])
    assert job is not None
    at = match_page(match=match.id).run()
    assert at.session_state["reading_clock"] == match.id
    queue.finish(job, DONE)
    at.run()
    assert at.session_state["reading_clock"] is None


def test_an_analysis_that_ends_before_the_clock_is_shown_at_once(
    queue: JobQueue, match: Match, media: list[Media], monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(under_way.st, "session_state", state)
    ask_for_analysis(queue, match, "dense-unet")
    ask_for_clock(match)
    assert not under_way.anything_ended(match)
    analysis = queue.take([ANALYSIS.name])
    assert analysis is not None
    queue.finish(analysis, DONE)
    assert under_way.anything_ended(match)
    assert not under_way.anything_ended(match)
    clock = queue.take([CLOCK.name])
    assert clock is not None
    queue.finish(clock, DONE)
    assert under_way.anything_ended(match)
