"""Where files are dropped to be brought into a library folder, as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from app.components.standing import HERE, scripts_url

_HTML = '<div class="drop-zone" data-ready=""></div>'


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    css = (HERE / "drop_zone.css").read_text(encoding="utf-8")
    js = (HERE / "drop_zone.js").read_text(encoding="utf-8")
    return st.components.v2.component("touchline_drop", html=_HTML, css=css, js=js)


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
    _component()(key=key, data=data, height="content", on_done_change=on_done)
