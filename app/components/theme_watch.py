"""Has the page made again when Streamlit turns from dark to light or back, as the system does, as a component.

What Streamlit and our style sheets draw follows at once; charts and pictures that the server draws need another run.
"""

from __future__ import annotations

import streamlit as st

from app.components.standing import small_component

_HTML = '<span class="theme-watch"></span>'


def theme_watch() -> None:
    """Mount the watch, which shows nothing."""
    small_component("theme_watch", _HTML)(
        key="theme_watch", data={"drawn": st.context.theme.type}, on_turned_change=lambda: None
    )
