"""Attacks on the running app: who asks, for what, how much and how slowly; and hostile text on its pages."""

from __future__ import annotations

import base64
import csv
import http.client
import json
import os
import random
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from benchmarks.attacks.attack import Attack, Outcome
from benchmarks.serving import Serving, serving

REFUSED, HARMLESS, FELL = Outcome.REFUSED, Outcome.HARMLESS, Outcome.FELL
PREFIX = "/touchline"
SECRETS = (b"root:", b"import ", b"SQLite format")  # of what lies outside, and of what is no page's business
MOST_MEMORY = 700.0  # megabytes that the server may have taken more than at its start
_ELSEWHERE = "127.0.0.2"  # another address of this machine, for who has nothing to do with an attack
PICTURE = "![x](http://attack.example/x.png)"
IMAGE = '<img src=x onerror="window.attacked = 1">'

# --- the server that is attacked ------------------------------------------------------------------------


@dataclass
class _Target:
    """The one server of a run, which its processes find here."""

    serving: Serving | None = None
    memory: float = 0.0


_TARGET = _Target()


@contextmanager
def target() -> Iterator[None]:
    """Serve the app on this machine for the attacks of a run."""
    with tempfile.TemporaryDirectory(prefix="touchline-target-") as place, serving(Path(place)) as running:
        _TARGET.serving, _TARGET.memory = running, running.memory()
        yield
        _TARGET.serving = None


def _server() -> Serving:
    assert _TARGET.serving is not None, "no server is running"
    return _TARGET.serving


def _port() -> int:
    return int(_server().url.rsplit(":", 1)[1])


def _stands() -> bool:
    """Whether the server still answers, and has not grown."""
    try:
        return (
            _status("GET", f"{PREFIX}/health", source=_ELSEWHERE)[0] == 200
            and _server().memory() < _TARGET.memory + MOST_MEMORY
        )
    except OSError:
        return False


def _status(
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 30.0,
    source: str = "127.0.0.1",
) -> tuple[int, bytes, dict[str, str]]:
    """Ask the server something as it is written, from an address; paths are not put right."""
    connection = http.client.HTTPConnection("127.0.0.1", _port(), timeout=timeout, source_address=(source, 0))
    own = {"Host": f"127.0.0.1:{_port()}", **(headers or {})}
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in own.items():
            connection.putheader(name, value)
        if body is not None and "Content-Length" not in own:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read(2_000_000), {k.lower(): v for k, v in answer.getheaders()}
    finally:
        connection.close()


def _raw(content: bytes, wait: float = 5.0) -> bytes:
    """What the server says to bytes."""
    with socket.create_connection(("127.0.0.1", _port()), timeout=wait) as client:
        with suppress(OSError):
            client.sendall(content)
        said = b""
        with suppress(OSError):
            while piece := client.recv(65_536):
                said += piece
        return said


def _judged(refused: bool, harmless: bool = False) -> Outcome:
    """How it ended, if the server stands."""
    if not _stands():
        return FELL
    return REFUSED if refused else HARMLESS if harmless else FELL


# --- who asks -------------------------------------------------------------------------------------------

_HOSTS = (
    "attack.example", "attack.example:{port}", "127.0.0.1.attack.example", "localhost.attack.example:{port}",
    "0.0.0.0:{port}", "127.0.0.1@attack.example", "attack.example#127.0.0.1", "attack.example/127.0.0.1",
    "127.0.0.1:{port}@attack.example", "127.0.0.1:x", "127.0.0.1:999999", "[::ffff:10.0.0.1]", "10.0.0.1:{port}",
    "2130706433:{port}", "0x7f.0.0.1", "127.1", "localhost%00.attack.example", "touchline", "127.0.0.1,attack.example",
    "localhost attack.example", "..", "a" * 300,
)  # fmt: skip
_ORIGINS = (
    "http://attack.example", "https://attack.example", "http://attack.example:{port}", "null", "file://",
    "http://localhost:{port}", "http://127.0.0.1", "http://127.0.0.1:1", "http://127.0.0.1:8000",
    "https://127.0.0.1:{port}.attack.example", "http://127.0.0.1:{port}@attack.example", "ftp://127.0.0.1:{port}",
    "127.0.0.1:{port}", "chrome-extension://abc", "http://[::1]:{port}", "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}, http://attack.example",
)  # fmt: skip
_FETCHES = (
    ("cross-site", "no-cors", "image"), ("same-site", "no-cors", "image"), ("cross-site", "no-cors", "script"),
    ("same-site", "cors", "empty"), ("cross-site", "navigate", "iframe"), ("same-site", "navigate", "frame"),
    ("cross-site", "navigate", "embed"), ("cross-site", "navigate", "object"), ("cross-site", "no-cors", "video"),
    ("cross-site", "nonsense", "document"), ("nonsense", "cors", "empty"),
)  # fmt: skip


def _host(host: str, _folder: Path) -> Outcome:
    status, _, _ = _status("GET", "/", {"Host": host.format(port=_port())})
    return _judged(status in (400, 403))


def _rebound(host: str, _folder: Path) -> Outcome:
    """A page whose name points here: name and origin agree."""
    named = host.format(port=_port())
    return _judged(_websocket_refused({"Host": named, "Origin": f"http://{named}"}))


def _origin(origin: str, _folder: Path) -> Outcome:
    status, _, headers = _status("GET", "/_stcore/health", {"Origin": origin.format(port=_port())})
    return _judged(status == 403 and "access-control-allow-origin" not in headers)


def _websocket_origin(origin: str, _folder: Path) -> Outcome:
    return _judged(_websocket_refused({"Origin": origin.format(port=_port())}))


def _websocket_refused(headers: dict[str, str]) -> bool:
    """Whether a handshake is refused."""
    own = {"Host": f"127.0.0.1:{_port()}", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in own.items())
    said = _raw(
        f"GET /_stcore/stream HTTP/1.1\r\n{head}Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    return said.split(b" ")[1:2] in ([b"403"], [b"400"])


def _fetch(site: str, mode: str, dest: str, _folder: Path) -> Outcome:
    told = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    return _judged(_status("GET", "/app/static/icon.png", told)[0] == 403)


def _framed(path: str, _folder: Path) -> Outcome:
    headers = _status("GET", path)[2]
    rules = headers.get("content-security-policy", "")
    shut = "frame-ancestors 'none'" in rules and headers.get("x-frame-options") == "DENY"
    inline = "'unsafe-inline'" in rules.split("style-src")[0] or "unsafe-eval" in rules
    return _judged(shut and not inline)


# --- what is asked for ----------------------------------------------------------------------------------

_METHODS = ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "MKCOL", "LOCK", "BREW", "OPTIONS", "GETT", "get")
_PLACES = (
    "/touchline/scripts/v/../../../../../etc/passwd", "/touchline/scripts/v/%2e%2e/%2e%2e/main.py",
    "/touchline/scripts/v/..%2f..%2fmain.py", "/touchline/scripts/v/..\\..\\main.py",
    "/touchline/scripts/v//etc/passwd", "/touchline/scripts/v/%00", "/touchline/scripts/../main.py",
    "/app/static/../main.py", "/app/static/%2e%2e/main.py", "/app/static/..%5cmain.py", "/app/static//etc/passwd",
    "/app/static/../../../../etc/passwd", "/static/../../../etc/passwd", "/static/%2e%2e/%2e%2e/main.py",
    "/media/../../etc/passwd", "/media/x.mp4", "/component/x/../../../../etc/passwd",
    "/component/touchline_workspace/../../main.py", "/_stcore/bidi-components/touchline_workspace/../../main.py",
    "/_stcore/upload_file/../../etc/passwd", "/_stcore/script-health-check", "/_stcore/metrics/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/.git/config", "/.streamlit/config.toml", "/touchline.db",
    "/app/settings.py", "/touchline/media/..%2f..%2fetc%2fpasswd", "/touchline/download/%2fetc%2fpasswd",
    "/touchline/players/x/../../x", "http://attack.example/", "*", "/\x7f", "/?" + "a=1&" * 500,
)  # fmt: skip
_SHELL = (200,)  # Streamlit answers any path with its empty page


def _method(method: str, path: str, _folder: Path) -> Outcome:
    status, body, _ = _status(method, path, body=b"")
    return _judged(status >= 400, status in (200, 204) and not any(secret in body for secret in SECRETS))


def _place(path: str, _folder: Path) -> Outcome:
    try:
        status, body, _ = _status("GET", path)
    except (http.client.HTTPException, ValueError):
        said = _raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{_port()}\r\nConnection: close\r\n\r\n".encode())
        status, body = int(said.split(b" ")[1]), said
    if any(secret in body for secret in SECRETS) and b"<title>Streamlit</title>" not in body:
        return FELL
    return _judged(status >= 300, status in _SHELL)


def _token(kind: str, token: str, _folder: Path) -> Outcome:
    tail = {"array": "/scores", "calibrations": f"/{token}", "players": "/x"}.get(kind, "")
    try:
        status = _status("GET", f"{PREFIX}/{kind}/{token}{tail}?frame=0")[0]
    except (http.client.HTTPException, ValueError, UnicodeError):
        return _judged(True)
    return _judged(status in (400, 404, 431))


def _tokens() -> Iterator[tuple[str, str]]:
    rng = random.Random(24)
    readable = base64.urlsafe_b64encode(json.dumps(["/etc/passwd", 1, 1, 9e9, ""]).encode()).decode().rstrip("=")
    for kind in ("media", "download", "times", "picture", "array", "calibrations", "players"):
        yield kind, readable
        yield kind, base64.urlsafe_b64encode(rng.randbytes(120)).decode().rstrip("=")
    yield from (
        ("media", t) for t in ("x", "%00", "A" * 20_000, "%C3%A4", "..%2f..%2fetc%2fpasswd", "=" * 64, "A" * 24)
    )


# --- with a link that holds, in this process ------------------------------------------------------------


@contextmanager
def _own_app(folder: Path) -> Iterator[tuple[Any, Path]]:
    """The routes behind the guards in this process, and a video below its root."""
    os.environ |= {"TOUCHLINE_DATA": str(folder / "data"), "TOUCHLINE_ROOTS": str(folder / "matches")}
    (folder / "matches").mkdir()
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from app.main import guards
    from app.routes import http as own
    from app.settings import settings
    from tests.videos import make_video, steady

    for kept in (settings, own.sealer, own.placing, own._library, own._picture, own._frame):
        kept.cache_clear()
    video = make_video(folder / "matches" / "a.mp4", steady(30))
    app = Starlette(routes=own.routes(), middleware=guards())
    with TestClient(
        app, base_url="http://127.0.0.1:8501", client=("127.0.0.1", 1), raise_server_exceptions=False
    ) as client:
        yield client, video


_RANGES = (
    "bytes=0-99999999999", "bytes=99999999999-", "bytes=-99999999999", "bytes=5-1", "bytes=a-b", "bytes=", "bytes=-",
    "lines=0-1", "bytes=" + ",".join(f"{n}-{n}" for n in range(3000)), "bytes=0-0,0-0,0-0", "bytes=-0", "bytes=0--1",
    "\x00", "bytes=" + "9" * 5000 + "-",
)  # fmt: skip
_PICTURES = (
    "frame=-1", "frame=99999999999999999999", "frame=a", "frame=1e3", "frame=", "", "frame=0&width=99999999",
    "frame=0&width=-5", "frame=0&width=a", "frame=0&box=1", "frame=0&box=1,2,3", "frame=0&box=a,b,c,d",
    "frame=0&box=nan,nan,nan,nan", "frame=0&box=inf,0,1,1", "frame=0&box=0,0,1e308,1e308", "frame=0&box=5,5,1,1",
    "frame=0&box=0,0,0,0", "frame=0&box=" + "1," * 5000, "frame=0&frame=1", "frame=%00", "frame=٣", "frame=0x10",
    "frame=0&box=-9999,-9999,9999,9999",
)  # fmt: skip


def _range(text: str, folder: Path) -> Outcome:
    with _own_app(folder) as (client, video):
        from app.routes.http import sealer

        answer = client.get(f"{PREFIX}/media/{sealer().seal(video, 'media')}", headers={"Range": text})
        within = len(answer.content) <= video.stat().st_size + 1_000_000
        if answer.status_code >= 500 or not within:
            return FELL
        return REFUSED if answer.status_code >= 400 else HARMLESS


def _picture(query: str, folder: Path) -> Outcome:
    with _own_app(folder) as (client, video):
        from app.routes.http import sealer

        answer = client.get(f"{PREFIX}/picture/{sealer().seal(video, 'frames')}?{query}")
        if answer.status_code >= 500 or len(answer.content) > 1_000_000:
            return FELL
        return REFUSED if answer.status_code >= 400 else HARMLESS


def _other_use(what: str, folder: Path) -> Outcome:
    """A link that was made for something else."""
    with _own_app(folder) as (client, video):
        from app.routes.http import sealer
        from app.routes.links import LIFETIME, LinkSealer

        outside = folder / "secret.mp4"
        outside.write_bytes(b"root: secret")
        link = folder / "matches" / "link.mp4"
        link.symlink_to(outside)
        past = time.time() - 2 * LIFETIME
        tokens = {
            "another kind": sealer().seal(video, "frames"),
            "another browser": sealer().seal(video, "media", viewer="o" * 22),
            "expired": sealer().seal(video, "media", now=past),
            "of another start": LinkSealer(os.urandom(64)).seal(video, "media"),
            "to a link outside": sealer().seal(link, "media"), "outside": sealer().seal(outside, "media"),
            "no video": sealer().seal(Path(__file__), "media"),
            "a changed file": sealer().seal(video, "media"), "a path in it": sealer().seal(video, "media"),
        }  # fmt: skip
        if what == "a path in it":
            letters = [base64.urlsafe_b64encode(b"x" * n + b"matches/a.mp4")[4:-4].decode() for n in range(3)]
            return FELL if any(text in tokens[what] for text in letters) else REFUSED
        if what == "a changed file":
            os.utime(video, (1, 1))
        answer = client.get(f"{PREFIX}/media/{tokens[what]}")
        return REFUSED if answer.status_code == 404 else FELL


_USES = (
    "another kind", "another browser", "expired", "of another start", "to a link outside", "outside", "no video",
    "a changed file", "a path in it",
)  # fmt: skip
_ARRAYS = (
    "scores/../../x", "nothing", "map", "map?map=../scores&class=0", "map?map=scores&class=99",
    "map?map=__class__&class=0", "entities?x=" + "a" * 9000, "map?map=class_map&class=-1",
    "map?map=class_map&class=1e9", "__init__", "samples%00",
)  # fmt: skip


def _array(name: str, folder: Path) -> Outcome:
    with _own_app(folder) as (client, _video):
        from app.library.library import DEMO_ANALYSIS
        from app.routes.http import sealer

        token = sealer().seal(DEMO_ANALYSIS / "half1", "half")
        answer = client.get(f"{PREFIX}/array/{token}/{name}")
        if answer.status_code >= 500:
            return FELL
        return REFUSED if answer.status_code >= 400 else HARMLESS


# --- how much, and how slowly ---------------------------------------------------------------------------


def _big_head(_folder: Path) -> Outcome:
    said = _raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Big: " + b"a" * 2_000_000 + b"\r\n\r\n")
    return _judged(said == b"" or said.startswith(b"HTTP/1.1 4"))


def _many_headers(_folder: Path) -> Outcome:
    said = _raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 200_000 + b"\r\n")
    return _judged(said == b"" or said.startswith(b"HTTP/1.1 4"))


def _unreadable_handshake(more: str, _folder: Path) -> Outcome:
    """A handshake that the parser of WebSockets gives up: without an answer its connection would be kept for ever."""
    head = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1:{_port()}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{more}\r\n"
    )
    return _judged(_raw(head.encode()).startswith(b"HTTP/1.1 4"))


_HANDSHAKES = {
    "a field of 9 kB": f"Cookie: a={'A' * 9000}\r\n",
    "130 fields": "".join(f"X-{n}: 1\r\n" for n in range(130)),
    "a body": "Content-Length: 5\r\n",
    "a foreign page and a field of 9 kB": f"Origin: http://evil.example\r\nCookie: a={'A' * 9000}\r\n",
}


def _long_address(_folder: Path) -> Outcome:
    said = _raw(b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return _judged(said == b"" or said.startswith(b"HTTP/1.1 4"))


def _big_body(path: str, method: str, _folder: Path) -> Outcome:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{_port()}\r\nContent-Length: 200000000\r\n\r\n".encode()
    said = _raw(head + b"a" * 50_000_000, 20.0)
    return _judged(said == b"" or said.startswith(b"HTTP/1.1 4"))


def _two_lengths(_folder: Path) -> Outcome:
    said = _raw(
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n"
        b"abcdeGET /secret HTTP/1.1\r\n\r\n"
    )
    return _judged(said == b"" or said.startswith(b"HTTP/1.1 4"))


def _chunked_and_length(_folder: Path) -> Outcome:
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = _raw(head + b"0\r\n\r\nGET /touchline/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return _judged(b'"ok"' not in said, harmless=True)


def _garbage(seed: int, _folder: Path) -> Outcome:
    said = _raw(random.Random(seed).randbytes(5000), 12.0)
    return _judged(said == b"" or said.startswith(b"HTTP/1.1 4"))


def _websocket(what: str, _folder: Path) -> Outcome:
    """What no page would send over its WebSocket: it is closed, and the others go on."""
    rng = random.Random(what)
    frames: dict[str, Sequence[bytes | str]] = {
        "text": ["hello"], "garbage": [rng.randbytes(200)], "much garbage": [rng.randbytes(50) for _ in range(200)],
        "too big": [b"a" * (5 * 2**20)], "empty": [b""] * 50, "nested": [b"\x0a" * 3000],
        "long field": [b"\x0a\xff\xff\xff\xff\x0f"],
    }  # fmt: skip
    address = f"ws://127.0.0.1:{_port()}/_stcore/stream"
    origin: Any = f"http://127.0.0.1:{_port()}"
    try:
        with connect(address, origin=origin, subprotocols=["streamlit"], max_size=None, open_timeout=20) as page:  # type: ignore[list-item]
            for frame in frames[what]:
                page.send(frame)
            with suppress(TimeoutError):
                for _ in range(100):
                    page.recv(timeout=1)
    except (ConnectionClosed, InvalidHandshake):
        return _judged(True)
    return _judged(False, harmless=True)


_FRAMES = ("text", "garbage", "much garbage", "too big", "empty", "nested", "long field")


def _silent(_folder: Path) -> Outcome:
    began = time.monotonic()
    _raw(b"", 30.0)
    return _judged(time.monotonic() - began < 20)


def _drip(content: bytes, letters: bytes, _folder: Path) -> Outcome:
    """A letter every half second: the connection is closed or answered, long before it would end."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", _port()), timeout=0.5) as client:
        client.sendall(content.replace(b"PORT", str(_port()).encode()))
        while time.monotonic() - began < 50:
            try:
                client.sendall(letters)
                if client.recv(1000) == b"":
                    break
                break
            except TimeoutError:
                continue
            except OSError:
                break
    return _judged(time.monotonic() - began < 45)


def _at_once(path: str, count: int, _folder: Path) -> Outcome:
    """Many requests at once; one of somebody else is answered soon all the same."""
    ended: list[int] = []
    threading.stack_size(2**18)  # so many with stacks of the usual size are over the limit of memory

    def ask(number: int) -> None:
        with suppress(OSError, http.client.HTTPException):
            ended.append(_status("GET", path.format(n=number), timeout=40)[0])

    threads = [threading.Thread(target=ask, args=(n,), daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    other = _status("GET", f"{PREFIX}/array/x/scores", source=_ELSEWHERE)[0]
    soon = time.monotonic() - began < 5
    for thread in threads:
        thread.join(45)
    return _judged(soon and other == 404 and all(s in (400, 404, 429, 200, 503) for s in ended))


def _connections(_folder: Path) -> Outcome:
    clients = []
    with suppress(OSError):
        for _ in range(600):
            clients.append(socket.create_connection(("127.0.0.1", _port()), timeout=2))
    time.sleep(0.5)
    for client in clients:
        client.close()
    time.sleep(1)
    return _judged(True)


def _pages(_folder: Path) -> Outcome:
    """More open pages than anybody has."""
    address, origin = f"ws://127.0.0.1:{_port()}/_stcore/stream", f"http://127.0.0.1:{_port()}"
    opened, refused = [], 0
    for _ in range(60):
        try:
            opened.append(connect(address, origin=origin, subprotocols=["streamlit"], open_timeout=20))  # type: ignore[arg-type, list-item]
        except (InvalidHandshake, OSError):
            refused += 1
    for page in opened:
        page.close()
    return _judged(refused > 0)


# --- text from outside ----------------------------------------------------------------------------------

_COLOURS = (
    "red", "url(//attack.example)", "#12345", "#1234567", "#12345g", "expression(1)", "#123456;background:url(//a)",
    "", " #123456", "#123456\n", '"><script>', "var(--x)", "rgb(1,2,3)", "#ＡＢＣＤＥＦ",
)  # fmt: skip


def _colour(colour: str, folder: Path) -> Outcome:
    from spotting_core.base.errors import BadInputError
    from spotting_core.domain.classes import load_classes

    path = folder / "own.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [asdict(replace(c, colour_light=colour)) for c in load_classes()]
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    try:
        load_classes(path)
    except BadInputError:
        return REFUSED
    return FELL


_TEXTS = (
    PICTURE, "[a](javascript:alert(1))", "[![x](//attack.example/x.png)](//attack.example)", f"text {IMAGE}",
    "<script>1</script>", ":red[a] :material/bolt:", "$\\href{javascript:alert(1)}{x}$", "`code` **bold** ~~a~~",
    "| a | b |\n|---|---|\n| 1 | 2 |", "[x]: http://attack.example\n[x]", "<http://attack.example>", "# heading\n---",
    "\\![x](//attack.example)", "![x][y]\n\n[y]: //attack.example/x.png", "&lt;img&gt;",
)  # fmt: skip


def _told(text: str, folder: Path) -> Outcome:
    """A text as the name of a match, in a job and in an error, on the pages that show them."""
    os.environ |= {"TOUCHLINE_DATA": str(folder / "data"), "TOUCHLINE_ROOTS": str(folder)}
    from app.state import shared_queue
    from app.views import page
    from tests.app.pages import library_page

    shared_queue().submit("analysis", "a", {}, title=text)
    at = library_page().run(timeout=50)
    if at.exception:
        return FELL
    shown = [caption.value for caption in at.caption]
    return REFUSED if page.plain(text) in shown and (text not in shown or page.plain(text) == text) else FELL


_ADDRESSES = (
    {"match": "../../etc/passwd"}, {"match": PICTURE}, {"match": "' OR 1=1 --"}, {"match": "a" * 5000},
    {"match": "\x00"}, {"half": "99999999999999999999"}, {"half": "-1"}, {"half": "a", "t": "b"},
    {"half": "1", "t": "nan"}, {"half": "1", "t": "1e400"}, {"half": "1", "t": "-5"},
    {"class": IMAGE, "half": "1", "t": "5"}, {"source": "model:../../x"}, {"source": "set:../../../etc"},
    {"source": ":"}, {"beside": "set:../../x"}, {"beside": PICTURE}, {"replays": IMAGE},
)  # fmt: skip


def _address(query: dict[str, str], folder: Path) -> Outcome:
    """What stands in the address of the Match view."""
    os.environ |= {"TOUCHLINE_DATA": str(folder / "data"), "TOUCHLINE_ROOTS": str(folder)}
    from tests.app.pages import match_page

    at = match_page(**query).run(timeout=55)
    if at.exception:
        return FELL
    return REFUSED if at.info else HARMLESS


_ROOTS = ("/", "/etc", "/proc", "/dev", "/sys", "/usr", "//", "/./", "/home/..")
_PATHS = (
    "../secret.mp4", "/etc/passwd", "~root", "a\x00b", "link.mp4", "folder/../../secret.mp4", "//host/share",
    "\\\\host\\share", "x" * 5000, "linked", "game", "", "/proc/self/environ", "/dev/zero", "file:///etc/passwd",
    "http://attack.example/a.mp4", "loop",
)  # fmt: skip


def _root(root: str, _folder: Path) -> Outcome:
    from app.settings import checked_roots
    from spotting_core.base.errors import BadInputError

    try:
        checked_roots([Path(root)])
    except BadInputError:
        return REFUSED
    return FELL


def _path(text: str, folder: Path) -> Outcome:
    """A path that somebody types, below a root with links in it."""
    from app.library.library import Library
    from app.settings import Settings
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.base.errors import BadInputError
    from spotting_core.store.database import open_database
    from tests.videos import make_video, steady

    root, data = (folder / "matches").resolve(), DataDirectory(folder / "data")
    root.mkdir()
    make_video(folder / "secret.mp4", steady(10))
    (root / "link.mp4").symlink_to(folder / "secret.mp4")
    (root / "linked").symlink_to(folder)
    (root / "loop").symlink_to(root / "loop")
    (root / "game").mkdir()
    shutil.copy(folder / "secret.mp4", root / "game" / "1_720p.mp4")
    (root / "game" / "Labels-v2.json").symlink_to("/etc/passwd")
    try:
        Library(Settings(data, (root,), b"x" * 64), open_database(data)).add(text)
    except BadInputError:
        return REFUSED
    return FELL


# --- all of them ----------------------------------------------------------------------------------------


def attacks() -> Iterator[Attack]:
    """All attacks on the server and its pages."""
    yield from _each("hosts", _host, _HOSTS)
    yield from _each("hosts", _rebound, _HOSTS, "WebSocket of ")
    yield from _each("origins", _origin, _ORIGINS)
    yield from _each("origins", _websocket_origin, _ORIGINS, "WebSocket of ")
    yield from (Attack(" ".join(told), "other pages", partial(_fetch, *told)) for told in _FETCHES)
    yield from _each(
        "frames and scripts", _framed, ("/", "/match", "/nothing", f"{PREFIX}/media/x", "/app/static/icon.png")
    )
    for place in ("/", f"{PREFIX}/media/x", "/_stcore/health"):
        yield from (Attack(f"{m} {place}", "methods", partial(_method, m, place)) for m in _METHODS)
    yield from _each("paths", _place, _PLACES)
    yield from (Attack(f"{kind} {token[:30]}", "links", partial(_token, kind, token)) for kind, token in _tokens())
    yield from _each("links", _other_use, _USES)
    yield from _each("ranges", _range, _RANGES)
    yield from _each("pictures", _picture, _PICTURES)
    yield from _each("arrays", _array, _ARRAYS)
    yield from _much()
    yield from _each("WebSocket", _websocket, _FRAMES)
    yield from _slow()
    yield from _each("colours", _colour, _COLOURS)
    yield from _each("text on pages", _told, _TEXTS)
    yield from (Attack(json.dumps(q)[:60], "addresses", partial(_address, q)) for q in _ADDRESSES)
    yield from _each("roots", _root, _ROOTS)
    yield from _each("roots", _path, _PATHS, "path ")


def _each(group: str, run: Callable[[str, Path], Outcome], values: Sequence[str], before: str = "") -> Iterator[Attack]:
    for value in values:
        yield Attack(f"{before}{ascii(value)[:60]}", group, partial(run, value))


def _much() -> Iterator[Attack]:
    yield Attack("a head of 2 MB", "too much", _big_head)
    yield Attack("200,000 headers", "too much", _many_headers)
    for name, more in _HANDSHAKES.items():
        yield Attack(f"a handshake with {name}", "too much", partial(_unreadable_handshake, more))
    yield Attack("an address of 1 MB", "too much", _long_address)
    yield Attack("a body of 200 MB for a page", "too much", partial(_big_body, "/", "POST"))
    yield Attack("an upload of 200 MB", "too much", partial(_big_body, "/_stcore/upload_file/a/b", "PUT"))
    yield Attack("two lengths", "too much", _two_lengths)
    yield Attack("chunks and a length", "too much", _chunked_and_length)
    for seed in range(5):
        yield Attack(f"5,000 bytes by chance {seed}", "too much", partial(_garbage, seed))
    yield Attack("60 pictures at once", "at once", partial(_at_once, PREFIX + "/picture/x{n}?frame=0", 60))
    yield Attack("300 pictures at once", "at once", partial(_at_once, PREFIX + "/picture/x{n}?frame=0", 300))
    yield Attack("200 arrays at once", "at once", partial(_at_once, PREFIX + "/array/x{n}/scores", 200))
    yield Attack("200 pages at once", "at once", partial(_at_once, "/match?n={n}", 200))
    yield Attack("600 connections", "at once", _connections)
    yield Attack("60 sessions", "at once", _pages)


def _slow() -> Iterator[Attack]:
    yield Attack("nothing at all", "slow", _silent)
    yield Attack("a head letter by letter", "slow", partial(_drip, b"GET / HTTP/1.1\r\nX: ", b"a"))
    body = b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 99999\r\n\r\n"
    yield Attack("a body letter by letter", "slow", partial(_drip, body, b"a"))
    yield Attack("a body that never comes", "slow", partial(_drip, body, b""))
