"""The Match workspace as a Streamlit component: its data in, what the user did out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.components.standing import mount, nothing, standing_component

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


def workspace(
    data: dict[str, Any],
    *,
    key: str,
    on_picked: Callable[[], None],
    on_thresholds: Callable[[], None],
    on_command: Callable[[], None],
    on_explain: Callable[[], None],
    on_review: Callable[[], None],
) -> None:
    """Mount the workspace.

    Arguments:
        data: as ``views.match`` makes it.
        key: of the widget; what the user did is read from its session state inside the callbacks:
            ``picked`` {half, seconds, label}, ``thresholds`` {threshold, thresholds, moved}, ``command`` {name},
            ``explain`` {half, seconds, label}, ``review`` {author, actions}. While ``data`` says ``waiting`` it asks
            for it again every second.
    """
    mount(
        standing_component("workspace", _HTML, "workspace.css"),
        data,
        key=key,
        module="workspace/main.js",
        events={
            "picked": on_picked,
            "thresholds": on_thresholds,
            "command": on_command,
            "explain": on_explain,
            "review": on_review,
            "again": nothing,
        },
    )
