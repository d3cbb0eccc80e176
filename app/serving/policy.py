"""What a page of the app may do in the browser: the headers that every answer carries.

Scripts come from the app itself, and none stands in the page: what got into it as text runs nothing. Three things had
to stay. Streamlit's page holds one line of script, which is let through by its hash. The script of a component reaches
the browser over the WebSocket and is loaded as a ``blob:``, which a text in the page cannot make. Styles stand in the
page, for Streamlit and the drawings write them there; they load nothing from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@lru_cache(maxsize=1)
def content_policy() -> str:
    """The content security policy (W3C CSP 3)."""
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    hashes = " ".join(f"'{_hash(text)}'" for text in _INLINE.findall(page.read_text(encoding="utf-8")))
    return "; ".join((
        "default-src 'none'",
        f"script-src 'self' blob: {hashes}".rstrip(),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ))  # fmt: skip


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def headers() -> dict[str, str]:
    """The headers of every answer."""
    return {
        "Content-Security-Policy": content_policy(),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }


class Policy:
    """ASGI middleware that gives every answer the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._headers = app, headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    given[name] = value
                if "access-control-allow-origin" in given:  # no other page reads anything
                    del given["access-control-allow-origin"]
            await send(message)

        await self._app(scope, receive, with_headers)
