"""How the page is told which spot is chosen: the last one, after a rest, and not before the one before was answered."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from app.routes.http import SCRIPTS
from tests.app.conftest import patient

pytestmark = pytest.mark.browser

MODULE = base64.b64encode((SCRIPTS / "workspace" / "picked.js").read_bytes()).decode("ascii")
HELPERS = f"""async () => {{
  const {{ Picked }} = await import("data:text/javascript;base64,{MODULE}");
  window.announced = [];
  window.picked = new Picked((spot) => announced.push(spot.id));
  window.rest = (wait) => new Promise((done) => setTimeout(done, wait));
}}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = patient(browser.new_context())
    opened = context.new_page()
    opened.evaluate(HELPERS)
    yield opened
    context.close()


def test_one_at_a_time_and_the_last_alone(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          for (const id of ["a", "b", "c"]) picked.pick({ id });
          const first = [...announced];
          picked.answered("x");
          picked.answered(undefined);
          const other = [...announced];
          picked.answered("a");
          const second = [...announced];
          picked.answered("c");
          picked.pick({ id: "d" });
          return [first, other, second, announced];
        }"""
    )
    assert state == [["a"], ["a"], ["a", "c"], ["a", "c", "d"]]


def test_an_answer_that_never_comes_is_not_waited_for(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          picked.pick({ id: "a" });
          picked.pick({ id: "b" });
          await rest(1700);
          return announced;
        }"""
    )
    assert state == ["a", "b"]


def test_what_is_passed_over_within_its_rest_is_not_told(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          picked.pick({ id: "a" }, 100);
          picked.pick({ id: "b" }, 100);
          const before = [...announced];
          await rest(300);
          picked.answered("b");
          picked.pick({ id: "c" }, 100);
          picked.forget();
          await rest(300);
          return [before, announced];
        }"""
    )
    assert state == [[], ["b"]]
