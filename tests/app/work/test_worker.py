"""Workers: processes of their own that do the jobs, survive bad ones, and end with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.library.library import Library
from app.settings import Settings
from app.work import analysing
from app.work.kinds import MODULES
from explain.jobs.explanation import EXPLANATIONS, ExplanationsParameters
from spotting_core.base.data_directory import DataDirectory
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.kind import LONG
from spotting_core.jobs.local_process import LocalProcess
from spotting_core.jobs.queue import CANCELLED, DONE, FAILED, Job, JobQueue
from spotting_core.store.database import open_database
from tests.app.analysis_job import ask_for_analysis
from tests.conftest import REPOSITORY, small_model
from tests.videos import make_video, steady

pytestmark = pytest.mark.long


@pytest.fixture
def library(data: DataDirectory, tmp_path: Path) -> Library:
    return Library(Settings(data, (tmp_path.resolve(),), b"x"), open_database(data))


@pytest.fixture
def workers() -> Iterator[list[LocalProcess]]:
    started: list[LocalProcess] = []
    yield started
    for worker in started:
        worker.wait(0)


def start_worker() -> LocalProcess:
    worker = LocalProcess(LONG, MODULES)
    worker.start()
    return worker


def until(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def ended(queue: JobQueue, job: Job, seconds: float = 90.0) -> Job:
    until(lambda: not queue.get(job.id).live, seconds)  # type: ignore[union-attr]
    current = queue.get(job.id)
    assert current is not None
    return current


def explanations_of(folder: Path) -> str:
    """Key of the job that follows an analysis."""
    return EXPLANATIONS.key(ExplanationsParameters("", str(folder)))


def test_an_analysis_and_its_explanation(
    queue: JobQueue, library: Library, data: DataDirectory, tmp_path: Path, workers: list
) -> None:
    make_video(tmp_path / "a.mkv", steady(400, rate=10.0, start=0.5))
    match = library.add("a.mkv")
    model = small_model(tmp_path / "m", window=20)
    job = ask_for_analysis(queue, match, str(model))
    workers.append(start_worker())
    assert ended(queue, job).state == DONE, queue.get(job.id)
    analysis = library.analyses(match)[0]
    assert analysis.record.model["name"] == "small e2e-spot"
    later = queue.latest(explanations_of(analysis.folder))  # its spots are explained before anybody asks
    assert later is not None
    assert ended(queue, later).state == DONE
    assert (next((data.root / "media").iterdir()) / "playback.mp4").is_file()


def test_an_analysis_by_the_average_of_two(
    queue: JobQueue, library: Library, data: DataDirectory, tmp_path: Path, workers: list
) -> None:
    make_video(tmp_path / "a.mkv", steady(100, rate=10.0))
    match = library.add("a.mkv")
    models = [small_model(tmp_path / "m", window=20), small_model(tmp_path / "n", window=20, hidden=24)]
    job = analysing.ask_for_analysis(queue, library, match, [str(model) for model in models])
    workers.append(start_worker())
    assert ended(queue, job).state == DONE, queue.get(job.id)
    assert "members" in library.analyses(match)[0].record.model  # what was asked for is used, not what it is made of
    by_members = {len(a.record.model.get("members", ())): a for a in library.analyses(match)}
    assert [len(library.analyses(match)), sorted(by_members)] == [3, [0, 2]]  # each member's own are kept as well
    assert by_members[2].record.model["name"] == "small e2e-spot + small e2e-spot"
    assert queue.latest(explanations_of(by_members[2].folder)) is None  # its members have reasons, not it


def test_a_bad_job_fails_in_words_and_the_worker_goes_on(queue: JobQueue, tmp_path: Path, workers: list) -> None:
    broken = queue.submit(ANALYSIS.name, "x", {"path": str(tmp_path / "nothing.mp4"), "models": ["entity-attention"]})
    foreign = queue.submit(ANALYSIS.name, "y", {"match": "a"})
    workers.append(start_worker())
    job = ended(queue, broken)
    assert job.state == FAILED
    assert job.error == f"{tmp_path / 'nothing.mp4'}: there is no such file or folder. Check the path."
    assert "another version of Touchline has asked for this" in (ended(queue, foreign).error or "")
    assert workers[0].ended() is None


def test_cancel_stops_at_once_and_keeps_what_is_done(
    queue: JobQueue, library: Library, tmp_path: Path, workers: list
) -> None:
    make_video(tmp_path / "long.mp4", steady(6000, rate=10.0), b_frames=0, options={"preset": "ultrafast"})
    match = library.add("long.mp4")
    model = small_model(tmp_path / "m", window=20)
    job = ask_for_analysis(queue, match, str(model))
    workers.append(start_worker())
    until(lambda: queue.get(job.id).progress > 0.02)  # type: ignore[union-attr]
    cancelled = time.monotonic()
    queue.cancel(job.id)
    assert ended(queue, job).state == CANCELLED
    assert time.monotonic() - cancelled < 5
    assert library.analyses(match) == []
    again = ask_for_analysis(queue, match, str(model))
    assert ended(queue, again).state == DONE


def test_a_killed_workers_job_is_taken_up_again(
    queue: JobQueue, library: Library, tmp_path: Path, workers: list
) -> None:
    make_video(tmp_path / "long.mp4", steady(3000, rate=10.0), b_frames=0, options={"preset": "ultrafast"})
    match = library.add("long.mp4")
    job = ask_for_analysis(queue, match, str(small_model(tmp_path / "m", window=20)))
    first = start_worker()
    workers.append(first)
    until(lambda: queue.get(job.id).progress > 0.02)  # type: ignore[union-attr]
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: first.ended() is not None)
    assert first.ended() == "code -9"
    workers.append(start_worker())
    current = ended(queue, job)
    assert (current.state, current.attempts) == (DONE, 2)


def test_a_worker_told_to_end_gives_its_job_back(
    queue: JobQueue, library: Library, tmp_path: Path, workers: list
) -> None:
    make_video(tmp_path / "long.mp4", steady(6000, rate=10.0), b_frames=0, options={"preset": "ultrafast"})
    match = library.add("long.mp4")
    job = ask_for_analysis(queue, match, str(small_model(tmp_path / "m", window=20)))
    worker = start_worker()
    workers.append(worker)
    until(lambda: queue.get(job.id).progress > 0.01)  # type: ignore[union-attr]
    worker.stop()
    until(lambda: worker.ended() is not None, 15)
    current = queue.get(job.id)
    assert current is not None
    assert (current.state, current.attempts) == ("queued", 0)


def test_a_worker_ends_when_its_parent_does(tmp_path: Path) -> None:
    script = (
        "import time; from app.work.kinds import MODULES; from spotting_core.jobs.local_process import LocalProcess\n"
        "worker = LocalProcess('long', MODULES); worker.start(); print(worker.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    until(lambda: (tmp_path / "data" / "worker.log").exists())
    parent.kill()
    parent.wait()
    until(
        lambda: not Path(f"/proc/{worker}").exists() or "Z" in Path(f"/proc/{worker}/stat").read_text().split()[2], 20
    )


def test_a_worker_whose_queue_is_damaged_ends_and_is_not_started_again(
    queue: JobQueue, data: DataDirectory, workers: list
) -> None:
    worker = start_worker()
    workers.append(worker)
    job = queue.submit(ANALYSIS.name, "y", {"match": "a"})
    ended(queue, job)  # it works
    open_database(data).engine.dispose()
    for file in data.root.glob("touchline.db*"):
        file.write_bytes(b"no database at all" * 1000)
    until(lambda: worker.ended() is not None)
    assert worker.hopeless()
    again = start_worker()
    workers.append(again)
    until(lambda: again.ended() is not None)
    assert again.hopeless()
    assert "the queue is damaged" in (data.root / "worker.log").read_text()
