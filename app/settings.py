"""What the app is told from outside: where matches may lie, where data goes, by which names it is served."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path

from app.serving.doors import place_of
from spotting_core.base.assets import asset
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError

ROOTS_VARIABLE, ADDRESS_VARIABLE, HOSTS_VARIABLE = "TOUCHLINE_ROOTS", "TOUCHLINE_ADDRESS", "TOUCHLINE_HOSTS"
LOOPBACK = "127.0.0.1"
DEMO = asset("demo_match")
_VIDEO_FOLDERS = ("Videos", "Movies")
_SYSTEM = tuple(map(Path, ("/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/sbin", "/sys", "/usr")))


@dataclass(frozen=True)
class Settings:
    """Settings of a running app.

    Arguments:
        roots: folders below which matches may be added; the demo match is always allowed.
        secret: seals media links; made anew at every start, so links die with the server.
        address: where it listens; names: by which it is served beside this machine's own.
    """

    data: DataDirectory
    roots: tuple[Path, ...]
    secret: bytes
    address: str = LOOPBACK
    names: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once.

    Errors:
        BadInputError: an address that is none, or a root that holds everything.
    """
    address = os.environ.get(ADDRESS_VARIABLE) or LOOPBACK
    names = checked_names(address, (os.environ.get(HOSTS_VARIABLE) or "").split(","))
    return Settings(DataDirectory.default().ensure(), configured_roots(), secrets.token_bytes(64), address, names)


def configured_roots() -> tuple[Path, ...]:
    """Folders named in ``TOUCHLINE_ROOTS``, else the user's video folders and ``matches`` here.

    Errors:
        BadInputError: see ``checked_roots``; a folder that is not there is left out.
    """
    named = os.environ.get(ROOTS_VARIABLE)
    if named:
        candidates = [Path(p).expanduser() for p in named.split(os.pathsep) if p]
    else:
        candidates = [*(Path.home() / name for name in _VIDEO_FOLDERS), Path.cwd() / "matches"]
    return checked_roots([p for p in candidates if p.is_dir()])


def checked_roots(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Folders below which matches may be added, links followed.

    Errors:
        BadInputError: one is no folder, or the root of the file system or a folder of the system: whoever reaches the
            app could have all of its videos and labels.
    """
    for folder in folders:
        if not folder.is_dir():
            raise BadInputError("this is no folder", where=folder, fix="Give a folder that holds matches")
    roots = tuple(folder.resolve() for folder in folders)
    for root in roots:
        if root == Path(root.anchor) or any(root == kept or root.is_relative_to(kept) for kept in _SYSTEM):
            raise BadInputError(
                "this folder holds more than matches, and whoever reaches the app may open what lies below it",
                where=root,
                fix="Name the folder that holds your matches",
            )
    return roots


def checked_names(address: str, names: Iterable[str]) -> tuple[str, ...]:
    """Names by which an app that listens at an address is served.

    Errors:
        BadInputError: no address, a name that is none, or none at all where everybody may connect.
    """
    try:
        everywhere = ip_address(address).is_unspecified
    except ValueError as error:
        raise BadInputError("this is no address", where=address, fix="Give one such as 127.0.0.1") from error
    known = tuple(name.strip().lower() for name in names if name.strip())
    for name in known:
        place = place_of(name)
        if place is None or place.port is not None:
            raise BadInputError("this is no name of a host", where=name, fix="Give it without scheme and port")
    if everywhere and not known:
        raise BadInputError(
            "everybody may connect here, and no name is known by which the app is served",
            where=address,
            fix="Name them with --host",
        )
    return known
