"""Many pictures asked for at once with links that hold: an array does not wait for them, and links hold in one browser."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.app.conftest import Server
from tests.app.player_page import open_page

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
