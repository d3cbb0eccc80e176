"""Maps, moments, entities and questions of the Explain view, as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from app.components.workspace import scripts_url

_HERE = Path(__file__).resolve().parent


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    css = (_HERE / "explanation.css").read_text(encoding="utf-8")
    js = (_HERE / "explanation.js").read_text(encoding="utf-8")
    return st.components.v2.component("touchline_explanation", html='<div class="explanation"></div>', css=css, js=js)


def explanation(data: dict[str, Any], *, key: str, on_asked: Callable[[], None]) -> None:
    """Mount the component.

    Arguments:
        data: as ``views.explanation`` makes it.
        key: of the widget; what the user asks is read from its session state inside the callback: ``asked``
            {what: edit | words | reset | cancel | retry} with ``edit`` or ``text``.
    """
    _component()(key=key, data={**data, "scripts": scripts_url()}, height="content", on_asked_change=on_asked)
