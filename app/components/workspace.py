"""The Match workspace as a Streamlit component: its data in, what the user did out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.components.standing import mount, standing_component

# What stands there until the scripts have loaded: empty cards in their final places.
_HTML = """
<div class="workspace" data-standing tabindex="-1">
  <header></header>
  <div class="work">
    <div class="left">
      <div class="stage-row">
        <section class="card player"><div class="stage"></div><div class="transport"></div></section>
        <section class="card why"></section>
      </div>
      <section class="card lanes"></section>
    </div>
    <div class="side"><aside class="card rail"></aside></div>
  </div>
</div>
"""


def workspace(data: dict[str, Any], *, key: str, events: Mapping[str, Callable[[Any], None]]) -> None:
    """Mount the workspace.

    Arguments:
        data: as ``workspace.payload`` makes it. While it says ``waiting`` the browser asks for it again every second.
        key: of the widget.
        events: what to do with what the browser tells, by the event's name: ``command`` {name}, a button's, ``ready``
            {layer, show}, of a layer that has come, and those of the entries that are shown.
    """
    mount(
        standing_component("workspace", _HTML, "workspace.css", "class_filter.css"),
        data,
        key=key,
        module="workspace/main.js",
        events=events,
    )
