"""Files of others over the network: described first, fetched with progress, gone on with, and checked by their hash.

Plain addresses are asked through requests and have to be HTTPS; each is looked up before it is asked, and where it
leads into this machine or its network it is refused, at every step of a redirection. Files of the hub go through
huggingface_hub, which resumes them itself.
"""

from __future__ import annotations

import ipaddress
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import requests

from spotting_core.base.errors import BadInputError, CancelledError, cannot_write
from spotting_core.base.files import read_json, write_json
from spotting_core.media.fingerprint import file_hash

LARGEST = 8 << 30
"""Bytes of a file of weights."""
_SMALL = 1 << 20  # bytes of a configuration or a list of classes
_SPARE = 1 << 30  # bytes of the disk that stay free
_PIECE = 1 << 20
_PATIENCE = (10, 60)  # seconds to connect, and between two pieces
_MOST_STEPS = 6  # of a redirection
_REDIRECTED = (301, 302, 303, 307, 308)
_PART, _STATE = ".part", ".part.json"

ReportBytes = Callable[[int, int | None], None]
"""``report(bytes so far, bytes of all or None)``; raises to stop."""


@dataclass(frozen=True)
class Remote:
    """A file elsewhere.

    Arguments:
        size: bytes, or None where its place does not say; sha256: where its place says it.
        stamp: what changes when the file does (its ETag).
        hub: repository, file and commit of the hub, or None for a plain address.
    """

    address: str
    name: str
    size: int | None = None
    sha256: str = ""
    stamp: str = ""
    hub: tuple[str, str, str] | None = None


def no_way(place: str, why: str) -> BadInputError:
    """What is said where a network does not answer."""
    return BadInputError(
        f"there is no way to it ({why})",
        where=place,
        fix="This machine may be offline: fetch the file elsewhere and give its path; bundled models need no network",
    )


# --- asking -----------------------------------------------------------------------------------------------


def remote_file(address: str, *, local_network: bool = False, small: bool = False) -> Remote | None:
    """What lies at an address; None where nothing does.

    Arguments:
        local_network: whether this machine and its network may be asked, by plain HTTP as well.
        small: of a file that may be missing: whatever is no small file is none.

    Errors:
        BadInputError: no HTTPS, an address in the local network, no way to it, a page instead of a file.
    """
    try:
        return _described(address, "HEAD", local_network=local_network, small=small)
    except _HeadRefusedError:
        return _described(address, "GET", local_network=local_network, small=small)


class _HeadRefusedError(Exception):
    """The server does not describe a file without sending it."""


def _described(address: str, way: str, *, local_network: bool, small: bool) -> Remote | None:
    """``remote_file`` by one way of asking."""
    with _answer(address, way, local_network=local_network) as (final, response):
        if response.status_code >= 400:
            if way == "HEAD" and response.status_code not in (404, 410):
                raise _HeadRefusedError
            if response.status_code in (404, 410) or small:
                return None
            raise BadInputError(
                f"the server refuses this file ({response.status_code} {response.reason})", where=address, fix=_BY_HAND
            )
        size = _number(response.headers.get("Content-Length"))
        if response.headers.get("Content-Type", "").startswith("text/html"):
            if small:
                return None
            raise BadInputError("this address gives a page, not a file", where=address, fix=_BY_HAND)
        if small and (size is None or size > _SMALL):
            return None
        name = PurePosixPath(unquote(urlsplit(address).path)).name or PurePosixPath(urlsplit(final).path).name
        return Remote(address, name or "weights", size, stamp=response.headers.get("ETag", ""))


_BY_HAND = "Fetch it in a browser and give the path of the file"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


@contextmanager
def _answer(
    address: str, way: str = "GET", *, local_network: bool, first: int = 0
) -> Iterator[tuple[str, requests.Response]]:
    """The answer to a request, its body unread, behind every redirection; and the address it came from.

    Arguments:
        first: byte from which on it is wanted.
    """
    headers = {"Accept-Encoding": "identity"}  # packed ones state another length than they have
    if first:
        headers["Range"] = f"bytes={first}-"
    for _ in range(_MOST_STEPS):
        check_address(address, local_network=local_network)
        try:
            response = requests.request(
                way, address, headers=headers, stream=True, timeout=_PATIENCE, allow_redirects=False
            )
        except requests.RequestException as error:
            raise no_way(address, type(error).__name__) from error
        with response:
            _check_peer(response, address, local_network=local_network)
            if response.status_code not in _REDIRECTED:
                yield address, response
                return
            address = urljoin(address, response.headers.get("Location", ""))
    raise BadInputError("this address leads on and on", where=address, fix="Check it in a browser")


def check_address(address: str, *, local_network: bool) -> None:
    """Refuse an address that is none, is not encrypted, or leads into this machine or its network.

    Errors:
        BadInputError: says which.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not (local_network and parts.scheme == "http"):
        raise BadInputError("only https:// addresses are fetched", where=address, fix="Give the https:// address")
    if not parts.hostname or parts.username is not None:
        raise BadInputError("this is no address of a file", where=address, fix="Check it in a browser")
    try:
        known = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise no_way(address, "its host is not known") from error
    for *_, place in known:
        _check_place(str(place[0]), address, local_network=local_network)


def _check_peer(response: requests.Response, address: str, *, local_network: bool) -> None:
    """The same for whoever has answered, who may be another than a look-up a moment ago named."""
    connection: Any = getattr(response.raw, "_connection", None)
    peer = getattr(connection, "sock", None)
    if peer is not None:
        _check_place(str(peer.getpeername()[0]), address, local_network=local_network)


def _check_place(place: str, address: str, *, local_network: bool) -> None:
    if not local_network and not ipaddress.ip_address(place.partition("%")[0]).is_global:
        raise BadInputError(
            "this address points into the local network",
            where=address,
            fix="Where that is meant, add it on the command line: touchline models add --local-network",
        )


# --- fetching ---------------------------------------------------------------------------------------------


def fetch(remote: Remote, folder: Path, report: ReportBytes, *, local_network: bool = False) -> Path:
    """Bring a file into a folder; what was begun goes on, and what is there is not fetched again.

    Errors:
        BadInputError: no room, no way to it, more or less has come than was stated, or of another hash, in which case
            nothing stays; CancelledError: ``report``, and what has come stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / remote.name
    if path.is_file():
        return path
    _require_room(remote, folder)
    if remote.hub is not None:
        part = _from_hub(remote, folder, report)
    else:
        part = _from_address(remote, path, report, local_network=local_network)
    _check_whole(remote, part)
    part.replace(path)
    path.with_name(path.name + _STATE).unlink(missing_ok=True)
    return path


def _require_room(remote: Remote, folder: Path) -> None:
    if remote.size is not None and remote.size > LARGEST:
        raise BadInputError(
            f"this file has {remote.size / 1e9:.1f} GB, which no weights here have", where=remote.address
        )
    free = shutil.disk_usage(folder).free - _SPARE
    if remote.size is not None and remote.size > free:
        raise BadInputError(
            f"this file has {remote.size / 1e6:.0f} MB, and {max(0, free) / 1e6:.0f} MB of the disk may be used",
            where=folder,
            fix="Free some disk, or set TOUCHLINE_DATA to another place",
        )


def _check_whole(remote: Remote, part: Path) -> None:
    """Whether what has come is what was stated; else it goes."""
    came = part.stat().st_size
    if remote.size is not None and came != remote.size:
        part.unlink()
        raise BadInputError(
            f"{came} bytes have come of {remote.size}", where=remote.address, fix="The same command begins it anew"
        )
    if remote.sha256 and file_hash(part) != remote.sha256.lower():
        part.unlink()
        raise BadInputError(
            "what has come has another hash than was stated, and was thrown away",
            where=remote.address,
            fix="The file was damaged on the way or is another one: try again, or ask its publisher",
        )


def _from_address(remote: Remote, path: Path, report: ReportBytes, *, local_network: bool) -> Path:
    part, state = path.with_name(path.name + _PART), path.with_name(path.name + _STATE)
    stamp = [remote.address, remote.size, remote.stamp]
    if not state.is_file() or read_json(state) != stamp:
        part.unlink(missing_ok=True)
        write_json(state, stamp)
    done = part.stat().st_size if part.is_file() else 0
    if remote.size is not None and done == remote.size:
        return part
    with _answer(remote.address, local_network=local_network, first=done) as (_, response):
        if response.status_code >= 400:
            raise BadInputError(
                f"the server refuses this file ({response.status_code} {response.reason})", where=remote.address
            )
        resumed = response.status_code == 206
        _written(response, part, done if resumed else 0, remote, report)
    return part


def _written(response: requests.Response, part: Path, done: int, remote: Remote, report: ReportBytes) -> None:
    most = remote.size if remote.size is not None else LARGEST
    try:
        with part.open("ab" if done else "wb") as file:
            for piece in response.iter_content(_PIECE):
                done += len(piece)
                if done > most:
                    break
                file.write(piece)
                report(done, remote.size)
    except requests.RequestException as error:
        raise BadInputError(
            f"the connection ended at {done} bytes ({type(error).__name__})",
            where=remote.address,
            fix="The same command goes on from there",
        ) from error
    except OSError as error:
        raise cannot_write(error, part) from error
    if done > most:
        part.unlink()
        raise BadInputError("more has come of this file than was stated", where=remote.address, fix="Try again")


def _from_hub(remote: Remote, folder: Path, report: ReportBytes) -> Path:
    from huggingface_hub import hf_hub_download
    from tqdm import tqdm

    assert remote.hub is not None
    repository, name, commit = remote.hub

    class Passing(tqdm):
        """Bytes of the hub's own progress bar, passed on instead of drawn."""

        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **{**settings, "disable": True})
            self.n = settings.get("initial", 0)

        def update(self, n: float | None = 1) -> bool | None:
            self.n += n or 0
            report(int(self.n), remote.size)
            return None

    try:
        came = hf_hub_download(repository, name, revision=commit, local_dir=folder / ".hub", tqdm_class=Passing)
    except (CancelledError, KeyboardInterrupt):
        raise
    except Exception as error:  # of the hub's library or the HTTP library beneath it
        raise BadInputError(
            f"this file did not come ({type(error).__name__})",
            where=remote.address,
            fix="The same command goes on from there; offline, fetch it elsewhere and give its path",
        ) from error
    return Path(came)
