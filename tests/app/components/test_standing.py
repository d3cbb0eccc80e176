"""What stands on a page when its place is taken away: it is kept, moves into the next place, and asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from app.components import standing
from app.components.standing import HERE
from tests.app.conftest import patient

pytestmark = pytest.mark.browser

ORIGIN = "http://127.0.0.1:9"  # nothing listens there: every request is answered below
MODULE = """
export async function mount({ data, parentElement, tell, again }) {
  const root = parentElement.querySelector("[data-standing]");
  root.shown ??= { root, ended: 0, destroy() { this.ended++; } };
  Object.assign(root.shown, { data, tell, again });
  return root.shown;
}"""
SLOW = """
export async function mount() {
  window.begun = true;
  await new Promise((done) => setTimeout(done, 300));
  return (window.late = { root: document.createElement("div"), ended: 0, destroy() { this.ended++; } });
}"""
HELPERS = """async () => {
  const { default: run } = await import("/standing.js");
  window.triggers = [];
  window.values = []; // of what was triggered
  window.show = async (of, module = "part.js", wait = true) => {
    const parentElement = document.createElement("div");
    parentElement.innerHTML = "<div data-standing>loading</div>";
    document.body.append(parentElement);
    const setTriggerValue = (name, value) => { window.triggers.push(name); window.values.push(value); };
    const runs = (taken) => run({ data: { scripts: "", module, of, taken }, parentElement, setTriggerValue });
    const leave = runs();
    const standing = () => parentElement.querySelector("[data-standing]");
    while (wait && !standing().shown && standing().textContent === "loading") await new Promise((done) => setTimeout(done, 20));
    const root = standing();
    return { root, shown: root.shown, runs, leave: () => { parentElement.remove(); leave(); } };
  };
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        if path == "/standing.js":
            route.fulfill(body=(HERE / "standing.js").read_text(encoding="utf-8"), content_type="text/javascript")
        elif path in ("/part.js", "/beside.js", "/slow.js"):
            route.fulfill(body=SLOW if path == "/slow.js" else MODULE, content_type="text/javascript")
        else:
            route.fulfill(body="<body></body>" if path == "/match" else "", status=200 if path == "/match" else 404)

    context = patient(browser.new_context())
    opened = context.new_page()
    opened.route("**/*", answer)
    opened.goto(f"{ORIGIN}/match?match=one")
    opened.evaluate(HELPERS)
    yield opened
    context.close()


def test_it_moves_into_its_next_place(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const first = await show("one");
          first.leave();
          const second = await show("one");
          await new Promise((done) => setTimeout(done, 1200));
          return [second.root === first.root, second.shown === first.shown, first.shown.ended, triggers, first.root.isConnected];
        }"""
    )
    assert state == [True, True, 0, [], True]


def test_without_a_place_it_asks_for_one_and_ends_at_last(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const { shown, leave } = await show("one");
          leave();
          await new Promise((done) => setTimeout(done, 1200));
          const before = shown.ended;
          await new Promise((done) => setTimeout(done, 5500));
          return [triggers, before, shown.ended];
        }"""
    )
    assert state == [["outbox"], 0, 1]


def test_what_is_taken_away_before_it_stands_asks_as_well(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const first = await show("one", "part.js", false);
          const early = first.shown === undefined;
          first.leave();
          await new Promise((done) => setTimeout(done, 1200));
          const again = await show("one");
          return [early, triggers, again.shown.ended];
        }"""
    )
    assert state == [True, ["outbox"], 0]


@pytest.mark.parametrize("first", ["leave", "address"])
def test_on_another_page_it_asks_for_nothing(page: Page, first: str) -> None:
    state = page.evaluate(
        """async (first) => {
          const { leave } = await show("one");
          if (first === "leave") leave();
          history.pushState(null, "", "/library");
          if (first !== "leave") leave();
          await new Promise((done) => setTimeout(done, 1200));
          return triggers;
        }""",
        first,
    )
    assert state == []


def test_two_things_of_a_page_move_into_their_next_places(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const one = await show("one"), other = await show("other", "beside.js");
          one.leave();
          other.leave();
          const again = await show("one"), beside = await show("other", "beside.js");
          return [again.root === one.root, beside.root === other.root, one.shown.ended, other.shown.ended];
        }"""
    )
    assert state == [True, True, 0, 0]


def test_what_was_left_with_its_page_ends_when_another_page_has_something(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const { shown, leave } = await show("one");
          history.pushState(null, "", "/match?match=two");
          leave();
          const same = shown.ended;
          history.pushState(null, "", "/library");
          await show("other", "beside.js");
          return [same, shown.ended];
        }"""
    )
    assert state == [0, 1]


def test_a_page_that_was_left_for_a_moment_is_asked_for_nothing(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const pause = (length) => new Promise((done) => setTimeout(done, length)), { leave } = await show("one");
          history.pushState(null, "", "/library");
          leave();
          await pause(200);
          history.back();
          await pause(1500);
          return [location.pathname, triggers];
        }"""
    )
    assert state == ["/match", []]


def test_a_place_is_asked_for_when_no_run_is_under_way(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const pause = (length) => new Promise((done) => setTimeout(done, length)), { leave } = await show("one");
          const app = document.body.appendChild(document.createElement("div"));
          Object.assign(app.dataset, { testid: "stApp", testScriptState: "running" });
          leave();
          await pause(1200);
          const during = [...triggers];
          app.dataset.testScriptState = "notRunning";
          await pause(300);
          return [during, triggers];
        }"""
    )
    assert state == [[], ["outbox"]]


def test_what_passes_is_asked_for_only_to_tell_what_waits(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const pause = (length) => new Promise((done) => setTimeout(done, length)), { shown, leave } = await show("one");
          shown.passing = true;
          leave();
          await pause(1200);
          const quiet = triggers.length, other = await show("two");
          other.shown.passing = true;
          other.shown.tell("chosen", "a");
          other.leave();
          await pause(3000);
          return [quiet, triggers.length, values.at(-1).waiting.map((event) => event.value)];
        }"""
    )
    assert state == [0, 2, ["a"]]  # once when it was told, and once when its place was lost


def test_what_lost_its_place_in_a_long_run_is_kept_until_that_ends(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const pause = (length) => new Promise((done) => setTimeout(done, length)), { shown, leave } = await show("one");
          const app = document.body.appendChild(document.createElement("div"));
          Object.assign(app.dataset, { testid: "stApp", testScriptState: "running" });
          leave();
          await pause(7000);
          const during = [shown.ended, triggers.length];
          app.dataset.testScriptState = "notRunning";
          await pause(400);
          return [during, shown.ended, triggers.length];
        }"""
    )
    assert state == [[0, 0], 0, 1]


def test_another_thing_does_not_get_its_place(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const first = await show("one");
          first.leave();
          const second = await show("two");
          return [second.root === first.root, first.shown.ended, second.shown.ended];
        }"""
    )
    assert state == [False, 1, 0]


def test_a_script_that_cannot_be_loaded_says_so(page: Page) -> None:
    text = page.evaluate("async () => (await show('one', 'missing.js')).root.textContent")
    assert text.startswith("This part of the page could not be loaded")
    assert text.endswith("Reload the page.")


def test_what_is_made_after_its_place_was_lost_is_ended(page: Page) -> None:
    ended = page.evaluate(
        """async () => {
          const soon = () => new Promise((done) => setTimeout(done, 20));
          const { leave } = await show("one", "slow.js", false);
          while (!window.begun) await soon();
          leave();
          while (!window.late) await soon();
          await soon();
          return window.late.ended;
        }"""
    )
    assert ended == 1


def test_every_event_brings_all_that_was_not_taken(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const { shown, runs } = await show("one");
          const names = () => values.at(-1).waiting.map((event) => `${event.name} ${event.value}`);
          shown.tell("picked", "a");
          shown.tell("command", "model");
          shown.again();
          const before = names();
          shown.tell("picked", "b"); // the later one counts
          runs({ box: "of another page", n: 99 });
          shown.again();
          const other = names();
          runs({ box: values.at(-1).box, n: 2 });
          shown.again();
          return [before, other, names()];
        }"""
    )
    assert state == [["picked a", "command model"], ["command model", "picked b"], ["picked b"]]


def test_what_nobody_took_is_sent_again_until_somebody_does(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const pause = (length) => new Promise((done) => setTimeout(done, length)), { shown, runs } = await show("one");
          shown.tell("command", "model");
          const app = document.body.appendChild(document.createElement("div"));
          Object.assign(app.dataset, { testid: "stApp", testScriptState: "running" });
          await pause(1700);
          const during = values.length; // of a run, which may be the answer
          app.dataset.testScriptState = "notRunning";
          await pause(1700);
          const sent = values.map(({ waiting }) => waiting.length);
          runs({ box: values.at(-1).box, n: 1 });
          await pause(1700);
          return [during, sent, values.length];
        }"""
    )
    assert state == [1, [1, 1], 2]


def test_what_was_told_before_its_place_was_lost_is_told_from_the_next(page: Page) -> None:
    state = page.evaluate(
        """async () => {
          const first = await show("one");
          first.shown.tell("command", "model");
          first.leave();
          const second = await show("one");
          second.shown.again();
          return values.at(-1).waiting.map((event) => event.value);
        }"""
    )
    assert state == ["model"]


def test_what_is_told_late_by_a_page_that_was_left_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(standing.st, "session_state", state)
    heard: list[Any] = []
    standing._take("filter", {"chosen": heard.append})  # Streamlit has forgotten it
    state["filter"] = {"outbox": {"box": "b", "waiting": [{"n": 1, "name": "chosen", "value": ["Goal"]}]}}
    standing._take("filter", {"chosen": heard.append})
    standing._take("filter", {"chosen": heard.append})
    assert heard == [["Goal"]]
    state["filter"]["outbox"]["waiting"] = [{"n": n, "name": f"kept {n}", "value": n} for n in (2, 3)]
    standing._take("filter", {"kept": heard.append})
    assert heard == [["Goal"], 2, 3]
