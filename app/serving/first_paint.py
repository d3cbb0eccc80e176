"""What stands in the browser from the first answer on: the places of things, until the page has its own style.

Streamlit's page is empty until three megabytes of script have been loaded and have begun, and looks like no page of
ours until its settings and our style have come. The places lie over it until then; our style takes them away.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.serving import places

_ROOT = b'<div id="root"></div>'
_STYLE = f"""<style>
.tl-first {{ position: fixed; inset: 0; z-index: 1; background: var(--tl-background);
  --tl-surface: #FFFFFF; --tl-border: #DBE1E8; --tl-background: #F1F3F6; }}
.tl-first > b {{ display: block; height: 52px; border-bottom: 1px solid var(--tl-border);
  background: var(--tl-surface); }}
@media (prefers-color-scheme: dark) {{
  .tl-first {{ --tl-surface: #14181D; --tl-border: #272E37; --tl-background: #0D1013; }}
}}
{places.style()}</style>"""


def _first(path: str) -> bytes:
    """What stands in the page of an address before anything of it is there."""
    shown = places.places(places.view_of(path), "Touchline is loading")
    return f'{_STYLE}<div class="tl-first"><b></b>{shown}</div>'.encode()


class FirstPaint:
    """ASGI middleware that puts the places of things into the page of the app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        if "text/html" in Headers(scope=scope).get("accept", ""):  # it is changed, so it comes as it is
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}
        await self._app(scope, receive, _Page(send, scope["path"]))


class _Page:
    """Sends an answer on; a page is held back until it is whole."""

    def __init__(self, send: Send, path: str) -> None:
        self._send, self._path = send, path
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_whole(self._start)

    async def _send_whole(self, start: Message) -> None:
        body = bytes(self._body).replace(_ROOT, _ROOT + _first(self._path), 1)
        body = body.replace(b"<title>Streamlit</title>", b"<title>Touchline</title>", 1)
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _is_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    html = headers.get("content-type", "").startswith("text/html")
    return start["status"] == 200 and html and "content-encoding" not in headers
