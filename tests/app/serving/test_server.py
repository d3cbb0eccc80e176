"""The running app, at its socket: where it listens, what it lets in, and what it does when things go wrong under it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from app.routes.links import LinkSealer
from spotting_core.jobs.queue import JobQueue
from spotting_core.store.database import open_database
from tests.app.commands import touchline_fork
from tests.app.conftest import Server, running
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.long

# Loaded by Python before anything else: keeps a record of every address that the process asks for or connects to.
WATCH = """
import os, socket
_log = os.environ["WATCHED"]
_connect, _lookup = socket.socket.connect, socket.getaddrinfo

def _note(what):
    with open(_log, "a") as file:
        file.write(f"{what}\\n")

def connect(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        _note(f"connect {address[0]}")
    return _connect(self, address)

def getaddrinfo(host, *args, **options):
    if host not in (None, "127.0.0.1", "::1", "localhost", b"127.0.0.1"):
        _note(f"lookup {host}")
    return _lookup(host, *args, **options)

socket.socket.connect, socket.getaddrinfo = connect, getaddrinfo
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """The app as an environment would open it, and the record of where it connects to."""
    place, watch = tmp_path_factory.mktemp("watched"), tmp_path_factory.mktemp("watch")
    (watch / "sitecustomize.py").write_text(WATCH)
    log = watch / "log"
    log.touch()
    opening = {
        "WATCHED": str(log),
        "PYTHONPATH": os.pathsep.join([str(watch), str(REPOSITORY)]),
        "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
        "STREAMLIT_SERVER_ENABLE_CORS": "false",
        "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "false",
        "STREAMLIT_SERVER_ENABLE_AGENT_API": "true",
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in opening.items():
            patch.setenv(name, value)
        with running(place) as server:
            yield server, log


def status(url: str, **headers: str) -> int:
    request = urllib.request.Request(url, headers={n.replace("_", "-"): v for n, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def refused_socket(server: Server, **headers: str) -> bool:
    address = server.url.replace("http", "ws") + "/_stcore/stream"
    origin = headers.pop("Origin", None)
    try:
        with connect(address, origin=origin, additional_headers=headers, subprotocols=["streamlit"]):  # type: ignore[arg-type, list-item]
            return False
    except InvalidStatus as error:
        return error.response.status_code == 403


def own_addresses() -> list[str]:
    told = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    return [address for address in told if ":" not in address]


def test_the_environment_does_not_open_it(watched: tuple[Server, Path]) -> None:
    server, _ = watched
    port = int(server.url.rsplit(":", 1)[1])
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    at = {line.split()[1].split(":")[0] for line in listening if line.split()[1].endswith(f":{port:04X}")}
    assert at == {"0100007F"}  # 127.0.0.1 alone
    for address in own_addresses():
        with pytest.raises(OSError), socket.create_connection((address, port), timeout=2):
            pass
    assert status(f"{server.url}/_stcore/agent/interact", Content_Type="application/json") in (404, 405, 403)


def test_a_foreign_page_has_the_server_connect_to_nothing(watched: tuple[Server, Path]) -> None:
    server, log = watched
    assert not refused_socket(server, Origin=server.url)
    for origin in ("http://attack.example", "https://attack.example:8501", "http://127.0.0.1:1", "null"):
        assert refused_socket(server, Origin=origin)
        assert status(f"{server.url}/_stcore/health", Origin=origin) == 403
    assert status(f"{server.url}/", Host="attack.example") == 403
    assert status(f"{server.url}/match") == 200
    assert log.read_text() == ""


def test_health_is_asked_without_a_link(watched: tuple[Server, Path]) -> None:
    server, _ = watched
    with urllib.request.urlopen(f"{server.url}/touchline/health", timeout=20) as answer:
        assert json.load(answer) == {"ok": True}


def test_what_the_app_and_its_workers_write_is_their_users_alone(watched: tuple[Server, Path]) -> None:
    server, end = watched[0], time.monotonic() + 60
    while not (log := server.data.root / "worker.log").is_file():
        assert time.monotonic() < end, "no worker has started"
        time.sleep(0.2)
    assert log.stat().st_mode & 0o077 == 0


def test_sixty_pictures_hold_no_array_back(watched: tuple[Server, Path]) -> None:
    """Without a link that holds nothing is made; that the queue stands before the routes shows in the order of answers."""
    server, _ = watched
    began = time.monotonic()
    threads = [
        threading.Thread(target=status, args=(f"{server.url}/touchline/picture/x{n}?frame={n}",)) for n in range(60)
    ]
    for thread in threads:
        thread.start()
    assert status(f"{server.url}/touchline/array/x/scores") in (404, 429)
    assert time.monotonic() - began < 3
    for thread in threads:
        thread.join(30)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--address", "0.0.0.0"], "no name is known by which the app is served"),
        (["--address", "somewhere"], "this is no address"),
        (["--host", "http://a.example"], "this is no name of a host"),
        (["--host", "a.example:80"], "this is no name of a host"),
        (["--root", "/"], "this folder holds more than matches"),
        (["TOUCHLINE_ROOTS=/"], "this folder holds more than matches"),
        (["--address", "203.0.113.9"], "no app can be served here"),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_sentence(options: list[str], what: str, tmp_path: Path) -> None:
    named = dict(option.split("=") for option in options if "=" in option)
    arguments = [option for option in options if "=" not in option]
    done = touchline_fork("app", "--port", "18999", *arguments, TOUCHLINE_DATA=str(tmp_path), **named)
    assert done.returncode == 2
    assert what in re.sub(r"\s+", " ", done.stderr)


def test_a_database_that_is_damaged_under_the_app_is_told_and_workers_end(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        queue = JobQueue(open_database(server.data))
        jobs = [
            queue.submit(kind, kind, {"nothing": "that it knows"}) for kind in ("analysis", "explanations", "clips")
        ]
        end = time.monotonic() + 60
        while any(queue.get(job.id).live for job in jobs):  # type: ignore[union-attr]
            assert time.monotonic() < end, "the workers did not start"
            time.sleep(0.2)
        open_database(server.data).engine.dispose()
        for file in server.data.root.glob("touchline.db*"):
            file.write_bytes(b"no database at all" * 1000)
        end, told = time.monotonic() + 120, {}
        while "3 of 3 workers" not in told.get("workers", ""):  # they find out one after the other
            try:
                with urllib.request.urlopen(f"{server.url}/touchline/health", timeout=20):
                    pass
            except urllib.error.HTTPError as error:
                told = json.loads(error.read())
            assert time.monotonic() < end, told
            time.sleep(0.5)
        assert re.search("the database (is damaged|cannot be opened)", told["database"])
        starts = (tmp_path / "server.log").read_text().count("starting another")
        time.sleep(4)
        assert (tmp_path / "server.log").read_text().count("starting another") == starts


def test_ctrl_c_ends_it_without_a_word_while_a_page_is_open(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        address = server.url.replace("http", "ws") + "/_stcore/stream"
        with connect(address, origin=server.url, subprotocols=["streamlit"]):  # type: ignore[arg-type, list-item]
            server.process.send_signal(signal.SIGINT)
            assert server.process.wait(timeout=60) == 130
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_a_sealer_of_another_start_opens_nothing() -> None:
    assert LinkSealer(os.urandom(64)).open("x" * 200, "media") is None
