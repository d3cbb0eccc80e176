"""What comes from outside is text in the page: script in a class table, in names and in labels runs nowhere, and what
other pages try with the running app is refused."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.library.library import Match
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from tests.app.conftest import Server, patient
from tests.app.made_analysis import make_analysis
from tests.app.player_page import FIND, open_page
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

IMAGE = "<img src=x onerror=\"window.attacked = 'image'\">"
QUOTES = '" onmouseover="window.attacked = \'quotes\'" style="position:fixed;inset:0;z-index:9999" x=\''
REMOTE = "![x](http://attack.example/x.png) **bold** :red[red] $x$ `code`"

# Everything on the page, in shadow roots as well: elements that only an attack makes, and handlers in attributes.
LOOK = """() => {
  const injected = [];
  const look = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.matches('img[src="x"], script[data-attack], svg[onload], iframe')) injected.push(element.outerHTML);
      for (const { name } of element.attributes) if (name.startsWith('on')) injected.push(`${element.tagName} ${name}`);
      if (element.shadowRoot) look(element.shadowRoot);
    }
  };
  look(document);
  return [window.attacked ?? null, injected];
}"""


def hostile_classes() -> ClassTable:
    goal, corner = load_classes().get("Goal"), load_classes().get("Corner")
    first = replace(goal, index=0, name=f"Goal {IMAGE}", short=IMAGE, group=QUOTES, glyph="constructor")
    second = replace(corner, index=1, name=f"Corner {QUOTES}", short=QUOTES, group=IMAGE, glyph=QUOTES)
    return ClassTable("hostile", (first, second))


@pytest.fixture(scope="module")
def hostile(server: Server) -> Match:
    """A match whose labels, class table and model all carry markup and Markdown."""
    folder = server.root / "hostile"
    folder.mkdir()
    make_video(folder / "1_720p.mp4", steady(260), first=10_000, container={"movflags": "faststart"})
    label = {"gameTime": "1 - 00:01", "label": "Goal", "position": "1000", "team": "home", "visibility": "visible"}
    fields = {"gameHomeTeam": f"Home {IMAGE} {REMOTE}", "gameAwayTeam": f"Away {QUOTES}", "gameScore": IMAGE,
              "gameDate": IMAGE, "UrlLocal": f"{IMAGE}/2020/x", "annotations": [label]}  # fmt: skip
    (folder / "Labels-v2.json").write_text(json.dumps(fields))
    spots = [Spot(1, 1_200_000, f"Goal {IMAGE}", 0.9), Spot(1, 5_000_000, f"Corner {QUOTES}", 0.8)]
    make_analysis(
        open_match(folder), server.data, spots, "hostile", f"model {IMAGE} {REMOTE}", classes=hostile_classes()
    )
    return server.library().add(str(folder))


def untouched(page: Page) -> None:
    attacked, injected = page.evaluate(LOOK)
    assert (attacked, injected) == (None, [])


def test_script_in_names_and_classes_runs_nowhere_in_the_match_view(page: Page, server: Server, hostile: Match) -> None:
    open_page(page, server, hostile, half=1, t=1.2)
    expect(page.locator(".lane .label").first).to_have_text(IMAGE)
    expect(page.locator(".teams .home")).to_contain_text("<img src=x")
    page.locator("[data-spot]").first.click()
    expect(page.locator(".why .sentence")).to_contain_text(IMAGE)
    page.locator(".glyphs .menu").click()
    page.mouse.move(700, 700)
    untouched(page)
    page.locator("[data-head=model]").click()
    expect(page.get_by_role("dialog")).to_contain_text(
        "![x](http://attack.example/x.png) **bold** :red[red] $x$ `code`"
    )
    untouched(page)


@pytest.mark.parametrize("name", ["", "explain", "clips", "review", "search", "statistics", "evaluate"])
def test_nor_in_any_other_view(page: Page, server: Server, hostile: Match, name: str) -> None:
    page.goto(f"{server.url}/{name}?match={hostile.id}")
    page.wait_for_function("() => document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')")
    page.wait_for_timeout(1500)
    assert page.get_by_test_id("stException").count() == 0
    untouched(page)


def test_a_match_whose_video_is_gone_says_so_in_its_place(page: Page, server: Server) -> None:
    folder = server.root / "leaving"
    folder.mkdir()
    make_video(folder / "1_720p.mp4", steady(260), first=11_000, container={"movflags": "faststart"})
    make_analysis(open_match(folder), server.data, [Spot(1, 1_200_000, "Goal", 0.9)], "leaving")
    match = server.library().add(str(folder))
    shutil.rmtree(folder)
    page.goto(f"{server.url}/match?match={match.id}")
    page.evaluate(FIND)
    page.wait_for_function("() => window.find && find()?.root.dataset.ready")
    expect(page.locator(".stage-note")).to_contain_text("there is no such file or folder")
    expect(page.locator("[data-spot]")).to_have_count(1)
    page.locator("[data-spot]").click()
    expect(page.locator(".why .sentence")).to_contain_text("Goal")


# --- other pages ----------------------------------------------------------------------------------------


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def neighbour(tmp_path: Path) -> Iterator[str]:
    """A page of another port of this machine."""
    (tmp_path / "index.html").write_text("<title>neighbour</title>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_a_page_of_another_port_neither_frames_nor_drives_nor_loads_the_app(
    browser: Browser, server: Server, neighbour: str, hostile: Match
) -> None:
    context = patient(browser.new_context())
    page = context.new_page()
    page.goto(neighbour)
    answers = page.evaluate(
        """async ([app]) => {
          const socket = await new Promise((done) => {
            const one = new WebSocket(app.replace('http', 'ws') + '/_stcore/stream');
            one.onopen = () => done('open'); one.onerror = () => done('refused');
          });
          const picture = await new Promise((done) => {
            const one = new Image(); one.onload = () => done('loaded'); one.onerror = () => done('refused');
            one.src = app + '/app/static/icon.png';
          });
          const script = await import(app + '/touchline/scripts/v/markup.js').then(() => 'loaded', () => 'refused');
          const health = await fetch(app + '/_stcore/health').then(() => 'read', () => 'refused');
          const frame = Object.assign(document.createElement('iframe'), { src: app + '/match' });
          document.body.append(frame);
          await new Promise((done) => { frame.onload = done; setTimeout(done, 5000); });
          return { socket, picture, script, health };
        }""",
        [server.url],
    )
    assert answers == {"socket": "refused", "picture": "refused", "script": "refused", "health": "refused"}
    framed = next(f for f in page.frames if f is not page.main_frame)
    assert not framed.locator("[data-testid=stApp]").count()
    context.close()


def test_a_name_that_was_pointed_at_this_machine_reaches_nothing(
    playwright: Any, chromium: str, server: Server
) -> None:
    from tests.chromium import ARGUMENTS

    rebound = "--host-resolver-rules=MAP rebound.example 127.0.0.1"
    launched = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, rebound])
    page = launched.new_page()
    answer = page.goto(server.url.replace("127.0.0.1", "rebound.example"))
    assert answer is not None
    assert answer.status == 403
    assert "not served by that name" in page.inner_text("body")
    launched.close()
