"""Signed links: the browser never sees a path and never sends one.

A link says which file it is for, which state of it (size and change time), until when it holds and for whom;
all under a message authentication code. Expired, altered or foreign links, and links to a file that has
changed since, are answered alike: not found.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from pathlib import Path

LIFETIME = 6 * 3600  # seconds
_STEP = 3600  # expiry is rounded up to this: the link stays the same over reruns and the browser's cache holds
_MAC = 16  # bytes


@dataclass(frozen=True)
class LinkSigner:
    """Makes and checks links with one secret."""

    secret: bytes

    def sign(self, path: Path, kind: str, *, viewer: str = "", now: float | None = None) -> str:
        """Token for a file or folder, for one kind of use."""
        moment = time.time() if now is None else now
        size, changed = _state(path)
        payload = json.dumps([kind, str(path), size, changed, int(moment + LIFETIME) // _STEP * _STEP + _STEP, viewer])
        raw = payload.encode()
        return base64.urlsafe_b64encode(self._mac(raw) + raw).decode().rstrip("=")

    def verify(self, token: str, kind: str, *, now: float | None = None) -> Path | None:
        """The path of a token, or None if it does not hold for this use."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            mac, payload = raw[:_MAC], raw[_MAC:]
            if not hmac.compare_digest(mac, self._mac(payload)):
                return None
            found_kind, text, size, changed, expiry, _viewer = json.loads(payload)
        except (ValueError, binascii.Error):
            return None
        path = Path(text)
        if found_kind != kind or expiry < (time.time() if now is None else now) or not path.exists():
            return None
        return path if _state(path) == (size, changed) else None

    def _mac(self, payload: bytes) -> bytes:
        return hmac.new(self.secret, payload, hashlib.sha256).digest()[:_MAC]


def _state(path: Path) -> tuple[int, int]:
    """Size and change time; of a folder, those of the analysis record in it."""
    record = path.parent / "analysis.json" if path.is_dir() else path
    status = record.stat()
    return status.st_size, status.st_mtime_ns
