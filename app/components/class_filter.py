"""The control of classes of every page, as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.components.standing import scripts_url, small_component

_NAME, _HTML = "class_filter", '<div class="class-filter"></div>'


def class_chips(data: dict[str, Any], *, key: str, on_change: Callable[[], None]) -> None:
    """Mount the control.

    Arguments:
        data: classes [{name, short, group, glyph, light, dark, count or None}], presets [{title, labels, own}], chosen
            (names of classes, none for all), taken (the change that the page took last).
        key: of the widget; what the browser tells is read from its session state: ``change`` {chosen, keep or forget
            (name of a preset), of, n}.
    """
    small_component(_NAME, _HTML)(
        key=key, data={**data, "scripts": scripts_url()}, height="content", on_change_change=on_change
    )
