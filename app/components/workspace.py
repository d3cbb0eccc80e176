"""The Match workspace as a Streamlit component: its data in, what the user did out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from app.routes.http import PREFIX, SCRIPTS

_HERE = Path(__file__).resolve().parent
# What stands there until the scripts have loaded: empty cards in their final places.
_HTML = """
<div class="workspace" tabindex="-1">
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


@lru_cache(maxsize=1)
def scripts_url() -> str:
    """Where the browser finds the scripts; changes with their content, so that none is stale."""
    digest = hashlib.sha256()
    for path in sorted(SCRIPTS.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return f"{PREFIX}/scripts/{digest.hexdigest()[:12]}"


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    css = (_HERE / "workspace.css").read_text(encoding="utf-8")
    js = (_HERE / "workspace.js").read_text(encoding="utf-8")
    return st.components.v2.component("touchline_workspace", html=_HTML, css=css, js=js)


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
            ``explain`` {half, seconds, label}, ``review`` {author, actions}.
    """
    _component()(
        key=key,
        data={**data, "scripts": scripts_url()},
        height="content",
        on_picked_change=on_picked,
        on_thresholds_change=on_thresholds,
        on_command_change=on_command,
        on_explain_change=on_explain,
        on_review_change=on_review,
    )
