"""Pages of a running app in Chromium. One app and one Chromium serve all tests of a process, which take seconds to start."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from app.library.library import Match
from app.settings import settings
from spotting_core.jobs.queue import JobQueue
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from tests.app.conftest import SPOTS, VIDEOS, Server, patient, running
from tests.app.made_analysis import make_analysis
from tests.chromium import ARGUMENTS, find_chromium
from tests.videos import make_video


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The one app of all browser tests of a process; each has matches of its own in it."""
    with running(tmp_path_factory.mktemp("app")) as running_server, pytest.MonkeyPatch.context() as patch:
        # What tests make for the app is found by the same folders as in it.
        patch.setenv("TOUCHLINE_ROOTS", str(running_server.root))
        settings.cache_clear()
        yield running_server
    settings.cache_clear()


@pytest.fixture(scope="package")
def match_of(server: Server) -> Callable[[str], Match]:
    """Numbered matches in the running app's library, by kind."""
    matches: dict[str, Match] = {}

    def get(kind: str) -> Match:
        if kind not in matches:
            made = dict(VIDEOS[kind])
            path = make_video(server.root / made.pop("name"), made.pop("times"), **made)
            make_analysis(open_match(path), server.data, SPOTS)
            matches[kind] = server.library().add(str(path))
        return matches[kind]

    return get


@pytest.fixture(scope="package")
def chromium() -> str:
    path = find_chromium()
    assert path is not None, "run `make chromium`"
    return path


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """Chromium for what needs windows of its own; each starts with nothing loaded."""
    launched = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
    yield launched
    launched.close()


@pytest.fixture(scope="package")
def visited(
    playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """Chromium of a user who has been here before: the app's three megabytes of scripts are loaded and compiled once."""
    launched = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("chromium"),
        executable_path=chromium,
        args=list(ARGUMENTS),
        viewport={"width": 1440, "height": 900},
        color_scheme="dark",
    )
    yield patient(launched)
    launched.close()


@pytest.fixture
def stopped(server: Server) -> Iterator[None]:
    """What a test has asked a real model for ends with it, as it would hold up the tests that come after."""
    queue = JobQueue(open_database(server.data))
    before = {job.id for job in queue.all_live()}
    yield
    for job in queue.all_live():
        if job.id not in before:
            queue.cancel(job.id)


def forget(page: Page, server: Server) -> None:
    """Remove all that the app has kept in the browser, scripts aside."""
    page.context.clear_cookies()
    session = page.context.new_cdp_session(page)
    kept = "local_storage,indexeddb,cache_storage,service_workers"
    session.send("Storage.clearDataForOrigin", {"origin": server.url, "storageTypes": kept})
    session.detach()


@pytest.fixture
def page(visited: BrowserContext, server: Server) -> Iterator[Page]:
    opened = visited.new_page()
    problems: list[str] = []
    hosts: set[str] = set()
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "console", lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None
    )
    opened.on(
        "request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]) if "//" in request.url else None
    )
    yield opened
    forget(opened, server)
    opened.close()
    assert problems == []
    assert hosts <= {"127.0.0.1"}, "something was loaded from another host"
