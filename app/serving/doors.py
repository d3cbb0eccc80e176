"""Who is let in: by the peer's address, the name it asks for, and the page that it comes from.

Whoever reaches the port may do everything, so three doors are kept shut. A peer that is not on this machine is refused
as long as the app is served to this machine alone. A name that the app is not served by is refused, for a page of
anybody's can point its own name at this machine (DNS rebinding). A request that another page makes is refused, be it
one of the internet or of another port of this machine: by its ``Origin``, which browsers send with every WebSocket,
and by ``Sec-Fetch-Site``, which tells of those without one, pictures and frames. What is refused has reached nothing
that is behind the doors: Streamlit would look up its own address on the internet to judge a foreign origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"http": 80, "https": 443}
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](:\d*)?")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")
_POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1
_AFOOT = "navigate"  # a user goes to a page: a link or the address bar


@dataclass(frozen=True)
class Place:
    """A host and its port, as a browser names them; ``port`` is None where it is the scheme's own."""

    host: str
    port: int | None


def place_of(text: str) -> Place | None:
    """What a ``Host`` header or the same part of an origin names; None where it is neither name nor address."""
    if not text or not text.isascii() or any(c in text for c in "@/\\?#%, \t"):
        return None
    if "[" in text and not _BRACKETED.fullmatch(text):
        return None
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    host = (host or "").removesuffix(".")
    if not _NAME.fullmatch(host) or (":" in host and not is_address(host)):
        return None
    return Place(host, port)


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a host's address, or its name, is this machine's own."""
    if host in LOOPBACK_NAMES:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


@dataclass(frozen=True)
class Rules:
    """Who is let in.

    Arguments:
        names: that the app is served by, beside this machine's own; in small letters.
        everywhere: whether peers of other machines are let in.
    """

    names: frozenset[str] = frozenset()
    everywhere: bool = False

    @classmethod
    def of(cls, address: str, names: Iterable[str]) -> Rules:
        """The rules of an app that listens at an address and is served by some names."""
        known = {name.lower().removesuffix(".") for name in names}
        own = set() if ip_address(address).is_unspecified else {address}
        return cls(frozenset(known | own), everywhere=not is_loopback(address))

    def refusal(self, client: str | None, headers: Headers) -> str | None:
        """Why a request is refused, in one sentence; None where it is let in."""
        if not self.everywhere and client is not None and not is_loopback(client):
            return "This Touchline is served to its own machine alone."
        named = headers.getlist("host")
        host = place_of(named[0].lower()) if len(named) == 1 else None
        if host is None or not (host.host in LOOPBACK_NAMES or host.host in self.names):
            return "This Touchline is not served by that name. It is told its names with --host."
        if _is_foreign(headers, host):
            return "This Touchline answers no other page than its own."
        return None


def _is_foreign(headers: Headers, host: Place) -> bool:
    """Whether another page than the app's own makes a request."""
    origins = headers.getlist("origin")
    if len(origins) > 1 or (origins and not _same(origins[0], host)):
        return True
    sites = headers.getlist("sec-fetch-site") or ["none"]
    if len(sites) > 1:
        return True
    site = sites[0]
    if site in ("none", "same-origin"):
        return False
    # From elsewhere a user may follow a link to the app, into a tab of its own.
    return headers.get("sec-fetch-mode") != _AFOOT or headers.get("sec-fetch-dest") != "document"


def _same(origin: str, host: Place) -> bool:
    """Whether an origin is the host that is asked; a proxy before the app may have spoken TLS with the browser."""
    scheme, separator, rest = origin.lower().partition("://")
    place = place_of(rest)
    if not separator or scheme not in _PORTS or place is None or place.host != host.host:
        return False
    own = _PORTS[scheme]
    return (place.port or own) == (host.port or own)


class Doors:
    """ASGI middleware that lets in whom the rules let in."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        why = self._rules.refusal(client[0] if client else None, Headers(scope=scope))
        if why is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(why, 403)(scope, receive, send)
        else:
            await receive()  # that it would connect
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": why})
