"""The places of things stand in the page before any script has come."""

from __future__ import annotations

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

PAGE = Path(streamlit.__file__).parent / "static" / "index.html"


@pytest.fixture
def client() -> TestClient:
    async def page(_request: Request) -> Response:
        return FileResponse(PAGE, media_type="text/html")

    async def broken(_request: Request) -> Response:
        return HTMLResponse('<div id="root"></div>', status_code=404)

    async def text(_request: Request) -> Response:
        return PlainTextResponse('<div id="root"></div>')

    routes = [Route("/", page), Route("/broken", broken), Route("/text", text)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(FirstPaint)]))


def test_the_page_shows_places_in_the_element_that_streamlit_fills(client: TestClient) -> None:
    answer = client.get("/")
    assert 'aria-label="Touchline is loading"' in answer.text
    assert answer.text.count('<div id="root">') == 1
    assert "<title>Touchline</title>" in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "<script" not in answer.text.split('<div id="root">')[1].split("</style>")[0]


@pytest.mark.parametrize("path", ["/broken", "/text"])
def test_nothing_else_is_changed(client: TestClient, path: str) -> None:
    assert client.get(path).text == '<div id="root"></div>'


def test_a_question_for_the_head_alone_is_answered_as_before(client: TestClient) -> None:
    answer = client.head("/")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == PAGE.stat().st_size
