"""How much a browser may ask for at once, and that arrays do not wait for pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.routes.http import PREFIX
from app.serving.limits import LARGEST_HEAD, Count, Limited, Limits, Pace
from app.serving.viewer import COOKIE

App = Callable[[Scope, Receive, Send], Awaitable[None]]


def scope(path: str, viewer: str = "", address: str = "127.0.0.1", kind: str = "http") -> dict[str, Any]:
    headers = [(b"cookie", f"{COOKIE}={viewer * 22}".encode())] if viewer else []
    return {"type": kind, "path": path, "headers": headers, "client": (address, 1), "method": "GET"}


class Held:
    """An app whose answers begin when they are let go; what is under way and what has begun is kept."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, asyncio.Event]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gate = asyncio.Event()
        self.waiting.append((scope["path"], gate))
        await gate.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def let(self, path: str) -> None:
        next(gate for known, gate in self.waiting if known == path and not gate.is_set()).set()

    @property
    def paths(self) -> list[str]:
        return [path for path, gate in self.waiting if not gate.is_set()]


async def ask(app: App, of: dict[str, Any]) -> int:
    """The status of an answer; 0 where a WebSocket was closed."""
    status: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request"} if of["type"] == "http" else {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    await app(of, receive, send)
    return status[0] if status else 0


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_browser_has_its_own_limit_and_an_address_one_for_all_of_them() -> None:
    async def run() -> None:
        held, limits = Held(), Limits(requests=2, requests_of_address=3)
        app = Limited(held, limits)
        tasks = [asyncio.create_task(ask(app, scope("/a", viewer="m"))) for _ in range(2)]
        await settle()
        assert await ask(app, scope("/a", viewer="m")) == 429
        tasks.append(asyncio.create_task(ask(app, scope("/a", viewer="o"))))
        await settle()
        assert await ask(app, scope("/a", viewer="x")) == 429  # names can be made up: the address has its limit
        tasks.append(asyncio.create_task(ask(app, scope("/a", viewer="x", address="10.0.0.9"))))
        await settle()
        for _ in range(4):
            held.let("/a")
        assert await asyncio.gather(*tasks) == [200] * 4
        again = asyncio.create_task(ask(app, scope("/a", viewer="m")))  # what ends is not counted any more
        await settle()
        held.let("/a")
        assert await again == 200

    asyncio.run(run())


@pytest.mark.parametrize("where", ["headers", "query_string"])
def test_a_long_head_is_refused_in_one_piece_as_well(where: str) -> None:
    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def long(size: int) -> dict[str, Any]:
        more = {"headers": [(b"x" * size, b"")], "query_string": b"x" * size}
        return {**scope("/"), where: more[where]}

    app = Limited(answer)
    assert asyncio.run(ask(app, long(LARGEST_HEAD - 10))) == 200
    assert asyncio.run(ask(app, long(LARGEST_HEAD + 10))) == 431


def test_a_name_that_no_file_has_is_not_looked_for() -> None:
    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = Limited(answer)
    assert asyncio.run(ask(app, scope(f"/app/static/{'a' * 256}"))) == 404
    assert asyncio.run(ask(app, scope(f"{PREFIX}/scripts/1/{'a' * 256}"))) == 404
    assert asyncio.run(ask(app, scope(f"/app/static/{'a' * 255}"))) == 200
    assert asyncio.run(ask(app, scope(f"{PREFIX}/media/{'a' * 700}"))) == 200  # a sealed link


def test_pages_are_counted_by_themselves() -> None:
    async def run() -> None:
        held = Held()
        app = Limited(held, Limits(sessions=1, requests=1))
        page = asyncio.create_task(ask(app, scope("/s", viewer="m", kind="websocket")))
        await settle()
        assert await ask(app, scope("/s", viewer="m", kind="websocket")) == 0
        assert held.paths == ["/s"]
        request = asyncio.create_task(ask(app, scope("/a", viewer="m")))
        await settle()
        assert held.paths == ["/s", "/a"]
        held.let("/s")
        held.let("/a")
        await asyncio.gather(page, request)

    asyncio.run(run())


def test_pictures_are_made_a_few_at_a_time_and_behind_arrays() -> None:
    picture, array = f"{PREFIX}/picture/x", f"{PREFIX}/array/x/scores"

    async def run() -> None:
        held = Held()
        app = Limited(held, Limits(requests=100, pictures=2))
        pictures = [asyncio.create_task(ask(app, scope(picture))) for _ in range(60)]
        await settle()
        assert held.paths == [picture] * 2
        arrays = asyncio.create_task(ask(app, scope(array)))
        await settle()
        assert held.paths == [picture, picture, array]  # at once, for all the pictures that were asked for before
        held.let(picture)
        await settle()
        assert held.paths == [picture, array]  # no other one begins
        held.let(array)
        assert await arrays == 200
        await settle()
        assert held.paths == [picture] * 2
        while not all(task.done() for task in pictures):
            for path in held.paths:
                held.let(path)
            await settle()
        assert {task.result() for task in pictures} == {200}

    asyncio.run(run())


def test_a_picture_waits_for_arrays_but_not_for_ever() -> None:
    picture, array = f"{PREFIX}/picture/x", f"{PREFIX}/array/x/scores"

    async def run() -> None:
        held = Held()
        app = Limited(held, Limits(patience=0.05))
        arrays = asyncio.create_task(ask(app, scope(array)))
        await settle()
        one = asyncio.create_task(ask(app, scope(picture)))
        await asyncio.sleep(0.2)
        assert held.paths == [array, picture]
        held.let(picture)
        held.let(array)
        assert await asyncio.gather(arrays, one) == [200, 200]

    asyncio.run(run())


def test_a_rate_lets_a_burst_through_then_makes_wait_then_refuses() -> None:
    now = [100.0]
    pace = Pace(10.0, 5, lambda: now[0])
    assert [pace.wait("me", 0.25) for _ in range(5)] == pytest.approx([0.0] * 5, abs=1e-9)
    assert [pace.wait("me", 0.25) for _ in range(2)] == pytest.approx([0.1, 0.2], abs=1e-9)
    assert pace.wait("me", 0.25) is None  # in 0.3 s
    assert pace.wait("you", 0.25) == pytest.approx(0.0, abs=1e-9)
    now[0] += 0.5
    assert pace.wait("me", 0.25) == pytest.approx(0.0, abs=1e-9)


def test_a_count_forgets_what_has_ended() -> None:
    count = Count()
    keys = {("http", "me"): 1}
    assert count.enter(keys)
    assert not count.enter(keys)
    count.leave(keys)
    assert count._under_way == {}
    assert count.enter(keys)
