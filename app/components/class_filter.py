"""The control of classes of every page, as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from app.components.standing import HERE, scripts_url


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    css = (HERE / "class_filter.css").read_text(encoding="utf-8")
    js = (HERE / "class_filter.js").read_text(encoding="utf-8")
    return st.components.v2.component("touchline_classes", html='<div class="class-filter"></div>', css=css, js=js)


def class_chips(data: dict[str, Any], *, key: str, on_told: Callable[[], None]) -> None:
    """Mount the control.

    Arguments:
        data: classes [{name, short, group, glyph, light, dark, count or None}], presets [{title, labels, own}], chosen
            (names of classes, none for all), heard (what the page was told last).
        key: of the widget; what the browser tells is read from its session state: ``told`` {chosen, keep or forget
            (name of a preset), of, n}.
    """
    _component()(key=key, data={**data, "scripts": scripts_url()}, height="content", on_told_change=on_told)
