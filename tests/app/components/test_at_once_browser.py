"""What is there at once: the places of a view in every frame until it is there, and an array whatever else is asked for."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from spotting_core.jobs.queue import JobQueue
from spotting_core.store.database import open_database
from tests.app.conftest import Server, patient
from tests.app.player_page import open_page
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser


def ask(url: str, cookie: str = "") -> int:
    request = urllib.request.Request(url, headers={"Cookie": cookie} if cookie else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_sixty_pictures_at_once_hold_no_array_back(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"))
    half = page.evaluate("() => find().data.halves[0]")
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies() if "viewer" in c["name"])
    pictures, array = f"{server.url}{half['picture']}", f"{server.url}{half['array']}/scores"
    assert ask(array, cookie) == 200
    assert [ask(array), ask(array, cookie[:-1] + ("A" if cookie[-1] != "A" else "B"))] == [
        404,
        404,
    ]  # of another browser
    ended: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: ended.append(ask(f"{pictures}?frame={4 * n}&width=640", cookie)))  # type: ignore[misc]
        for n in range(60)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    began = time.monotonic()
    answer = ask(array, cookie)
    took = time.monotonic() - began
    for thread in threads:
        thread.join(60)
    assert took < 3
    assert answer in (200, 429)  # of the same browser, it may be one request too many
    assert ended.count(200) + ended.count(429) == 60
    assert ended.count(200) >= 20
    # Somebody else's array is made at once, whatever the first browser asks for.
    assert ask(array, cookie) == 200


# At every frame: whether places stand on screen, or the app's own style has come.
FRAMES = """
window.frames_without = 0; window.frames_seen = 0;
const look = () => {
  const on = (name) => [...document.querySelectorAll(name)].some((e) => e.getClientRects().length);
  if (document.body) {
    window.frames_seen++;
    if (!on(".tl-places") && !document.querySelector(".st-key-tl_theme")) window.frames_without++;
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""

# Whether places that stand over the view lie over what is chosen in it, which Streamlit raises over its neighbours.
COVERED = """() => {
  const places = document.createElement("div");
  places.className = "tl-places places-review";
  document.querySelector(".stMainBlockContainer").prepend(places);
  const chosen = document.querySelector('[data-testid="stButtonGroup"] button[data-selected="true"]');
  const { x, y, width, height } = chosen.getBoundingClientRect();
  const top = document.elementFromPoint(x + width / 2, y + height / 2);
  places.remove();
  return top === places;
}"""


@pytest.mark.parametrize("view", ["explain", "review"])
def test_from_the_first_frame_on_places_of_the_view_stand_until_it_is_there(
    browser: Browser, server: Server, match_of: Any, view: str
) -> None:
    match_of("plain")
    context = patient(browser.new_context(viewport={"width": 1440, "height": 900}))
    page = context.new_page()
    page.add_init_script(FRAMES)
    page.goto(f"{server.url}/{view}", wait_until="commit")
    page.locator(f".tl-first .tl-places.places-{view}").wait_for()
    page.locator(".tl-title").first.wait_for()
    page.locator('[data-testid="stButtonGroup"] button[data-selected="true"]').first.wait_for()
    page.wait_for_function("() => !document.querySelector('[data-testid=stMain] .tl-places')")
    assert page.locator(".tl-first").is_hidden()
    assert page.evaluate(COVERED)
    assert page.evaluate("window.frames_seen") > 3
    assert page.evaluate("window.frames_without") == 0
    context.close()


def test_an_analysis_stands_in_place_of_its_offer_in_every_frame(page: Page, server: Server, stopped: None) -> None:
    make_video(server.root / "asked for.mp4", steady(1200, 2.0), first=66_000)
    match = server.library().add("asked for.mp4")
    open_page(page, server, match)
    page.evaluate("""() => {
      window.both = 0; window.gone = 0;
      const look = () => {
        const words = document.querySelector('.st-key-unanalysed')?.innerText ?? '';
        if (words.includes('Cancel') && words.includes('Read its clock')) window.both += 1;
        if (!find()?.root?.getBoundingClientRect().height) window.gone += 1;
        requestAnimationFrame(look);
      };
      look();
    }""")
    page.get_by_role("button", name="Analyse", exact=True).click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.get_by_role("button", name="Analyse", exact=True)).to_have_count(0)
    assert page.evaluate("() => [both, gone]") == [0, 0]
    for job in JobQueue(open_database(server.data)).all_live():
        JobQueue(open_database(server.data)).cancel(job.id)
    server.library().remove(match)
