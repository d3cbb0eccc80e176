"""Sealed links: the browser never sees a path and never sends one.

A link says which file it is for, which state of it (size and change time), until when it holds, for what use and for
which browser; all of it encrypted and authenticated (AES-SIV, RFC 5297, which makes the same link of the same words, so
that the browser's cache holds). Expired, altered or foreign links, and links to a file that has changed since, are
answered alike: not found.
"""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

LIFETIME = 6 * 3600  # seconds
_STEP = 3600  # expiry is rounded up to this: the link stays the same over reruns
_MOST = 16_384  # characters of a link; paths are shorter
_KEY = 64  # bytes


@dataclass(frozen=True)
class LinkSealer:
    """Makes and checks links with one secret.

    Arguments:
        secret: 64 bytes.
    """

    secret: bytes

    def seal(self, path: Path, kind: str, *, viewer: str = "", now: float | None = None) -> str:
        """Token for a file or folder, for one kind of use, in the browser of a viewer (``serving.viewer``)."""
        moment = time.time() if now is None else now
        expiry = int(moment + LIFETIME) // _STEP * _STEP + _STEP
        words = msgspec.msgpack.encode((str(path), *_state(path), expiry))
        return base64.urlsafe_b64encode(self._cipher.encrypt(words, _use(kind, viewer))).decode().rstrip("=")

    def open(self, token: str, kind: str, *, viewer: str = "", now: float | None = None) -> Path | None:
        """The path of a token, or None if it does not hold for this use in this browser."""
        if len(token) > _MOST or not token.isascii():
            return None
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            words = self._cipher.decrypt(sealed, _use(kind, viewer))
        except (binascii.Error, InvalidTag, ValueError):
            return None
        text, size, changed, expiry = msgspec.msgpack.decode(words, type=tuple[str, int, int, int])
        path = Path(text)
        if expiry < (time.time() if now is None else now) or not path.exists():
            return None
        return path if _state(path) == (size, changed) else None

    @cached_property
    def _cipher(self) -> AESSIV:
        return AESSIV(self.secret)


def _use(kind: str, viewer: str) -> list[bytes]:
    """What a link is bound to beside its words."""
    return [kind.encode(), viewer.encode()]


def _state(path: Path) -> tuple[int, int]:
    """Size and change time; of a folder of an analysis, those of its record, and none of any other folder."""
    record = path.parent / "analysis.json" if path.is_dir() else path
    if path.is_dir() and not record.is_file():
        return 0, 0
    status = record.stat()
    return status.st_size, status.st_mtime_ns
