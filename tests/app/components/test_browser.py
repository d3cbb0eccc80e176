"""The app in Chromium: the player, the overlay on its frame, lanes, keys, addresses, sessions at once."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.conftest import VIDEOS, Server, patient
from tests.app.made_analysis import BOX, box_of
from tests.app.player_page import FIND, READ_NUMBER, number, open_page, settle, state
from tests.videos import HEIGHT, WIDTH, first_seconds

pytestmark = pytest.mark.browser


# --- frames ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["late start", "uneven", "edit list"])
def test_fifty_seeks_show_the_frame_they_name_and_its_own_overlay(
    page: Page, server: Server, match_of: Any, kind: str
) -> None:
    open_page(page, server, match_of(kind))
    hidden = VIDEOS[kind].get("hidden", 0)
    times = page.evaluate("() => Array.from(find().player.table.times)")
    samples = page.evaluate("() => Array.from(find().arrays.get(1).samples)")
    rng = random.Random(kind)
    for _ in range(50):
        target = rng.uniform(0, times[-1])
        page.evaluate("(t) => find().player.open(1, t)", target)
        settle(page)
        now = state(page)
        shown = max(i for i, t in enumerate(times) if t <= target + 0.002)
        assert now["frame"] == shown
        assert number(page) == shown + hidden
        nearest = min(range(len(samples)), key=lambda k: abs(samples[k] - times[shown]))
        assert now["sample"] == nearest


def test_the_box_is_drawn_where_the_sample_has_it(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("uneven"))
    samples = page.evaluate("() => Array.from(find().arrays.get(1).samples)")
    page.evaluate("() => { find().player.overlay.options.names = false; }")
    for sample in (0, 3, 4, 9, 12):
        page.evaluate("(t) => find().player.open(1, t + 0.001)", samples[sample])
        settle(page)
        filled = page.evaluate(
            """() => {
              const canvas = find().player.overlay.canvas, data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
              let x1 = 1e9, y1 = 1e9, x2 = -1, y2 = -1;
              for (let y = 0; y < canvas.height; y++) for (let x = 0; x < canvas.width; x++)
                if (data[4 * (y * canvas.width + x) + 3] > 60) { x1 = Math.min(x1, x); y1 = Math.min(y1, y); x2 = Math.max(x2, x); y2 = Math.max(y2, y); }
              return [x1 / canvas.width, y1 / canvas.height, (x2 + 1) / canvas.width, (y2 + 1) / canvas.height];
            }"""
        )
        expected = box_of(sample, WIDTH, HEIGHT)
        edge = 6 / 700  # the line around the box, as a share of the player
        for value, wanted in zip(
            filled, (expected[0] / WIDTH, expected[1] / HEIGHT, expected[2] / WIDTH, expected[3] / HEIGHT), strict=True
        ):
            assert abs(value - wanted) < edge * 2, (sample, filled, expected)
        assert BOX / WIDTH < filled[2] - filled[0] < BOX / WIDTH + 4 * edge


def test_playing_shows_frame_after_frame_with_its_overlay(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("late start"), half=1, t=0)
    shown_frames, paused_at = page.evaluate(
        f"""async () => {{
          const read = {READ_NUMBER};
          const player = find().player, frames = [];
          player.video.playbackRate = 1;
          await player.video.play();
          await new Promise((done) => {{
            const look = () => {{
              frames.push([read(), player.frame, player.overlay.shown?.sample]);
              if (frames.length < 40 && !player.video.paused) player.video.requestVideoFrameCallback(look); else done();
            }};
            player.video.requestVideoFrameCallback(look);
          }});
          player.video.pause();
          await new Promise((done) => setTimeout(done, 50));
          while (player.seekStarted || player.video.seeking) await new Promise((done) => setTimeout(done, 10));
          return [frames, [read(), player.frame]];
        }}"""
    )
    assert len(shown_frames) >= 20
    assert paused_at[0] == paused_at[1]
    numbers = [s[0] for s in shown_frames]
    assert numbers == sorted(numbers)
    assert numbers[-1] - numbers[0] >= 20
    # The callback that drew ran for the frame on screen; a busy processor lets it come late for a few, never early.
    assert all(on_screen >= drawn for on_screen, drawn, _ in shown_frames)
    assert sum(on_screen - drawn <= 1 for on_screen, drawn, _ in shown_frames) >= 0.8 * len(shown_frames)


def test_arrows_step_exactly_one_frame(page: Page, server: Server, match_of: Any) -> None:
    for kind in ("uneven", "edit list"):
        open_page(page, server, match_of(kind), half=1, t=2)
        start = number(page)
        for step in range(1, 8):
            page.keyboard.press("ArrowRight")
            settle(page)
            assert number(page) == start + step
        for step in range(6, 3, -1):
            page.keyboard.press("ArrowLeft")
            settle(page)
            assert number(page) == start + step


# --- keys and lanes -------------------------------------------------------------------------------------


def test_keys(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    press = page.keyboard.press
    press("Space")
    page.wait_for_function("() => !find().player.video.paused")
    press("l")
    assert state(page)["rate"] == 2
    press("k")
    page.wait_for_function("() => find().player.video.paused")
    assert state(page)["rate"] == 1
    page.evaluate("() => find().player.open(1, 0)")
    settle(page)
    press("Shift+ArrowRight")
    settle(page)
    assert state(page)["time"] == pytest.approx(5, abs=0.05)
    press("Shift+ArrowLeft")
    settle(page)
    assert state(page)["time"] == pytest.approx(0, abs=0.05)
    order = ["Kick-off", "Goal", "Yellow card", "Corner"]
    for label in order:
        press("n")
        settle(page)
        assert state(page)["action"] == label
    press("p")
    settle(page)
    assert state(page)["action"] == "Yellow card"
    press("o")
    assert state(page)["loop"] == {"half": 1, "start": 0, "end": pytest.approx(3.4 + 5, abs=0.1), "label": "−8 +5 s"}
    press("o")
    assert state(page)["loop"] is None
    for key, option in (("b", "boxes"), ("h", "map")):
        press(key)
        assert state(page)["options"][option] is False
        press(key)
        assert state(page)["options"][option] is True
    press("?")
    expect(page.locator(".keys")).to_be_visible()
    press("Escape")
    expect(page.locator(".keys")).to_be_hidden()


def test_keys_are_off_while_something_is_written(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=2)
    before = state(page)
    page.evaluate(
        "() => { const box = document.createElement('input'); box.id = 'words'; document.body.append(box); box.focus(); }"
    )
    page.keyboard.type("n lbhk ")
    assert page.locator("#words").input_value() == "n lbhk "
    after = state(page)
    assert (after["time"], after["paused"], after["options"], after["chosen"]) == (
        before["time"],
        True,
        before["options"],
        before["chosen"],
    )


def test_zoom_from_the_whole_match_to_four_seconds(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=5)
    total = page.evaluate("() => find().lanes.total")
    assert state(page)["view"] == [0, total]
    canvas = page.locator(".lanes-body canvas")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    for _ in range(12):
        page.mouse.wheel(0, -400)
    page.wait_for_timeout(200)
    low, high = state(page)["view"]
    assert high - low == pytest.approx(4, abs=1e-6)
    page.keyboard.press("0")
    assert state(page)["view"] == [0, total]
    page.keyboard.press("+")
    low, high = state(page)["view"]
    assert high - low == pytest.approx(total / 2)
    assert low <= 5 <= high


def test_a_row_that_is_held_while_the_list_is_drawn_anew_is_chosen(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    row = page.locator(".rail .spot").nth(1)
    name = row.locator(".name").inner_text()
    row.hover()
    page.mouse.down()
    page.evaluate("() => { find().rail.draw(); }")
    page.mouse.up()
    settle(page)
    assert page.locator(".spot.chosen .name").inner_text() == name
    row.hover()
    page.mouse.down()
    page.evaluate("() => { find().q('.rail .count').textContent = 'stale'; find().rail.draw(); }")
    assert page.locator(".rail .count").inner_text() == "stale"
    page.mouse.move(5, 5)
    page.mouse.up()  # elsewhere: no click
    expect(page.locator(".rail .count")).not_to_have_text("stale")


def test_click_seeks_both_ways(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    # A mark on the lanes chooses its spot, in the list as well.
    place = page.evaluate(
        "() => { const l = find().lanes, s = find().spots.find((x) => x.action.name === 'Goal'), r = l.rowOf(s.action.index), b = l.canvas.getBoundingClientRect();"
        " return [b.left + l.xOf(s.half, s.seconds), b.top + r.y + r.height / 2]; }"
    )
    page.mouse.click(*place)
    settle(page)
    assert state(page)["action"] == "Goal"
    assert state(page)["time"] == pytest.approx(3.48, abs=0.01)  # of the sample nearest to its 3.3 s
    assert "Goal" in page.locator(".spot.chosen").inner_text()
    # An empty place on the lanes seeks.
    place = page.evaluate(
        "() => { const l = find().lanes, b = l.canvas.getBoundingClientRect(); return [b.left + l.xOf(1, 6.5), b.top + l.rows[0].y + 4]; }"
    )
    page.mouse.click(*place)
    settle(page)
    assert state(page)["time"] == pytest.approx(6.5, abs=0.08)
    # A row of the list seeks and rings the mark.
    page.locator(".spot", has_text="Corner").click()
    settle(page)
    assert state(page)["time"] == pytest.approx(8.0, abs=0.05)
    assert page.evaluate("() => find().lanes.chosen.action.name") == "Corner"


def test_thresholds_respot_as_they_move(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    rows = page.locator(".spot")
    expect(rows).to_have_count(4)  # the foul of .3 is below .5

    def slide(value: int) -> None:
        page.evaluate(
            "(v) => { const s = find().rail.q('.low'); s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); s.dispatchEvent(new Event('change', {bubbles: true})); }",
            value,
        )

    slide(25)
    expect(rows).to_have_count(5)
    slide(85)
    expect(rows).to_have_count(2)
    slide(99)
    assert "Lower the threshold to" in page.locator(".list").inner_text()
    page.locator(".list .lower").click()
    page.wait_for_timeout(300)
    expect(rows).to_have_count(5)
    page.wait_for_timeout(1500)  # the page has run again by now; nothing jumps back
    expect(rows).to_have_count(5)


def test_what_the_spotting_dialog_sets_is_shown_after_the_slider_was_moved(
    page: Page, server: Server, match_of: Any
) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    rows = page.locator(".spot")
    expect(rows).to_have_count(4)
    slide = "([v, name]) => { const s = find().rail.q('.low'); s.value = v; s.dispatchEvent(new Event(name, {bubbles: true})); }"

    def moved(value: int, *events: str) -> None:
        for event in events:
            page.evaluate(slide, [value, event])
        page.wait_for_function("(v) => find().data.threshold === v / 100", arg=value)

    def dialog(button: str) -> None:
        page.evaluate("() => find().command('spotting')")
        page.get_by_role("dialog").get_by_role("button", name=button).click()
        page.get_by_role("dialog").wait_for(state="detached")

    moved(25, "input", "change")
    expect(rows).to_have_count(5)
    page.wait_for_function("() => find().data.moved === find().movedAt")  # the page knows it
    dialog("Reset")
    expect(rows).to_have_count(4)
    assert page.evaluate("() => find().rail.q('.low').value") == "50"

    moved(85, "input")  # and back to where it was: no change comes of that
    moved(50, "input")
    page.evaluate("() => find().command('spotting')")
    table = page.get_by_role("dialog").locator("[data-testid=stDataFrame]")
    table.wait_for()
    box = table.bounding_box()
    assert box is not None
    page.wait_for_timeout(500)
    page.mouse.dblclick(box["x"] + box["width"] - 60, box["y"] + 35 * 2.4)  # the threshold of the second class
    editor = page.locator("#portal input")
    editor.fill("0.95")
    editor.press("Enter")
    editor.wait_for(state="detached")
    page.wait_for_timeout(500)  # the table tells what was typed a little later
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    page.get_by_role("dialog").wait_for(state="detached")
    expect(rows).to_have_count(3)  # the kick-off of .9 is gone
    moved(25, "input", "change")  # the slider is for all classes again
    expect(rows).to_have_count(5)


def test_filters_by_class_and_group(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    page.locator(".glyphs button[data-group=restarts]").click()
    expect(page.locator(".spot .name")).to_have_count(2)
    assert sorted(page.locator(".spot .name").all_inner_texts()) == ["Goal", "Yellow card"]
    page.locator(".glyphs button.menu").click()
    page.locator(".class-menu [data-class=Corner]").click()
    expect(page.locator(".spot .name")).to_have_count(3)
    assert sorted(page.locator(".spot .name").all_inner_texts()) == ["Corner", "Goal", "Yellow card"]


def test_what_became_of_a_job_appears_without_being_asked_for(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    page.evaluate("() => { window.first = find().root; }")
    page.keyboard.press("n")
    page.wait_for_function("() => find().data.why?.spot === find().chosen?.id && find().data.why.state === 'failed'")
    assert "model that made this analysis is no longer here" in page.locator(".why").inner_text()
    page.wait_for_function("() => !find().data.waiting")
    assert page.evaluate("() => find().root === first && first.isConnected")


# --- addresses and sessions -----------------------------------------------------------------------------


def test_match_moment_and_class_are_in_the_address(page: Page, server: Server, match_of: Any) -> None:
    match = match_of("uneven")
    open_page(page, server, match, half=1, t=0)
    page.locator(".spot", has_text="Yellow card").click()
    settle(page)
    page.wait_for_timeout(300)
    address = page.url
    assert f"match={match.id}" in address
    assert "class=Yellow+card" in address
    shown = number(page)
    page.goto("about:blank")
    page.goto(address)
    page.evaluate(FIND)
    page.wait_for_function("() => window.find && find()?.player?.video?.readyState >= 2 && find().root.dataset.ready")
    settle(page)
    assert number(page) == shown
    assert state(page)["action"] == "Yellow card"


def test_three_sessions_at_once_do_not_see_each_other(browser: Browser, server: Server, match_of: Any) -> None:
    kinds = ["late start", "uneven", "edit list"]
    contexts = [patient(browser.new_context(viewport={"width": 1200, "height": 800})) for _ in kinds]
    pages = [context.new_page() for context in contexts]
    for kind, page in zip(kinds, pages, strict=True):
        open_page(page, server, match_of(kind), half=1, t=1 + kinds.index(kind))
    for page in pages:
        page.keyboard.press("Space")
    pages[0].wait_for_timeout(800)
    for page in pages:
        page.keyboard.press("k")
    for kind, page in zip(kinds, pages, strict=True):
        page.wait_for_function("() => find().player.video.paused")
        settle(page)
        now = state(page)
        assert now["time"] > 1 + kinds.index(kind)
        assert number(page) == now["frame"] + VIDEOS[kind].get("hidden", 0)
        assert page.evaluate("() => find().data.match.id") == match_of(kind).id
    pages[0].locator(".spot", has_text="Corner").click()
    pages[0].wait_for_timeout(500)
    assert state(pages[1])["chosen"] != state(pages[0])["chosen"]
    for context in contexts:
        context.close()


# --- the whole way --------------------------------------------------------------------------------------


def test_the_demo_is_complete_at_once(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/match")
    page.evaluate(FIND)
    page.wait_for_function("() => window.find && find()?.player?.video?.readyState >= 2 && find().root.dataset.ready")
    page.wait_for_function("() => find().chosen && find().data.why?.state === 'ready'")
    text = page.locator(".why").inner_text()
    assert "Why this spot" in text
    assert "Frames that mattered most" in text
    assert "Entities kept" in text
    page.wait_for_function(
        "() => [...find().root.querySelectorAll('.why img')].every((i) => i.complete && i.naturalWidth > 0)"
    )
    expect(page.locator(".why .frames img")).to_have_count(5)
    assert state(page)["spots"] > 20
    expect(page.locator(".notice")).to_be_hidden()
    # Both halves run on one clock; the second begins at 45:00.
    page.evaluate("() => find().player.open(2, 10)")
    settle(page)
    assert page.locator(".clock").inner_text().startswith("45:10")


def test_the_frames_that_mattered_end_above_the_edge_of_their_card(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{server.url}/match")
    page.evaluate(FIND)
    page.wait_for_function("() => window.find && find()?.root.dataset.ready && find().data.why?.state === 'ready'")
    captions = page.locator(".why .frames .caption")
    expect(captions).to_have_count(5)
    edge = page.locator(".why").evaluate("(card) => card.getBoundingClientRect().bottom")
    last = captions.last.evaluate("(caption) => caption.getBoundingClientRect().bottom")
    assert last <= edge - 8
    assert page.locator(".why .spark").evaluate("(chart) => chart.clientHeight") >= 26


def test_the_second_half_follows_the_first(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/match")
    page.evaluate(FIND)
    page.wait_for_function("() => window.find && find()?.player?.video?.readyState >= 2 && find().root.dataset.ready")
    page.evaluate("() => find().player.open(1, find().data.halves[0].duration - 0.6, true)")
    page.wait_for_function("() => find().player.half === 2 && find().player.time > 0.2")
    now = state(page)
    assert (now["half"], now["paused"]) == (2, False)
    assert now["time"] < 10  # it goes on at its beginning
    assert page.locator(".clock").inner_text().startswith("45:0")


@pytest.mark.usefixtures("stopped")
def test_a_video_of_ones_own_from_path_to_spots(page: Page, server: Server, demo: Path) -> None:
    first_seconds(demo / "2_360p.mp4", server.root / "my own match.mp4", 45)
    page.goto(f"{server.url}/library")
    page.get_by_role("textbox", name="Folder or video under a library folder").fill("my own match.mp4")
    page.keyboard.press("Enter")
    page.get_by_text("Ready to analyse").wait_for()
    page.get_by_role("button", name="Analyse", exact=True).last.click()
    page.get_by_text("real time").first.wait_for()
    page.reload()  # the analysis runs in a process of its own and survives
    page.get_by_text("real time").first.wait_for()
    own = next(m for m in server.library().matches() if m.path.name == "my own match.mp4")
    own_row = page.get_by_test_id("stHorizontalBlock").filter(has=page.locator(f".st-key-open-{own.id}")).last
    expect(own_row.locator(".tl-state")).to_contain_text("Analysed")  # other matches are so from the first
    expect(page.get_by_text("my own match").first).to_be_visible()
    open_page(page, server, own)
    assert state(page)["spots"] > 5
    assert "rendered matches only" in page.locator(".notice").inner_text()


def test_a_run_that_comes_while_a_match_is_read_waits_for_it(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"))
    reading = page.evaluate(
        """async () => {
          const w = find(), plain = JSON.parse(JSON.stringify(w.data)), update = w.update.bind(w);
          w.update = async () => {}; // the page's own runs stay out of this
          const data = (analysis) => ({ ...plain, analysis, start: { half: 1, seconds: 5, label: null, pick: false } });
          const first = update(data("another")), second = update(data("another"));
          await Promise.all([first, second]);
          const began = w.begun;
          const broken = { ...data("broken"), halves: plain.halves.map((half) => ({ ...half, array: "/nothing" })) };
          const failed = await update(broken).then(() => false, () => true);
          await update(data("broken"));
          return [began, failed, w.root.dataset.ready, w.arrays.size];
        }"""
    )
    assert reading == [True, True, "broken", 1]
    settle(page)
    assert abs(state(page)["time"] - 5) < 0.1


def test_both_themes_and_widths_show_everything(page: Page, server: Server, match_of: Any) -> None:
    match = match_of("plain")
    for scheme in ("dark", "light"):
        for width, height in ((1920, 1080), (1440, 900), (1100, 800), (800, 900)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": height})
            page.goto("about:blank")
            open_page(page, server, match, half=1, t=3.3, **{"class": "Goal"})
            assert page.evaluate("() => find().theme") == scheme
            overflow = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, (width, overflow)
            clipped = page.evaluate(
                """() => [...find().root.querySelectorAll('button, .sentence, .section b')].filter((e) => {
                  const r = e.getBoundingClientRect();
                  return r.width && (r.right > innerWidth + 1 || r.left < -1);
                }).map((e) => e.textContent.trim())"""
            )
            assert clipped == []


def test_a_button_pressed_while_the_page_is_busy_is_answered(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    page.evaluate(
        """async () => {
          const workspace = find(), { root } = workspace, soon = () => new Promise((done) => setTimeout(done, 15));
          root.querySelector("[data-spot]").click();
          await soon();
          root.querySelector("[data-head=model]").click();
          for (let asked = 0; asked < 4; asked++) { // what asks the page how far things are comes at the same moment
            await soon();
            workspace.newest.waiting = true;
            workspace.askAgain(0);
          }
        }"""
    )
    expect(page.get_by_role("dialog")).to_contain_text("Spots shown", timeout=15_000)


def test_nothing_fades_while_the_page_is_made_again(page: Page, server: Server, match_of: Any) -> None:
    open_page(page, server, match_of("plain"), half=1, t=0)
    opacity = page.evaluate(
        """() => {
          const container = find().root.getRootNode().host?.closest('.stElementContainer') ?? document.querySelector('.stElementContainer');
          container.style.opacity = '.33'; // as Streamlit draws what a run of the page has not come to
          container.dataset.stale = 'true';
          return getComputedStyle(container).opacity;
        }"""
    )
    assert opacity == "1"
    place = page.evaluate(
        "() => { const { top, bottom } = find().root.getBoundingClientRect(); return [top, bottom, innerHeight]; }"
    )
    assert place[0] == 52  # right below the head of the page
    assert place[1] <= place[2]
