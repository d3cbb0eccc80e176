"""The places of things stand in the page before any script has come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.serving.first_paint import FirstPaint
from app.serving.places import FORMS

PAGE = Path(streamlit.__file__).parent / "static" / "index.html"


@pytest.fixture
def client() -> TestClient:
    async def page(_request: Request) -> Response:
        return FileResponse(PAGE, media_type="text/html")

    async def broken(_request: Request) -> Response:
        return HTMLResponse('<div id="root"></div>', status_code=404)

    async def text(_request: Request) -> Response:
        return PlainTextResponse('<div id="root"></div>')

    routes = [
        Route("/", page),
        *(Route(f"/{view}", page) for view in FORMS),
        Route("/broken", broken),
        Route("/text", text),
    ]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(FirstPaint)]))


def test_the_page_shows_places_beside_the_element_that_streamlit_fills(client: TestClient) -> None:
    answer = client.get("/")
    assert 'aria-label="Touchline is loading"' in answer.text
    assert answer.text.count('<div id="root"></div>') == 1  # what is in it goes when Streamlit begins
    assert "<title>Touchline</title>" in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "<script" not in answer.text.split('<div id="root"></div>')[1].split("</style>")[0]


@pytest.mark.parametrize("view", FORMS)
def test_every_view_has_places_of_its_own_form(client: TestClient, view: str) -> None:
    text = client.get(f"/{view}").text
    shown = text.partition(f'<div class="tl-places places-{view}"')[2].partition("</div>")[0]
    assert re.findall('<i class="(.*?)" style="grid-area:(.*?)">', shown) == [
        (f"place-{name}", name) for name in FORMS[view].names
    ]
    form = FORMS[view]
    for one in filter(None, [form, form.medium]):
        cells = {len(row.split()) for row in one.areas}
        assert len(cells) == 1  # a grid with a row of another length is none for a browser
        assert "bar" in one.names


@pytest.mark.parametrize("path", ["/broken", "/text"])
def test_nothing_else_is_changed(client: TestClient, path: str) -> None:
    assert client.get(path).text == '<div id="root"></div>'


def test_a_question_for_the_head_alone_is_answered_as_before(client: TestClient) -> None:
    answer = client.head("/")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == PAGE.stat().st_size
