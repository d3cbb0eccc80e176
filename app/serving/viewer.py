"""Which browser somebody sits at: a name drawn by chance, in a cookie that only the app's own pages send.

Links to videos and pictures are made for it (``app.routes.links``), and limits are counted by it. It says nothing of
who a person is, and whoever takes one that was not given to him gains nothing: it opens no link but those made for it.
"""

from __future__ import annotations

import re
import secrets

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "touchline_viewer"
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")  # 16 bytes in base64


def viewer_of(connection: HTTPConnection) -> str:
    """The browser that a request comes from; empty where it has no name."""
    return _checked(connection.cookies.get(COOKIE))


def viewer_of_page() -> str:
    """The browser that the running page is shown in; empty without one."""
    return _checked(st.context.cookies.get(COOKIE))


def _checked(name: object) -> str:
    return name if isinstance(name, str) and _NAME.fullmatch(name) else ""


class Viewers:
    """ASGI middleware that names a browser with the first page it gets."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or viewer_of(HTTPConnection(scope)):
            await self._app(scope, receive, send)
            return

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    cookie = f"{COOKIE}={secrets.token_urlsafe(16)}; Path=/; HttpOnly; SameSite=Lax"
                    headers.append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, with_cookie)
