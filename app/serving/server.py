"""The server process: ``python -m app.serving.server`` in the folder of ``.streamlit/config.toml``.

Address and port are what it is told here. What the environment or a user's own configuration says of them, and of the
protections that Streamlit has, changes nothing: none of it may open the app to others by accident.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys

import uvicorn
from streamlit.web import bootstrap

from app.serving.limits import LARGEST_HEAD
from app.serving.patience import PatientProtocol
from spotting_core.base.errors import BadInputError, CancelledError

STRICT = {
    "server.enableCORS": True,
    "server.corsAllowedOrigins": [],
    "server.enableXsrfProtection": True,
    "server.enableAgentApi": False,
    "server.trustedUserHeaders": {},
    "global.developmentMode": False,
}
"""What Streamlit is told whatever else tells it otherwise."""

_CONNECTIONS = 512  # of all clients; more are told to come again
_MESSAGE = 4 * 2**20  # bytes that a page may send at once: what its widgets hold
_GRACE = 3  # seconds that answers under way get when the server is stopped


def listening(address: str, port: int) -> socket.socket:
    """A socket that listens.

    Errors:
        BadInputError: the port is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        raise BadInputError(
            f"no app can be served here ({error.strerror})", where=f"{address}:{port}", fix="Name another --port"
        ) from error
    return listener


def serve(address: str, listener: socket.socket) -> None:
    """Serve the app at a socket until the process is told to end."""
    port = int(listener.getsockname()[1])
    own = {"server.address": address, "server.port": port, "browser.serverPort": port, "browser.serverAddress": address}
    bootstrap.load_config_options({**STRICT, **own})
    from app.main import app  # the app reads the options when it is made

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=PatientProtocol,
            ws="websockets-sansio",
            ws_max_size=_MESSAGE,
            ws_ping_interval=30,
            ws_ping_timeout=30,
            h11_max_incomplete_event_size=LARGEST_HEAD,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_GRACE,
            proxy_headers=False,  # a peer is who connects, not who it says it speaks for
            server_header=False,
            access_log=False,
            log_level="warning",
        )
    )
    server.run(sockets=[listener])


def main() -> None:
    parser = argparse.ArgumentParser(description="Serves the dashboard.")
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    os.umask(0o077)  # what the app and its workers write is their user's alone
    try:
        serve(options.address, listening(options.address, options.port))
    except KeyboardInterrupt:  # Ctrl-C, which uvicorn passes on when it has ended what was under way
        sys.exit(CancelledError.exit_code)


if __name__ == "__main__":
    main()
