"""Maps, moments, entities and questions of the Explain view, as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.components.standing import mount, standing_component


def explanation(data: dict[str, Any], *, key: str, on_event: Callable[[Any], None]) -> None:
    """Mount the component.

    Arguments:
        data: as ``views.explanation`` makes it.
        key: of the widget.
        on_event: called with what the user asks, {what: edit | words | reset | cancel | retry} with ``edit`` or
            ``text``.
    """
    html = '<div class="explanation" data-standing></div>'
    component = standing_component("explanation", html, "explanation.css")
    mount(component, data, key=key, module="explanation/main.js", events={"asked": on_event})
