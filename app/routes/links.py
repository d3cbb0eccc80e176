"""Signed links: the browser never sees a path and never sends one.

A link says which file it is for, which state of it (size and change time), until when it holds and for whom;
all under a message authentication code. Expired, altered or foreign links, and links to a file that has
changed since, are answered alike: not found.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

LIFETIME = 6 * 3600  # seconds
_STEP = 3600  # expiry is rounded up to this: the link stays the same over reruns and the browser's cache holds


@dataclass(frozen=True)
class LinkSigner:
    """Makes and checks links with one secret."""

    secret: bytes

    def sign(self, path: Path, kind: str, *, viewer: str = "", now: float | None = None) -> str:
        """Token for a file or folder, for one kind of use."""
        moment = time.time() if now is None else now
        expiry = int(moment + LIFETIME) // _STEP * _STEP + _STEP
        return self._serializer(kind).dumps([str(path), *_state(path), expiry, viewer])

    def verify(self, token: str, kind: str, *, now: float | None = None) -> Path | None:
        """The path of a token, or None if it does not hold for this use."""
        try:
            text, size, changed, expiry, _viewer = self._serializer(kind).loads(token)
        except BadData:
            return None
        path = Path(text)
        if expiry < (time.time() if now is None else now) or not path.exists():
            return None
        return path if _state(path) == (size, changed) else None

    def _serializer(self, kind: str) -> URLSafeSerializer:
        """The same link all the time while it holds, which one with its moment of signing would not be."""
        return URLSafeSerializer(self.secret, salt=kind)


def _state(path: Path) -> tuple[int, int]:
    """Size and change time; of a folder, those of the analysis record in it."""
    record = path.parent / "analysis.json" if path.is_dir() else path
    status = record.stat()
    return status.st_size, status.st_mtime_ns
