"""A button that copies the address of the page, as a Streamlit component."""

from __future__ import annotations

from app.components.standing import small_component

_HTML = '<button class="copied-link" type="button"><span aria-live="polite">Copy link</span></button>'


def link_button(key: str) -> None:
    """Mount the button."""
    small_component("copied_link", _HTML)(key=key, data={}, height="content", width="content")
