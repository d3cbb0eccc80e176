"""The library in Chromium at every width."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.app.conftest import Server

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [800, 1100, 1440])
def test_no_text_lies_over_a_picture(page: Page, server: Server, match_of: Any, width: int) -> None:
    match_of("plain")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{server.url}/library")
    page.locator("img.tl-thumb").first.wait_for()
    picture, name = (page.locator(part).first.bounding_box() for part in ("img.tl-thumb", ".tl-name"))
    assert picture is not None
    assert name is not None
    assert picture["width"] >= 40
    assert picture["x"] + picture["width"] <= name["x"]
