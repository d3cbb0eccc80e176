"""Evaluate in Chromium: a cell of the confusion matrix leads to its spots, and the figure is drawn in three forms."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import Server

pytestmark = pytest.mark.browser


def test_a_cell_leads_to_its_spots_and_the_address_keeps_it(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/evaluate")  # of the demo match, which has labels
    cell = page.locator('button.cell[data-true="Kick-off"][data-predicted="Kick-off"]')
    expect(cell).to_be_visible()
    count = int(cell.locator("b").inner_text())
    cell.click()
    page.wait_for_function("() => new URLSearchParams(location.search).get('cell') === 'Kick-off~Kick-off'")
    expect(page.get_by_text("Kick-off spotted as such")).to_be_visible()
    card = page.locator(".st-key-tl_card_confusion")
    expect(card.locator("a.error")).to_have_count(count)
    assert "match?match=" in str(card.locator("a.error").first.get_attribute("href"))
    page.reload()
    expect(card.locator("a.error")).to_have_count(count)
    expect(cell).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(("form", "start"), [("SVG", b"<?xml"), ("PNG", b"\x89PNG"), ("PDF", b"%PDF")])
def test_the_figure_is_downloaded(page: Page, server: Server, form: str, start: bytes) -> None:
    page.goto(f"{server.url}/evaluate")
    # What stands above has its height now: a popover that is open does not leave the window any more.
    expect(page.locator("button.cell").first).to_be_visible()
    expect(page.get_by_label("Threshold").first).to_be_visible()
    page.get_by_role("button", name="Figure").click()
    with page.expect_download(timeout=120_000) as awaited:
        page.get_by_role("button", name=form, exact=True).click()
    download = awaited.value
    assert download.suggested_filename == f"evaluation.{form.lower()}"
    assert Path(download.path()).read_bytes().startswith(start)
