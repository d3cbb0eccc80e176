"""Who is let in: names, origins, peers, and what a foreign page can have a browser ask for."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.serving.doors import Doors, Place, Rules, is_loopback, place_of

LOCAL = Rules.of("127.0.0.1", ())
NAMED = Rules.of("0.0.0.0", ("Touchline.Club.example", "10.0.0.5"))


def refused(rules: Rules, client: str | None = "127.0.0.1", **headers: str) -> bool:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return rules.refusal(client, Headers(raw=named)) is not None


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8501", "LOCALHOST", "[::1]:8501", "localhost.:9000"])
def test_this_machines_own_names_are_let_in(host: str) -> None:
    assert not refused(LOCAL, host=host)


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example:8501", "127.0.0.1.rebound.example", "localhost.rebound.example:8501", "10.0.0.5:8501",
        "0.0.0.0:8501", "127.0.0.1@rebound.example", "rebound.example#127.0.0.1", "127.0.0.1/x", "", "127.0.0.1:x",
        "127.0.0.1:99999999", "[::1", "lоcalhost", "localhost\\@rebound.example", "2130706433", "0x7f.1", "[::ffff:1.2.3.4]",
    ],
)  # fmt: skip
def test_another_name_is_refused(host: str) -> None:
    assert refused(LOCAL, host=host)
    assert refused(LOCAL, host=host, origin=f"http://{host}")


def test_no_host_and_two_of_them_are_refused() -> None:
    assert refused(LOCAL)
    twice = Headers(raw=[(b"host", b"localhost"), (b"host", b"rebound.example")])
    assert LOCAL.refusal("127.0.0.1", twice) is not None


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8501", "http://127.0.0.1:8501"),
        ("localhost:8501", "http://localhost:8501"),
        ("localhost", "http://localhost:80"),
    ],
)
def test_the_apps_own_pages_are_let_in(host: str, origin: str) -> None:
    assert not refused(LOCAL, host=host, origin=origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://rebound.example", "http://127.0.0.1:9000", "http://localhost:8501", "http://127.0.0.1", "null", "file://",
        "https://127.0.0.1:8501@rebound.example", "ftp://127.0.0.1:8501", "127.0.0.1:8501", "",
        "http://127.0.0.1:8501.rebound.example", "chrome-extension://abcdef",
    ],
)  # fmt: skip
def test_pages_of_other_origins_are_refused_be_they_of_this_machine(origin: str) -> None:
    assert refused(LOCAL, host="127.0.0.1:8501", origin=origin)


def test_a_proxy_may_have_spoken_tls() -> None:
    assert not refused(NAMED, "10.0.0.9", host="touchline.club.example", origin="https://touchline.club.example")
    assert not refused(NAMED, "10.0.0.9", host="10.0.0.5:8501", origin="http://10.0.0.5:8501")
    assert refused(NAMED, "10.0.0.9", host="touchline.club.example", origin="https://club.example")


@pytest.mark.parametrize("client", ["10.0.0.9", "192.168.1.2", "2001:db8::1", "::ffff:10.0.0.9", "testclient"])
def test_peers_of_other_machines_are_refused_whatever_name_they_say(client: str) -> None:
    assert refused(LOCAL, client, host="127.0.0.1:8501")
    assert not refused(NAMED, client, host="127.0.0.1:8501")


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", None])
def test_peers_of_this_machine_are_let_in(client: str | None) -> None:
    assert not refused(LOCAL, client, host="127.0.0.1:8501")


@pytest.mark.parametrize(
    ("site", "mode", "dest", "let_in"),
    [
        ("same-origin", "cors", "empty", True),
        ("none", "navigate", "document", True),
        ("cross-site", "navigate", "document", True),  # a link that a user follows
        ("same-site", "no-cors", "image", False),  # another port of this machine
        ("cross-site", "no-cors", "image", False),
        ("cross-site", "no-cors", "script", False),
        ("cross-site", "navigate", "iframe", False),
        ("cross-site", "websocket", "empty", False),
    ],
)
def test_what_other_pages_have_a_browser_ask_for_is_refused(site: str, mode: str, dest: str, let_in: bool) -> None:
    told = {"sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": dest}
    assert refused(LOCAL, host="127.0.0.1:8501", **told) is not let_in


def test_places_are_read_as_a_browser_writes_them() -> None:
    assert place_of("localhost:8501") == Place("localhost", 8501)
    assert place_of("[::1]:80") == Place("::1", 80)
    assert place_of("a.example") == Place("a.example", None)
    assert [place_of(text) for text in ("a b", "a/b", "a:b", "-a", "", "[::1]evil.com", "[::1].evil.com:80")] == [
        None
    ] * 7
    assert is_loopback("127.0.0.2")
    assert not is_loopback("localhost.example")


@pytest.fixture
def client() -> TestClient:
    async def page(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("in")

    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("in")

    routes = [Route("/", page), WebSocketRoute("/stream", stream)]
    app = Starlette(routes=routes, middleware=[Middleware(Doors, rules=LOCAL)])
    return TestClient(app, base_url="http://127.0.0.1:8501", client=("127.0.0.1", 1))


def test_a_refused_request_reaches_nothing(client: TestClient) -> None:
    assert client.get("/").text == "in"
    answer = client.get("/", headers={"host": "rebound.example"})
    assert (answer.status_code, "--host" in answer.text) == (403, True)


def test_a_refused_websocket_is_closed_before_it_is_accepted(client: TestClient) -> None:
    own = {"host": "127.0.0.1:8501"}
    with client.websocket_connect("/stream", headers={**own, "origin": "http://127.0.0.1:8501"}) as socket:
        assert socket.receive_text() == "in"
    for headers in ({"origin": "http://rebound.example"}, {"origin": "http://127.0.0.1:9000"}, {"host": "a.example"}):
        with (
            pytest.raises(WebSocketDisconnect) as refusal,
            client.websocket_connect("/stream", headers={**own, **headers}),
        ):
            pass
        assert refusal.value.code == 1008
