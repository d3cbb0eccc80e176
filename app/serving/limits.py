"""How much one browser may ask for at once, and who waits for whom.

A browser opens six connections to a host; whoever has four times as many requests under way is no page of the app's. A
browser is told from others by its name (``viewer``), without one by its address. Names can be made up, so all of an
address together have a limit of their own.

Pictures have to be decoded, one after the other: they are made two at a time and only while nobody waits for an array,
without which the player shows nothing. More than a list needs in a second are made to wait, for they would take the
processor from everybody.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.routes.http import PREFIX
from app.serving.viewer import viewer_of

_ARRAYS = tuple(f"{PREFIX}/{name}/" for name in ("array", "calibrations", "players", "play", "times"))
_PICTURES = (f"{PREFIX}/picture/",)
_TRY_AGAIN = 1013  # RFC 6455's registry: try again later
_REMEMBERED = 4096  # browsers whose pictures are counted
LARGEST_HEAD = 32 * 1024
"""Bytes of the head of a request."""
_LONGEST_NAME = 255  # bytes of the name of a file
_LONG_HEAD = "The head of this request is too long."
_TOO_MUCH = "Too much is asked for at once. Try again in a moment."


@dataclass(frozen=True)
class Limits:
    """How much may be asked for.

    Arguments:
        requests: of a browser under way at once; sessions: its open pages.
        requests_of_address, sessions_of_address: the same of all that come from one address.
        pictures: made at once, for everybody.
        pictures_a_second: of a browser, once ``pictures_at_once`` have been asked for in a burst.
        patience: seconds that a picture waits for its turn, and at most for arrays.
    """

    requests: int = 24
    sessions: int = 32
    requests_of_address: int = 192
    sessions_of_address: int = 128
    pictures: int = 2
    pictures_a_second: float = 40.0
    pictures_at_once: int = 240
    patience: float = 10.0


class Count:
    """How many of something each has under way; what ends is forgotten."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[str, ...], int] = {}

    def enter(self, limits: dict[tuple[str, ...], int]) -> bool:
        """Begin one for several keys, unless one of them has its limit under way already."""
        if any(self._under_way.get(key, 0) >= most for key, most in limits.items()):
            return False
        for key in limits:
            self._under_way[key] = self._under_way.get(key, 0) + 1
        return True

    def leave(self, limits: dict[tuple[str, ...], int]) -> None:
        for key in limits:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]


class Pace:
    """How long each has to wait with the next one so as to keep to a rate (a bucket of tokens)."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._free: OrderedDict[str, float] = OrderedDict()  # when all tokens of each will be back

    def wait(self, who: str, most: float) -> float | None:
        """Seconds until the turn of one more; None, and nothing is counted, where that is longer than wanted."""
        now = self._clock()
        back = max(self._free.pop(who, now), now)
        wait = max(0.0, back + 1 / self._rate - now - self._burst / self._rate)
        self._free[who] = back if wait > most else back + 1 / self._rate
        while len(self._free) > _REMEMBERED:
            self._free.popitem(last=False)
        return None if wait > most else wait


class Turns:
    """Arrays are made at once, pictures a few at a time and behind them."""

    def __init__(self, pictures: int, patience: float) -> None:
        self._most, self._patience = pictures, patience
        self._arrays = self._pictures = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._overdue: deque[asyncio.Future[None]] = deque()  # that have waited for arrays long enough

    @contextmanager
    def array(self) -> Iterator[Callable[[], None]]:
        """An array is being made, until that is said or the block ends."""
        self._arrays += 1
        with _once(self._array_made) as made:
            yield made

    @asynccontextmanager
    async def picture(self) -> AsyncIterator[Callable[[], None]]:
        """A picture is being made, once it is its turn."""
        turn = self._queued(self._waiting)
        try:
            await asyncio.wait_for(asyncio.shield(turn), self._patience)
        except TimeoutError:
            if not turn.done():
                turn.cancel()
                turn = self._queued(self._overdue)
                await self._turn(turn)
        except asyncio.CancelledError:
            self._leave(turn)
            raise
        with _once(self._picture_made) as made:
            yield made

    async def _turn(self, turn: asyncio.Future[None]) -> None:
        try:
            await asyncio.shield(turn)
        except asyncio.CancelledError:
            self._leave(turn)
            raise

    def _queued(self, queue: deque[asyncio.Future[None]]) -> asyncio.Future[None]:
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._call()
        return turn

    def _leave(self, turn: asyncio.Future[None]) -> None:
        """Whoever waited has gone."""
        if turn.done() and not turn.cancelled():
            self._picture_made()
        turn.cancel()

    def _array_made(self) -> None:
        self._arrays -= 1
        self._call()

    def _picture_made(self) -> None:
        self._pictures -= 1
        self._call()

    def _call(self) -> None:
        """Call in who waits, as long as there is room."""
        for queue in (self._overdue, self._waiting):
            while queue and self._pictures < self._most and not (queue is self._waiting and self._arrays):
                turn = queue.popleft()
                if not turn.done():
                    self._pictures += 1
                    turn.set_result(None)


@contextmanager
def _once(end: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Something that ends when it is said to, at the latest with the block."""
    ended = False

    def end_once() -> None:
        nonlocal ended
        if not ended:
            ended = True
            end()

    try:
        yield end_once
    finally:
        end_once()


class Limited:
    """ASGI middleware that keeps to the limits."""

    def __init__(self, app: ASGIApp, limits: Limits | None = None) -> None:
        self._app, self._limits = app, limits or Limits()
        self._count = Count()
        self._pace = Pace(self._limits.pictures_a_second, self._limits.pictures_at_once)
        self._turns = Turns(self._limits.pictures, self._limits.patience)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if _head_size(scope) > LARGEST_HEAD:
            await _refuse(scope, receive, send, 431, _LONG_HEAD)
            return
        if _names_no_file(scope["path"]):
            await _refuse(scope, receive, send, 404, "There is no such address.")
            return
        keys = self._keys(scope)
        if not self._count.enter(keys):
            await _refuse(scope, receive, send)
            return
        try:
            await self._take_turn(scope, receive, send)
        finally:
            self._count.leave(keys)

    def _keys(self, scope: Scope) -> dict[tuple[str, ...], int]:
        """What a request is counted by, and how many of each there may be."""
        kind, limits, address = scope["type"], self._limits, _address(scope)
        web = kind == "http"
        return {
            (kind, "of", _browser(scope)): limits.requests if web else limits.sessions,
            (kind, "from", address): limits.requests_of_address if web else limits.sessions_of_address,
        }

    async def _take_turn(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["type"] == "http" and path.startswith(_ARRAYS):
            with self._turns.array() as made:
                await self._app(scope, receive, _telling(send, made))
        elif scope["type"] == "http" and path.startswith(_PICTURES):
            wait = self._pace.wait(_browser(scope), self._limits.patience)
            if wait is None:
                await _refuse(scope, receive, send)
                return
            await asyncio.sleep(wait)
            async with self._turns.picture() as made:
                await self._app(scope, receive, _telling(send, made))
        else:
            await self._app(scope, receive, send)


def _telling(send: Send, made: Callable[[], None]) -> Send:
    """Tell when an answer begins: it has been made then, and however slowly it is taken holds nobody up."""

    async def with_word(message: Message) -> None:
        if message["type"] == "http.response.start":
            made()
        await send(message)

    return with_word


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _browser(scope: Scope) -> str:
    return viewer_of(HTTPConnection(scope)) or _address(scope)


def _names_no_file(path: str) -> bool:
    """Whether a part of an address is longer than the name of any file; a sealed link is none."""
    sealed = path.startswith(f"{PREFIX}/") and not path.startswith(f"{PREFIX}/scripts/")
    return not sealed and any(len(name) > _LONGEST_NAME for name in path.encode("utf-8", "replace").split(b"/"))


def _head_size(scope: Scope) -> int:
    """Bytes of the head of a request, but for what separates its fields."""
    address = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    return address + sum(len(name) + len(value) for name, value in scope["headers"])


async def _refuse(scope: Scope, receive: Receive, send: Send, code: int = 429, why: str = _TOO_MUCH) -> None:
    if scope["type"] == "http":
        await PlainTextResponse(why, code, headers={"Retry-After": "1"} if code == 429 else None)(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.close", "code": _TRY_AGAIN, "reason": why})
