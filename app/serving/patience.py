"""How long the server waits for a client: for the head of a request, for its body, and for an answer to be taken.

uvicorn waits for ever for each. A connection that says nothing, or a letter now and then, is closed; so is one whose
answer nobody takes. A player that is paused takes no more of its video either: it gets minutes, and asks for the rest
by byte range when it goes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.routes.http import PREFIX

_MEDIA = (f"{PREFIX}/media/", f"{PREFIX}/download/")


@dataclass(frozen=True)
class Waits:
    """What is waited for a client.

    Arguments:
        head: seconds for the head of a request, from the connection or from its first letter on.
        piece: for the next piece of a body; body: for all of it.
        taken: for a piece of an answer to be taken; media: the same of a video or a download.
        connections: that one address may have.
    """

    head: float = 10.0
    piece: float = 15.0
    body: float = 60.0
    taken: float = 60.0
    media: float = 300.0
    connections: int = 256


class SlowBodyError(Exception):
    """A body was waited for in vain."""


class PatientBodies:
    """ASGI middleware that waits for bodies, but not for ever."""

    def __init__(self, app: ASGIApp, waits: Waits | None = None) -> None:
        self._app, self._waits = app, waits or Waits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        loop, waits = asyncio.get_running_loop(), self._waits
        until, whole, begun = loop.time() + waits.body, False, False

        async def receive_in_time() -> Message:
            nonlocal whole
            if whole:  # what comes now is that the client has gone
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.0, min(waits.piece, until - loop.time())))
            except TimeoutError as error:
                raise SlowBodyError from error
            whole = not message.get("more_body", False)
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive_in_time, send_and_note)
        except ClientDisconnect:  # it ended in the middle of its body
            if begun:
                raise
        except SlowBodyError:
            if begun:
                raise  # the server closes the connection
            answer = PlainTextResponse("The request took too long.", 408, headers={"Connection": "close"})
            await answer(scope, receive, send)


class PatientProtocol(H11Protocol):
    """A connection that is closed when its client keeps it waiting, or is one too many."""

    waits: ClassVar[Waits] = Waits()
    _open: ClassVar[Counter[str]] = Counter()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head: asyncio.TimerHandle | None = None
        self._taken: asyncio.TimerHandle | None = None
        self._peer: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer = self.client[0] if self.client else ""
        if self._open[peer] >= self.waits.connections:
            transport.abort()
            return
        self._open[peer] += 1
        self._peer = peer
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._peer is None:  # a WebSocket's now, or closed
            return
        if not self._between:
            self._stop(self._head)
            self._head = None
        elif self._head is None:
            self._await_head()

    def handle_websocket_upgrade(self, event: Any) -> None:
        """From here on the connection is another protocol's, which has limits of its own."""
        self._forget()
        super().handle_websocket_upgrade(event)
        protocol = self.transport.get_protocol()
        if not getattr(protocol, "handshake_initiated", True):
            # Its parser gave the head up (a long line, too many of them, a body): nothing would ever be answered.
            self.send_400_response("Invalid WebSocket request received.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; whoever is answering the request already has nobody to answer any more."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:  # a second answer would be read as a part of the first
                self.transport.close()
                return
        super().send_400_response(msg)

    def pause_writing(self) -> None:
        """The client takes nothing more for now."""
        super().pause_writing()
        media = self.scope is not None and self.scope["path"].startswith(_MEDIA)
        self._stop(self._taken)
        self._taken = self.loop.call_later(self.waits.media if media else self.waits.taken, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop(self._taken)
        self._taken = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more is asked for; closing waits until all has been taken, which may be never."""
        self.loop.call_later(self.waits.taken, self.transport.abort)
        super().timeout_keep_alive_handler()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    @property
    def _between(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        self._head = self.loop.call_later(self.waits.head, self._give_up)

    def _give_up(self) -> None:
        self._head = None
        if self._between:
            self.transport.abort()

    def _forget(self) -> None:
        self._stop(self._head)
        self._stop(self._taken)
        self._head = self._taken = None
        if self._peer is not None:
            self._open[self._peer] -= 1
            if not self._open[self._peer]:
                del self._open[self._peer]
            self._peer = None

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
