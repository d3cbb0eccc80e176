"""A match that has not been analysed: what is said of it and of its analysis before anybody has waited for one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.library.library import Match
from app.settings import DEMO
from app.views import add_model
from app.views.add_model import BROADCAST_MODELS
from spotting_core.analyses.analysis import write_record
from spotting_core.base.data_directory import DataDirectory
from spotting_core.checkpoints.download import Remote
from spotting_core.checkpoints.sources import Offer
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.match_clock import CLOCK
from spotting_core.jobs.queue import DONE, FAILED, Job, JobQueue
from spotting_core.jobs.trial import TRIAL
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import open_match
from spotting_core.models.card import BROADCAST, BUNDLED, model_folder, read_card, write_card
from spotting_core.models.known import remember
from spotting_core.preflight.kept_pace import keep_pace
from tests.app.made_analysis import make_analysis
from tests.app.pages import match_page, texts
from tests.conftest import REPOSITORY, small_model
from tests.score_bugs import bug_text, keep_readings
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")
NOT_TIMED = "entity-attention was not timed here yet."
BROADCASTS = "Add a model of broadcasts"
SHA256 = "0123456789abcdef" * 4


@pytest.fixture
def media(match: Match, data: DataDirectory) -> Media:
    """The video of a match of 20 s, which has been read."""
    return ingest(match.path, data)


def trial(queue: JobQueue) -> Job:
    """The trial that the page has asked for, taken by a worker."""
    job = queue.take([TRIAL.name])
    assert job is not None
    return job


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def test_it_says_what_the_video_is_and_how_long_an_analysis_takes_here(
    tmp_path: Path, match: Match, media: Media, data: DataDirectory
) -> None:
    assert "1 video of 0:20: 320×180, 10" in texts(match_page(match=match.id).run())
    other = make_analysis(open_match(make_video(tmp_path / "other.mp4", steady(60), first=73_000)), data, [])
    record = replace(
        other.record, model={**other.record.model, "name": "Touchline entity-attention"}, timings={"reading": 24.0}
    )
    write_record(other.folder, record)
    at = match_page(match=match.id).run()
    assert "entity-attention will take about 3 min 20 s here, as its earlier analyses did." in texts(at)


def test_a_model_that_was_never_timed_here_is_tried_once(
    match: Match, media: Media, queue: JobQueue, data: DataDirectory
) -> None:
    waits = "How long entity-attention takes here will be measured once nothing else is under way."
    assert waits in texts(match_page(match=match.id).run())
    job = trial(queue)
    assert "How long entity-attention takes here is being measured." in texts(match_page(match=match.id).run())
    keep_pace(3.5, [media], model_folder(BUNDLED), data)
    queue.finish(job, DONE)
    at = match_page(match=match.id).run()
    assert "entity-attention will take about 1 min 10 s here, by a trial on some seconds of it." in texts(at)
    assert queue.all_live() == []


def test_where_a_trial_failed_nothing_is_said_and_none_is_made_again(
    match: Match, media: Media, queue: JobQueue
) -> None:
    match_page(match=match.id).run()
    queue.finish(trial(queue), FAILED, "there is too little memory")
    at = match_page(match=match.id).run()
    assert NOT_TIMED in texts(at)
    assert queue.all_live() == []


def test_an_analysis_that_is_asked_for_does_not_wait_for_a_trial(match: Match, media: Media, queue: JobQueue) -> None:
    at = match_page(match=match.id).run()
    next(b for b in at.button if b.label == "Analyse").click().run()
    taken = queue.take([TRIAL.name, ANALYSIS.name])
    assert taken is not None
    assert taken.kind == ANALYSIS.name
    assert queue.take([TRIAL.name]) is None


def test_it_says_what_will_be_found(tmp_path: Path, match: Match, media: Media, data: DataDirectory) -> None:
    remember(small_model(tmp_path / "mine"), "0" * 64, data)
    at = match_page(match=match.id).run()
    every = "To be found: entities and spots, then shots, boundaries, replays and calibrations."
    assert every in texts(at)
    at.selectbox(key="unanalysed_model").set_value("mine (00000000)").run()
    assert "To be found: spots. " in texts(at)


def test_it_says_on_what_its_model_was_trained_and_leads_to_one_of_broadcasts(
    match: Match, media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def offer_of(source: str) -> Offer:
        asked.append(source)
        return Offer("theirs", source, Remote(source, "checkpoint_088.pt", 18_000_000, SHA256))

    monkeypatch.setattr(add_model, "offer_of", offer_of)
    at = match_page(match=match.id).run()
    assert "was trained on rendered matches only. On other footage its spots are a demonstration" in texts(at)
    assert asked == []
    next(b for b in at.button if b.label == BROADCASTS).click().run()
    assert not at.exception
    assert set(asked) == {BROADCAST_MODELS[0]}
    assert "Add" in labels(at)
    hashed = next(c for c in at.caption if c.value.startswith("SHA-256"))
    assert (hashed.value, hashed.help) == ("SHA-256: 0123456789ab…", SHA256)


def test_a_model_of_broadcasts_that_is_here_is_named_instead(
    tmp_path: Path, match: Match, media: Media, data: DataDirectory
) -> None:
    folder = small_model(tmp_path / "theirs")
    write_card(folder, replace(read_card(folder), domain=BROADCAST))
    remember(folder, "0" * 64, data)
    at = match_page(match=match.id).run()
    assert "Trained on broadcasts: theirs (00000000)." in texts(at)
    assert BROADCASTS not in labels(at)
    at.selectbox(key="unanalysed_model").set_value("theirs (00000000)").run()
    assert "rendered matches" not in texts(at)


def test_a_rendered_match_is_what_the_model_was_trained_on(data: DataDirectory) -> None:
    for half in open_match(DEMO).halves:
        ingest(half.path, data)

    def script() -> None:
        from app.state import shared_library
        from app.views.unanalysed_facts import unanalysed_facts

        demo = shared_library().demo()
        assert demo is not None
        unanalysed_facts(demo, "entity-attention")

    at = AppTest.from_function(script, default_timeout=240).run()
    assert not at.exception
    assert "To be found" in texts(at)
    assert "rendered matches" not in texts(at)


def test_halves_and_score_are_said_where_the_clock_has_been_read(match: Match, media: Media) -> None:
    assert "By its clock" not in texts(match_page(match=match.id).run())
    keep_readings(media, lambda seconds: bug_text(600 + seconds, "0-0" if seconds < 10 else "1-0"))
    at = match_page(match=match.id).run()
    assert "score 1–0 in the end." in texts(at)
    assert "Read its clock" not in [box.label for box in at.checkbox]


@pytest.mark.parametrize(("leave", "kinds"), [(False, [ANALYSIS.name, CLOCK.name]), (True, [ANALYSIS.name])])
def test_the_clock_is_read_beside_an_analysis_unless_that_is_left_out(
    match: Match, media: Media, queue: JobQueue, leave: bool, kinds: list[str]
) -> None:
    at = match_page(match=match.id).run()
    if leave:
        next(box for box in at.checkbox if box.label == "Read its clock").uncheck().run()
    next(b for b in at.button if b.label == "Analyse").click().run()
    assert not at.exception
    assert [j.kind for j in queue.all_live() if not j.own_accord] == kinds


def test_the_addresses_are_those_of_the_documents() -> None:
    published = (REPOSITORY / "docs" / "published_models.md").read_text(encoding="utf-8")
    assert all(f"touchline models add {address}\n" in published for address in BROADCAST_MODELS)
