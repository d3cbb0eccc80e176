"""The desk of the Clips view as a Streamlit component: player and trim strip, a clip's settings, margins, reel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.components.standing import mount, standing_component

_HTML = """
<div class="workspace desk" data-standing tabindex="-1">
  <div class="desk-top">
    <section class="card"><div class="player"><div class="stage"></div></div><div class="trim"></div></section>
    <section class="card clip-card"></section>
    <section class="card margins-card"></section>
  </div>
  <section class="card reel-card"></section>
</div>
"""


def clip_desk(data: dict[str, Any], *, key: str, on_changed: Callable[[Any], None]) -> None:
    """Mount the desk.

    Arguments:
        data: as ``views.clips`` makes it.
        key: of the widget.
        on_changed: called with what the user changed, {selection, revision, sequence, clips, margins}.
    """
    component = standing_component("clips", _HTML, "workspace.css", "clips.css")
    mount(component, data, key=key, module="clips/desk.js", events={"changed": on_changed})
