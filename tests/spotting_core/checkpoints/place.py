"""A place on this machine that publishes models: files at addresses, and a hub; it can fail in every way that one can."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0" * 39 + "1"


@dataclass
class Place:
    """What is published.

    Arguments:
        files: by path; pages: paths that give HTML; leads: paths to where they lead.
        cut: bytes after which the connection ends, once; stated: what is said of a file's length, where it is wrong.
        asked: paths and ranges, in order; packed: whether small texts are sent packed to whoever takes them so.
    """

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    pages: set[str] = field(default_factory=set)
    leads: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    licence: str | None = "mit"
    wrong_hash: bool = False
    packed: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def hub_entry(self, repository: str) -> dict[str, object]:
        """What the hub says of a repository: its files lie below its name."""
        siblings = []
        for path, content in self.files.items():
            if path.startswith(f"/{repository}/"):
                digest = "f" * 64 if self.wrong_hash else hashlib.sha256(content).hexdigest()
                lfs = {"sha256": digest, "size": len(content), "pointerSize": 100}
                siblings.append({
                    "rfilename": path.removeprefix(f"/{repository}/"), "size": len(content), "blobId": "b",
                    **({"lfs": lfs} if path.endswith(".pt") else {}),
                })  # fmt: skip
        card = {"license": self.licence} if self.licence else {}
        return {"id": repository, "modelId": repository, "sha": COMMIT, "private": False, "tags": [],
                "siblings": siblings, "cardData": card, "downloads": 0, "likes": 0}  # fmt: skip


def _handler(place: Place) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            place.asked.append((path, self.headers.get("Range", "")))
            if path in place.leads:
                self._send(302, b"", {"Location": place.leads[path]}, body=body)
            elif path in place.pages:
                self._send(200, b"<html></html>", {"Content-Type": "text/html"}, body=body)
            elif path.startswith("/api/models/"):
                self._hub(path.removeprefix("/api/models/").partition("/revision/")[0], body=body)
            else:
                self._file(path.replace(f"/resolve/{COMMIT}/", "/"), body=body)

        def _hub(self, repository: str, *, body: bool) -> None:
            if not any(path.startswith(f"/{repository}/") for path in place.files):
                self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, body=body)
                return
            content = json.dumps(place.hub_entry(repository)).encode()
            self._send(200, content, {"Content-Type": "application/json"}, body=body)

        def _file(self, path: str, *, body: bool) -> None:
            content = place.files.get(path)
            if content is None:
                self._send(404, b"", {}, body=body)
                return
            if place.packed and path.endswith(".json") and "gzip" in self.headers.get("Accept-Encoding", ""):
                self._send(200, gzip.compress(content), {"Content-Encoding": "gzip"}, body=body)
                return
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            headers = {"ETag": etag, "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
            start = self.headers.get("Range", "").removeprefix("bytes=").partition("-")[0]
            first = int(start) if start else 0
            if first:
                headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
            self._send(206 if first else 200, content[first:], headers, body=body)

        def _send(self, status: int, content: bytes, headers: dict[str, str], *, body: bool) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if not body:
                return
            if place.cut and len(content) > place.cut:
                content, place.cut = content[: place.cut], 0
                self.wfile.write(content)
                self.close_connection = True
                return
            self.wfile.write(content)

    return Handler


@contextmanager
def published_place() -> Iterator[Place]:
    """Such a place, as long as it is open."""
    place = Place()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(place))
    place.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
