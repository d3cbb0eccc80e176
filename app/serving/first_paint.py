"""What stands in the browser from the first answer on: the places of things, until the scripts of the page have come.

Streamlit's page is empty until three megabytes of script have been loaded and have begun. The places are put into the
element that it fills then, so nothing has to take them away.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ROOT = b'<div id="root"></div>'
_PLACES = """<div id="root"><style>
.tl-first { position: fixed; inset: 0; display: grid; gap: 12px; padding: 0 16px 12px; background: #F1F3F6;
  grid: 52px 28px minmax(0, 3fr) minmax(0, 2fr) / minmax(0, 1fr) 300px; }
.tl-first i { border: 1px solid #DBE1E8; border-radius: 8px; background: #FFFFFF; }
.tl-first i:first-child { grid-column: 1 / -1; margin: 0 -16px; border-width: 0 0 1px; border-radius: 0; }
.tl-first i:nth-child(2) { grid-column: 1 / -1; max-width: 420px; }
.tl-first i:nth-child(4) { grid-row: 3 / 5; grid-column: 2; }
@media (max-width: 860px) {
  .tl-first { grid-template-columns: minmax(0, 1fr); }
  .tl-first i:nth-child(4) { display: none; }
}
@media (prefers-color-scheme: dark) {
  .tl-first { background: #0D1013; }
  .tl-first i { background: #14181D; border-color: #272E37; }
}
</style><div class="tl-first" role="status" aria-label="Touchline is loading">
<i></i><i></i><i></i><i></i><i></i></div></div>"""
_CHANGES = ((_ROOT, _PLACES.encode()), (b"<title>Streamlit</title>", b"<title>Touchline</title>"))


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
        await self._app(scope, receive, _Page(send))


class _Page:
    """Sends an answer on; a page is held back until it is whole."""

    def __init__(self, send: Send) -> None:
        self._send = send
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
        body = bytes(self._body)
        for before, after in _CHANGES:
            body = body.replace(before, after, 1)
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _is_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    html = headers.get("content-type", "").startswith("text/html")
    return start["status"] == 200 and html and "content-encoding" not in headers
