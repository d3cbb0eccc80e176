"""Addresses in Chromium: pages of their own with titles, and a match that looks the same for whoever has its address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import Server
from tests.app.player_page import open_page

pytestmark = pytest.mark.browser


def test_the_library_is_a_page_of_its_own_and_titles_name_match_and_view(
    page: Page, server: Server, match_of: Any
) -> None:
    match = match_of("plain")
    page.goto(f"{server.url}/library")
    expect(page.get_by_text("Spots over the match")).to_be_visible()
    expect(page).to_have_title("Library – Touchline")
    page.reload()
    expect(page.get_by_text("Spots over the match")).to_be_visible()
    assert urlsplit(page.url).path == "/library"
    open_page(page, server, match)
    expect(page).to_have_title(f"{match.title} – Match – Touchline")
    page.goto(f"{server.url}/clips?match={match.id}")
    expect(page).to_have_title(f"{match.title} – Clips – Touchline")
    page.goto(server.url)
    expect(page).to_have_title("Library – Touchline")
    assert urlsplit(page.url).path == "/library"
