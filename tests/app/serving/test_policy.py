"""The headers that every answer carries."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.serving.policy import Policy, content_policy
from app.serving.viewer import COOKIE, Viewers, viewer_of

PAGE = Path(streamlit.__file__).parent / "static" / "index.html"


def rules() -> dict[str, list[str]]:
    return {name: values for name, *values in (rule.split() for rule in content_policy().split("; "))}


def test_no_script_stands_in_the_page_but_streamlits_own_line() -> None:
    line = PAGE.read_text().split("<script>")[1].split("</script>")[0]
    own = f"'sha256-{base64.b64encode(hashlib.sha256(line.encode()).digest()).decode()}'"
    assert rules()["script-src"] == ["'self'", "blob:", own]
    assert "unsafe-eval" not in content_policy()


def test_nothing_is_loaded_from_elsewhere_and_nobody_frames_the_app() -> None:
    known = rules()
    assert known["default-src"] == ["'none'"]
    assert known["frame-ancestors"] == ["'none'"]
    for name in ("img-src", "media-src", "font-src", "connect-src", "style-src", "worker-src"):
        assert not [v for v in known[name] if v not in ("'self'", "data:", "blob:", "'unsafe-inline'")]


@pytest.fixture
def client() -> TestClient:
    async def page(_request: Request) -> Response:
        return HTMLResponse("page", headers={"Access-Control-Allow-Origin": "*"})

    async def array(request: Request) -> Response:
        return Response(viewer_of(request).encode(), media_type="application/octet-stream")

    routes = [Route("/", page), Route("/array", array)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Policy), Middleware(Viewers)]))


def test_every_answer_has_them(client: TestClient) -> None:
    for path in ("/", "/array", "/nothing"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == content_policy()
        assert headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers


def test_a_browser_is_named_with_its_first_page_and_keeps_the_name(client: TestClient) -> None:
    assert client.get("/array").content == b""
    told = client.get("/").headers["set-cookie"]
    assert "HttpOnly" in told
    assert "SameSite=Lax" in told
    name = client.cookies[COOKIE]
    assert client.get("/array").content == name.encode()
    assert "set-cookie" not in client.get("/").headers
    assert TestClient(client.app, cookies={COOKIE: "x" * 99}).get("/array").content == b""  # no name of ours
