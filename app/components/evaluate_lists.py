"""Class table, confusion matrix and lists of spots of the Evaluate view, as a Streamlit component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.components.standing import scripts_url, small_component

_NAME, _HTML = "evaluate_lists", '<div class="lists"></div>'


def class_table(data: dict[str, Any], *, key: str, on_picked: Callable[[], None]) -> None:
    """Mount the table of classes.

    Arguments:
        data: rows [{name, short, group, glyph, light, dark, truths, few, tight {a, b, interval [low, high], difference
            {value, low, high}} or None, loose}], chosen, two (whether there is a B), note.
        key: of the widget; the class that was picked is read from its session state: ``picked`` {label}.
    """
    small_component(_NAME, _HTML)(
        key=key, data={**data, "scripts": scripts_url()}, height="content", on_picked_change=on_picked
    )


def matrix_table(matrix: dict[str, Any], *, key: str, on_picked: Callable[[], None]) -> None:
    """Mount a confusion matrix.

    Arguments:
        matrix: rows and columns [{name, short, group, glyph, light, dark}], the last ones without a class; cells, row
            by row [{count, error in seconds or None}]; chosen [true, predicted] or None.
        key: of the widget; the cell that was picked is read from its session state: ``picked`` {true, predicted}.
    """
    data = {"matrix": matrix, "scripts": scripts_url()}
    small_component(_NAME, _HTML)(key=key, data=data, height="content", on_picked_change=on_picked)


def error_list(errors: list[dict[str, Any]], empty: str, *, key: str) -> None:
    """Mount a list of spots, errors or open ones; each row is a link to the player at its moment.

    Arguments:
        errors: [{kind, short, group, glyph, light, dark, clock, text, link or None, picture or None}].
        empty: what to say where there are none.
    """
    small_component(_NAME, _HTML)(
        key=key,
        data={"errors": errors, "empty": empty, "scripts": scripts_url()},
        height="content",
        on_picked_change=lambda: None,
    )
