"""The desk of the Clips view as a Streamlit component: player and trim strip, a clip's settings, margins, reel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from app.components.workspace import scripts_url

_HERE = Path(__file__).resolve().parent
_HTML = """
<div class="workspace desk" tabindex="-1">
  <div class="desk-top">
    <section class="card"><div class="player"><div class="stage"></div></div><div class="trim"></div></section>
    <section class="card clip-card"></section>
    <section class="card margins-card"></section>
  </div>
  <section class="card reel-card"></section>
</div>
"""


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    css = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("workspace.css", "clips.css"))
    js = (_HERE / "clips.js").read_text(encoding="utf-8")
    return st.components.v2.component("touchline_clips", html=_HTML, css=css, js=js)


def clip_desk(data: dict[str, Any], *, key: str, on_changed: Callable[[], None]) -> None:
    """Mount the desk.

    Arguments:
        data: as ``views.clips`` makes it.
        key: of the widget; what the user changed is read from its session state: ``changed`` {selection, revision,
            sequence, clips, margins}.
    """
    _component()(key=key, data={**data, "scripts": scripts_url()}, height="content", on_changed_change=on_changed)
