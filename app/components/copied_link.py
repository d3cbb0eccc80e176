"""A button that copies the address of the page, as a Streamlit component."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components.standing import HERE

_HTML = '<button class="copied-link" type="button"><span aria-live="polite">Copy link</span></button>'


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    css = (HERE / "copied_link.css").read_text(encoding="utf-8")
    js = (HERE / "copied_link.js").read_text(encoding="utf-8")
    return st.components.v2.component("touchline_link", html=_HTML, css=css, js=js)


def link_button(key: str) -> None:
    """Mount the button."""
    _component()(key=key, data={}, height="content", width="content")
