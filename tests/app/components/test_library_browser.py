"""The library in Chromium at every width."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from spotting_core.domain.spots import Spot
from spotting_core.jobs.queue import CANCELLED, DONE, JobQueue
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from spotting_core.store.tables import JobRow
from tests.app.analysis_job import ask_for_analysis
from tests.app.conftest import SPOTS, Server
from tests.app.made_analysis import make_analysis
from tests.videos import make_video, steady

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [800, 1100, 1440])
def test_no_text_lies_over_a_picture(page: Page, server: Server, match_of: Any, width: int) -> None:
    match_of("plain")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{server.url}/library")
    page.locator("img.tl-thumb").first.wait_for()
    # Of all pictures at one moment, once the page has its styles.
    page.wait_for_function(
        """() => {
          const pictures = [...document.querySelectorAll('img.tl-thumb')].map((p) => p.getBoundingClientRect());
          const over = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom && b.top < a.bottom;
          const isCovered = (n) => pictures.some((p) => over(p, n.getBoundingClientRect()));
          return pictures.length && pictures.every((p) => p.width >= 40 && p.width < 200)
            && ![...document.querySelectorAll('.tl-name')].some(isCovered);
        }""",
        timeout=60_000,
    )


@pytest.mark.parametrize("width", [800, 1100, 1440])
def test_scores_counts_and_buttons_of_the_list_are_whole(page: Page, server: Server, width: int) -> None:
    folder = server.root / f"2026-05-02 - 18-00 Long Name Athletic {width // 100} - 1 Other"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(60), first=71_000 + width)
    match = server.library().add(str(folder))
    make_analysis(open_match(match.path), server.data, [Spot(1, 100_000 * n, "Foul", 0.9) for n in range(20)])
    queue = JobQueue(open_database(server.data))
    job = ask_for_analysis(queue, match, "no such model")
    with open_database(server.data).session() as session:
        session.execute(update(JobRow).where(JobRow.id == job.id).values(state=CANCELLED, progress=0.667))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{server.url}/library")
    page.locator(".tl-whole", has_text=f"{width // 100} – 1").wait_for()
    resume = page.locator(f".st-key-resume-{match.id} p")
    expect(resume).to_have_text("Resume from 66 %")
    # Each on one line, and no button cut, once the page has its styles.
    page.wait_for_function(
        """() => {
          const whole = [...document.querySelectorAll('.tl-whole')].every((one) => one.getClientRects().length === 1);
          const cut = [...document.querySelectorAll('.st-key-tl_card_matches button p')].some((p) => p.scrollWidth > p.clientWidth + 1);
          const bar = [...document.querySelectorAll('.st-key-library_bar [data-testid=stSelectbox]')].map((one) => one.getBoundingClientRect().top);
          return whole && !cut && bar.length === 3 && new Set(bar).size === 1;
        }""",
        timeout=60_000,
    )
    server.library().remove(match)


def test_what_is_asked_for_elsewhere_appears_by_itself(page: Page, server: Server, stopped: None) -> None:
    """Of ten minutes, for which the model needs longer than the page to look."""
    make_video(server.root / "ten minutes.mp4", steady(1200, 2.0), first=60_000)
    match = server.library().add("ten minutes.mp4")
    page.goto(f"{server.url}/library")
    jobs = page.locator(".st-key-tl_card_jobs")
    expect(jobs).to_contain_text("none")
    ask_for_analysis(JobQueue(open_database(server.data)), match, "entity-attention")
    expect(jobs).to_contain_text(match.title)
    server.library().remove(match)


def test_a_match_is_analysed_while_another_still_is(page: Page, server: Server, stopped: None) -> None:
    matches = []
    for number, name in enumerate(("long", "short")):
        make_video(server.root / f"{name}.mp4", steady(1200, 2.0), first=62_000 + 2000 * number)
        matches.append(server.library().add(f"{name}.mp4"))
    queue = JobQueue(open_database(server.data))
    _, short = (ask_for_analysis(queue, match, "entity-attention") for match in matches)
    page.goto(f"{server.url}/library")
    row = page.locator("[data-testid=stHorizontalBlock]", has=page.locator(".tl-name", has_text="short")).last
    expect(row).to_contain_text("Queued", timeout=60_000)
    make_analysis(open_match(matches[1].path), server.data, SPOTS[:2])
    with open_database(server.data).session() as session:
        session.execute(update(JobRow).where(JobRow.id == short.id).values(state=DONE))
    expect(row).to_contain_text("Analysed", timeout=60_000)
    expect(page.locator(".st-key-tl_card_jobs")).to_contain_text(matches[0].title)
    for job in queue.all_live():
        queue.cancel(job.id)
    for match in matches:
        server.library().remove(match)


def test_dropped_files_become_a_match(page: Page, server: Server, tmp_path: Path) -> None:
    halves = [make_video(tmp_path / f"{n}_224p.mkv", steady(60), first=41_000 + 100 * n) for n in (1, 2)]
    page.goto(f"{server.url}/library?add=upload")
    chosen = page.locator(".drop-zone input")
    expect(chosen).to_be_disabled()  # nobody has said into which folder
    name = page.get_by_role("textbox", name="Folder of the match")
    name.fill("2026-05-02 - 18-00 Brest 2 - 1 Nice")
    name.press("Enter")
    expect(chosen).to_be_enabled()
    table = tmp_path / "SPOTS.CSV"
    table.write_text("half,seconds,label\n1,1,Goal\n")
    chosen.set_input_files([*halves, str(table), str(_no_match(tmp_path))])
    expect(page.locator(".drop-zone li.good")).to_have_count(3)
    expect(page.locator(".drop-zone li.bad")).to_contain_text("files of this kind are not read")
    expect(page.locator(".tl-found")).to_contain_text("Brest v Nice")
    expect(page.locator(".tl-found")).to_contain_text("not taken from here, give it as Labels: SPOTS.CSV")
    placed = server.root / "2026-05-02 - 18-00 Brest 2 - 1 Nice" / "1_224p.mkv"
    assert placed.read_bytes() == Path(halves[0]).read_bytes()
    page.get_by_role("button", name="Add 1 match").click()
    expect(page.get_by_text("1 added")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Brest 2 – 1")).to_be_visible()


def test_pieces_of_a_recording_are_joined_where_they_are_added(page: Page, server: Server) -> None:
    camera = server.root / "cup final" / "camera behind the north stand"
    camera.mkdir(parents=True)
    for number, name in enumerate(("GX010034", "GX020034", "GX010035")):
        make_video(camera / f"{name}.mp4", steady(60), first=44_000 + 100 * number)
    page.goto(f"{server.url}/library?add=browse&folder=1/cup final")
    bad = page.locator(".tl-found .bad")
    expect(bad).to_contain_text("pieces of one recording")
    title = bad.locator("b")
    assert title.evaluate("node => node.getBoundingClientRect().height") < 20  # a long reason leaves the name its room
    page.get_by_role("button", name="Join them into 2 videos").click()
    expect(page.locator(".tl-found .new")).to_contain_text("camera behind the north stand joined")
    expect(page.get_by_role("button", name="Add 1 match")).to_be_enabled()
    assert sorted(path.name for path in (camera.parent / f"{camera.name} joined").iterdir()) == [
        "GX0034.mp4",
        "GX0035.mp4",
    ]


def _no_match(folder: Path) -> Path:
    path = folder / "run.sh"
    path.write_text("echo")
    return path
