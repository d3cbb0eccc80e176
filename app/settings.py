"""What the app is told from outside: where matches may lie, where data goes, who signs links."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from spotting_core.base.assets import asset
from spotting_core.base.data_directory import DataDirectory

ROOTS_VARIABLE = "TOUCHLINE_ROOTS"
DEMO = asset("demo_match")
_VIDEO_FOLDERS = ("Videos", "Movies")


@dataclass(frozen=True)
class Settings:
    """Settings of a running app.

    Arguments:
        roots: folders below which matches may be added; the demo match is always allowed.
        secret: signs media links; made anew at every start, so links die with the server.
    """

    data: DataDirectory
    roots: tuple[Path, ...]
    secret: bytes


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings(DataDirectory.default().ensure(), configured_roots(), secrets.token_bytes(32))


def configured_roots() -> tuple[Path, ...]:
    """Folders named in ``TOUCHLINE_ROOTS``, else the user's video folders and ``matches`` here."""
    named = os.environ.get(ROOTS_VARIABLE)
    if named:
        candidates = [Path(p).expanduser() for p in named.split(os.pathsep) if p]
    else:
        candidates = [*(Path.home() / name for name in _VIDEO_FOLDERS), Path.cwd() / "matches"]
    return tuple(p.resolve() for p in candidates if p.is_dir())
