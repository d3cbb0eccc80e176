"""Where files are dropped to be brought into a library folder, as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.components.standing import scripts_url, small_component

_HTML = '<div class="drop-zone" data-ready=""></div>'


def drop_zone(
    upload: str, folder: str, kinds: Sequence[str], piece: int, *, key: str, on_done: Callable[[], None]
) -> None:
    """Mount the zone.

    Arguments:
        upload: address that takes pieces of files; folder: into which they go, empty where none was named.
        kinds: ends of names that are taken; piece: bytes of a request.
        key: of the widget; what has come is read from its session state: ``done`` {folder, names}.
    """
    data = {"upload": upload, "folder": folder, "kinds": list(kinds), "piece": piece, "scripts": scripts_url()}
    small_component("drop_zone", _HTML)(key=key, data=data, height="content", on_done_change=on_done)
