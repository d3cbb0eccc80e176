"""The entries of the workspace in Chromium: both sides know the same ones, and a module on each side adds one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.routes.http import SCRIPTS
from app.workspace.registry import entries, entries_of, named
from spotting_core.analyses.analysis import write_record
from spotting_core.domain.cameras import Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_cameras import FILE_NAME, write_shots
from spotting_core.media.source import open_match
from tests.app.conftest import SPOTS, Server, patient, running
from tests.app.made_analysis import make_analysis
from tests.app.player_page import open_page, settle, state
from tests.conftest import REPOSITORY
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser

ORIGIN = "http://127.0.0.1:9"  # nothing listens there: every request is answered below
CAMERAS = load_classes("soccernet-cameras")

PYTHON = """
from app.workspace.entry import Entry
from app.workspace.registry import register

class Toy(Entry):
    kind, name, place, gives, every_match = "{kind}", "{name}", {place}, ("{name}",), True

    def data(self, match, analysis, state):
        return {{"{name}": [match.title, len(analysis.halves)]}}

register(Toy())
"""
SCRIPT = """
import {{ html }} from "../../markup.js";
import {{ register }} from "../registry.js";

class Toy {{
  {body}
}}

register("{kind}", "{name}", {{ {more}reads: ["{name}"], make: (owner, root) => Object.assign(new Toy(), {{ owner, root, pressed: 0, clicked: [] }}) }});
"""
TOYS = {
    "tempo": (
        "lane",
        2,
        """tall = 20; caption = "Tempo"; help = [["Y", "press the toy"]]; keys = { y: () => this.pressed++ };
        update(data) { this.tempo = data.tempo; }
        draw(lanes, { top, tall }) { lanes.ink.fillStyle = "#FF00FF"; lanes.ink.fillRect(lanes.x(2), top, lanes.x(4) - lanes.x(2), tall); }
        tip(lanes, x) { return { text: `tempo at ${lanes.at(x).toFixed(0)}`, title: "" }; }
        click(lanes, x) { this.clicked.push(Math.round(lanes.at(x))); return true; }""",
    ),
    "notes": (
        "panel",
        3,
        "update(data) { this.root.classList.add('notes'); this.root.textContent = `Notes on ${data.notes[0]}`; }",
    ),
    "bookmarks": (
        "list",
        3,
        """label = "Bookmarks"; count = 1; rows = html`<button class="spot">The only one</button>`;
        click() { this.clicked.push("row"); }""",
    ),
    "grid": (
        "overlay",
        3,
        """controls = html`<label><input type="checkbox" data-option="grid" checked>Grid</label>`; has() { return true; }
        draw(_scene, place) { this.owner.overlay.pen.fillRect(place.x, place.y, 1, place.h); return { grid: true }; }""",
    ),
}


@pytest.fixture
def modules(browser: Browser) -> Iterator[Page]:
    """A page that the scripts alone are served to."""

    def answer(route: Route) -> None:
        path = SCRIPTS / route.request.url.removeprefix(f"{ORIGIN}/")
        if path.suffix == ".js" and not path.is_file():
            route.fulfill(status=404)
        elif path.suffix == ".js":
            route.fulfill(body=path.read_text(encoding="utf-8"), content_type="text/javascript")
        else:
            route.fulfill(body="<body></body>", content_type="text/html")

    context = patient(browser.new_context())
    opened = context.new_page()
    opened.route("**/*", answer)
    opened.goto(f"{ORIGIN}/")
    yield opened
    context.close()


def test_both_sides_know_the_same_entries_and_what_each_is_given(modules: Page) -> None:
    known = entries()
    loaded = modules.evaluate(
        "async (shown) => (await (await import('/workspace/registry.js')).entriesOf(shown)).map(({ kind, name, reads }) => [kind, name, reads])",
        named(known.values()),
    )
    assert loaded == [[e.kind, e.name, list(e.gives)] for e in known.values()]
    scripts = {
        path.stem
        for kind in {e.kind for e in known.values()}
        for path in (SCRIPTS / "workspace" / f"{kind}s").glob("*.js")
    }
    assert scripts == set(known)


def test_a_name_without_a_module_is_told(modules: Page) -> None:
    messages = modules.evaluate(
        """async () => {
          const { register, entriesOf } = await import('/workspace/registry.js');
          const failed = (doing) => doing().then(() => null, (error) => error.message);
          await import('/workspace/lanes/overview.js');
          return [
            await failed(async () => register('lane', 'overview', {})), await failed(async () => register('shelf', 'x', {})),
            await failed(() => entriesOf([{ kind: 'lane', name: 'time' }])),
          ];
        }"""
    )
    assert messages[:2] == [
        "the entry overview of the workspace is registered twice",
        "the entry x of the workspace is of no known kind: shelf",
    ]
    assert messages[2]


def test_an_analysis_for_another_task_shows_what_that_task_lists(page: Page, server: Server) -> None:
    path = server.root / "of cameras"
    path.mkdir()
    make_video(path / "1_720p.mp4", steady(260), first=3000, container={"movflags": "faststart"})
    source = open_match(path)
    cameras = [Spot(1, 2_000_000, CAMERAS.names[0], 0.9)]
    make_analysis(source, server.data, SPOTS, "spotted")
    analysis = make_analysis(source, server.data, cameras, "shots", "a model of cameras", classes=CAMERAS)
    write_record(analysis.folder, replace(analysis.record, task="shots"))
    shots = [Shot(1, n * 2_000_000, (n + 1) * 2_000_000, CAMERAS.names[n % 2], False, "abrupt") for n in range(3)]
    write_shots(path / FILE_NAME, shots)
    open_page(page, server, server.library().add(str(path)), source=f"model:{analysis.record.identity.key}")
    names = "() => [...find().parts.keys()]"
    assert page.evaluate(names) == [e.name for e in entries_of("shots")]
    expect(page.locator(".modes button")).to_have_text(["Cameras"])
    expect(page.locator("[data-camera]")).to_have_count(3)
    expect(page.locator(".why")).to_have_count(0)
    expect(page.locator("[data-head=spotting]")).to_be_hidden()
    page.keyboard.press("n")
    settle(page)
    assert state(page)["time"] == pytest.approx(2, abs=0.05)
    page.keyboard.press("1")
    page.keyboard.press("+")
    # Another analysis of the same match, by a model that spots, takes its place on the same page.
    page.locator("[data-head=model]").click()
    page.get_by_role("radiogroup", name="Spots shown").get_by_text("made by hand").click()
    page.wait_for_function(
        "() => find()?.data?.model === 'made by hand' && find().root.dataset.ready && find().parts.has('curves')"
    )
    settle(page)
    assert page.evaluate(names) == [e.name for e in entries_of("spotting")]
    expect(page.locator(".spot .name")).to_have_count(4)
    expect(page.locator(".why-head")).to_have_count(1)


@pytest.fixture
def with_toys(tmp_path: Path) -> Iterator[Server]:
    """The app with an entry more of every kind: a module on each side and nothing else."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    shutil.copytree(REPOSITORY / "app", checkout / "app", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("spotting_core", "explain", "assets", ".streamlit"):
        (checkout / name).symlink_to(REPOSITORY / name)
    for name, (kind, place, body) in TOYS.items():
        more = 'at: "list", ' if kind == "panel" else ""
        (checkout / "app" / "workspace" / f"{kind}s" / f"{name}.py").write_text(
            PYTHON.format(kind=kind, name=name, place=place)
        )
        script = SCRIPT.format(kind=kind, name=name, body=body, more=more)
        (checkout / "app" / "components" / "scripts" / "workspace" / f"{kind}s" / f"{name}.js").write_text(script)
    with running(tmp_path, checkout) as running_server:
        yield running_server


def test_a_module_on_each_side_is_all_that_an_entry_takes(browser: Browser, with_toys: Server) -> None:
    context = patient(browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark"))
    page = context.new_page()
    path = make_video(with_toys.root / "plain.mp4", steady(260), container={"movflags": "faststart"})
    make_analysis(open_match(path), with_toys.data, SPOTS)
    open_page(page, with_toys, with_toys.library().add(str(path)), half=1, t=0)
    lane: dict[str, Any] = page.evaluate(
        """() => {
          const { lanes } = find(), toy = find().part('tempo'), box = lanes.boxes.get(toy), place = lanes.canvas.getBoundingClientRect();
          const ink = (seconds) => [...lanes.back.getContext('2d').getImageData(lanes.x(seconds) * devicePixelRatio, (box.top + 10) * devicePixelRatio, 1, 1).data];
          return { tempo: toy.tempo, inside: ink(3), outside: ink(6), click: [place.left + lanes.x(3), place.top + box.top + 10], rows: lanes.bottom < box.top };
        }"""
    )
    assert lane["tempo"] == ["plain", 1]
    assert lane["inside"] == [255, 0, 255, 255]
    assert lane["outside"] != lane["inside"]
    assert lane["rows"]  # the lanes of the classes make room for it
    expect(page.get_by_text("Tempo")).to_be_visible()
    before = state(page)["time"]
    page.mouse.move(*lane["click"])
    expect(page.locator(".tip")).to_have_text("tempo at 3")
    page.mouse.click(*lane["click"])
    page.keyboard.press("y")
    assert page.evaluate("() => { const t = find().part('tempo'); return [t.clicked, t.pressed]; }") == [[3], 1]
    assert state(page)["time"] == before  # it took the click
    page.keyboard.press("?")
    expect(page.get_by_text("press the toy")).to_be_visible()
    page.keyboard.press("?")

    expect(page.locator(".notes")).to_have_text("Notes on plain")
    page.get_by_role("button", name="Bookmarks").click()
    expect(page.locator(".count")).to_have_text("1")
    page.get_by_text("The only one").click()
    assert page.evaluate("() => find().part('bookmarks').clicked") == ["row"]
    page.keyboard.press("v")
    expect(page.locator(".spot .name")).to_have_count(4)
    assert page.evaluate("() => find().player.overlay.shown.grid")
    page.get_by_label("Grid").uncheck()
    assert state(page)["options"]["grid"] is False
    context.close()
