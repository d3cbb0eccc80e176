"""Clients that keep the server waiting, at the socket of a server of its own."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from app.routes.http import PREFIX
from app.serving.patience import PatientBodies, PatientProtocol, Waits

QUICK = Waits(head=0.5, piece=0.4, body=1.2, taken=0.6, media=3.0, connections=8)


class QuickProtocol(PatientProtocol):
    waits = QUICK


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def body(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(await request.body())} bytes")


async def deaf(_request: Request) -> PlainTextResponse:
    """Answers at once, without reading the body."""
    return PlainTextResponse("no", 405)


async def much(_request: Request) -> StreamingResponse:
    async def pieces():  # type: ignore[no-untyped-def]
        for _ in range(400):
            yield b"x" * 65_536

    return StreamingResponse(pieces())


async def stream(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    routes = [
        Route("/", hello),
        Route("/body", body, methods=["POST"]),
        Route("/deaf", deaf, methods=["POST"]),
        Route("/much", much),
        Route(f"{PREFIX}/media/much", much),
        WebSocketRoute("/stream", stream),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(PatientBodies, waits=QUICK)])
    config = uvicorn.Config(app, http=QuickProtocol, ws="websockets-sansio", log_level="critical", timeout_keep_alive=1)
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end
        time.sleep(0.02)
    yield int(listener.getsockname()[1])
    server.should_exit = True
    thread.join(10)


def connected(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    client.settimeout(8)
    return client


def closed_after(client: socket.socket) -> float:
    """Seconds until the server closes a connection; what it sends before is thrown away."""
    began = time.monotonic()
    try:
        while client.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - began


def test_who_says_nothing_is_closed(port: int) -> None:
    with connected(port) as client:
        assert 0.3 < closed_after(client) < 2


@pytest.mark.parametrize("before", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["at first", "after a request"])
def test_a_head_letter_by_letter_is_closed(port: int, before: bytes) -> None:
    with connected(port) as client:
        client.sendall(before)
        began = time.monotonic()
        with pytest.raises(OSError):  # noqa: PT012 - it ends at any of them
            for letter in b"GET / HTTP/1.1\r\nX-Slow: " + b"a" * 200:
                client.sendall(bytes([letter]))
                time.sleep(0.05)
        assert time.monotonic() - began < 3


def test_a_body_piece_by_piece_is_answered_in_time(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        began, answer = time.monotonic(), b""
        client.settimeout(0.1)
        while time.monotonic() - began < 5 and not answer:
            try:
                client.sendall(b"a")  # there is always another piece, but never all of them
                answer = client.recv(1000)
            except TimeoutError:
                continue
        assert answer.startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < 2.5


def test_a_body_of_which_nothing_comes_is_answered_in_time(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("path", "rest", "whole"),
    [("/much", 1.5, False), (f"{PREFIX}/media/much", 1.5, True), (f"{PREFIX}/media/much", 4.5, False)],
)
def test_an_answer_that_nobody_takes_is_given_up_and_a_paused_video_later(
    port: int, path: str, rest: float, whole: bool
) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.settimeout(8)
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        time.sleep(rest)
        taken = 0
        with suppress(ConnectionResetError):
            while piece := client.recv(1_000_000):
                taken += len(piece)
    assert (taken >= 400 * 65_536) is whole


@pytest.fixture
def server_log() -> Iterator[list[logging.LogRecord]]:
    """What the server logs of what it did not expect."""
    records: list[logging.LogRecord] = []
    handler, logger = logging.Handler(logging.ERROR), logging.getLogger("uvicorn.error")
    handler.emit = records.append  # type: ignore[method-assign]
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR)
    yield records
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.mark.parametrize("path", ["/body", "/deaf"])
def test_a_body_of_wrong_chunks_is_refused_once_and_leaves_no_traceback(
    port: int, path: str, server_log: list[logging.LogRecord]
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connected(port) as client:
        client.sendall(head.encode() + b"this is no length\r\n")
        answer = b""
        while piece := client.recv(65_536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    time.sleep(0.3)  # whoever answers the request ends meanwhile
    assert [record.getMessage() for record in server_log] == []


UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
)


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/stream", f"Cookie: a={'A' * 9000}\r\n"),
        (f"/{'a' * 9000}", ""),
        ("/stream", "".join(f"X-{n}: 1\r\n" for n in range(130))),
        ("/stream", "Content-Length: 5\r\n"),
    ],
    ids=["long field", "long path", "many fields", "a body"],
)
def test_a_handshake_that_cannot_be_read_is_answered_at_once(port: int, path: str, more: str) -> None:
    with connected(port) as client:
        client.sendall(UPGRADE.format(path=path, more=more).encode())
        answer = client.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert closed_after(client) < 1


def test_who_is_in_time_is_served(port: int) -> None:
    with connected(port) as client:
        for _ in range(3):
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"hello"):
                answer += client.recv(1000)
            time.sleep(0.7)  # longer than a head may take: between two requests a connection may rest a while
        client.sendall(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
        answer = b""
        while piece := client.recv(1000):
            answer += piece
        assert b"3 bytes" in answer


def test_one_address_has_so_many_connections(port: int) -> None:
    clients = [connected(port) for _ in range(QUICK.connections)]
    time.sleep(0.1)
    with connected(port) as one_more:
        assert closed_after(one_more) < 0.3
    for client in clients:
        client.close()
    time.sleep(0.2)
    with connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_websocket_rests_as_long_as_it_likes_and_is_not_counted(port: int) -> None:
    from websockets.sync.client import connect

    sockets = [connect(f"ws://127.0.0.1:{port}/stream") for _ in range(QUICK.connections)]
    time.sleep(1.0)
    with connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    for one in sockets:
        one.send("still here")
        assert one.recv() == "still here"
        one.close()
