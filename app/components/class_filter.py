"""The control of classes of every page, as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.components.standing import mount, standing_component

_HTML = '<div class="class-filter" data-standing></div>'


def class_chips(
    data: dict[str, Any],
    *,
    key: str,
    on_chosen: Callable[[list[str]], None],
    on_presets: Callable[[dict[str, Any]], None],
) -> None:
    """Mount the control.

    Arguments:
        data: classes [{name, short, group, glyph, light, dark, count or None}], presets [{title, labels, own}], chosen
            (names of classes, none for all).
        key: of the widget.
        on_chosen: called with the names of the classes that are chosen, none for all.
        on_presets: called with a preset that is to be kept, {keep, labels}, or forgotten, {forget}.
    """
    component = standing_component("class_filter", _HTML, "class_filter.css")
    events: dict[str, Callable[[Any], None]] = {"chosen": on_chosen, "kept": on_presets, "forgotten": on_presets}
    mount(component, data, key=key, module="class_filter.js", events=events)
