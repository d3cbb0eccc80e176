"""The confusion matrix of the Evaluate view: what is taken for what, how far apart in time, and the spots of a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from app.comparing.comparison import Compared
from app.components.evaluate_lists import error_list, matrix_table
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.evaluate_errors import error_row
from app.views.shown import drawn
from spotting_core.domain.classes import ClassTable
from spotting_core.evaluation.confusion import Confused, ConfusionMatrix, confusion_matrix, confusions
from spotting_core.evaluation.mistakes import FALSE, MISSED, NEAR, RIGHT, WITHIN, Outcome

_MISSED, _FALSE = "missed", "false alarm"
_THRESHOLD, _LEAST, _MOST = 0.5, 0.02, 0.99
_SHOWN = 40
_BETWEEN = "~"  # true and predicted class in the address

_Cell = tuple[str, str]


def confusion_card(systems: Mapping[str, Compared], classes: ClassTable, shown: set[str]) -> None:
    """The card.

    Arguments:
        systems: A, and B where two are compared, by key; shown: names of the classes that are on screen, of which one
            is true or spotted in each cell.
    """
    system, threshold = _scope(list(systems))
    compared = systems[system]
    every = confusions(compared.games, classes.names, threshold)
    found = [c for c in every if c.true in shown or c.predicted in shown]
    matrix = confusion_matrix(found, classes.names)
    chosen = _chosen(matrix)
    matrix_table(matrix_data(matrix, chosen, classes), key="evaluate_matrix", on_picked=_picked)
    if chosen is None:
        st.caption("Choose a cell to see its spots. Each holds how many, and the median time from the truth.")
        return
    own = [c for c in found if (c.true or _FALSE, c.predicted or _MISSED) == chosen]
    rows = [error_row(_outcome(c), compared, system, classes) for c in own[:_SHOWN]]
    st.html(f'<div class="tl-card-title">{page.escape(_words(chosen, classes))} <span>{len(own)}</span></div>')
    error_list(rows, "Nothing is in this cell.", key="evaluate_matrix_spots")
    if len(own) > _SHOWN:
        st.caption(f"{_SHOWN} of {len(own)} are shown.")


def _scope(systems: Sequence[str]) -> tuple[str, float]:
    """Which system, and from which confidence on."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            '<div class="tl-card-title">Confusion <span>what is taken for what, and the time between</span></div>',
            width="content",
        )
        letter: str | None = "A"
        if len(systems) > 1:
            take("confused", "evaluate_confused", one_of("A", "B"), "A")
            letter = st.segmented_control(
                "Confused system", ["A", "B"], required=True, label_visibility="collapsed", key="evaluate_confused"
            )
            put("confused", "evaluate_confused", letter, "A")
        st.space("stretch")
        take("from", "evaluate_from", lambda word: min(max(float(word), _LEAST), _MOST), _THRESHOLD)
        threshold = st.number_input(
            "From confidence", _LEAST, _MOST, step=0.05, width=110, label_visibility="collapsed", key="evaluate_from",
            help="Confidence from which a spot counts here.",
        )  # fmt: skip
        put("from", "evaluate_from", threshold, _THRESHOLD)
    return systems["AB".index(letter or "A")], float(threshold)


def _chosen(matrix: ConfusionMatrix) -> _Cell | None:
    """The cell that is open; the address keeps it."""
    take("cell", "evaluate_cell")
    true, _, predicted = str(st.session_state.get("evaluate_cell") or "").partition(_BETWEEN)
    there = true in (*matrix.classes, _FALSE) and predicted in (*matrix.classes, _MISSED)
    put("cell", "evaluate_cell", f"{true}{_BETWEEN}{predicted}" if there else None)
    return (true, predicted) if there else None


def _picked() -> None:
    event = st.session_state["evaluate_matrix"].get("picked")
    if event:
        cell = f"{event['true']}{_BETWEEN}{event['predicted']}"
        st.session_state["evaluate_cell"] = None if st.session_state.get("evaluate_cell") == cell else cell


def matrix_data(matrix: ConfusionMatrix, chosen: _Cell | None, classes: ClassTable) -> dict[str, Any]:
    """What the browser draws of a matrix."""
    own = [{"name": name, **drawn(classes.get(name))} for name in matrix.classes]
    last = len(own)
    cells = [
        [
            {"count": int(matrix.count[i, j]), "error": _seconds(matrix.error[i, j]) if max(i, j) < last else None}
            for j in range(last + 1)
        ]
        for i in range(last + 1)
    ]
    return {
        "rows": [*own, {"name": _FALSE, "short": "False alarm"}],
        "columns": [*own, {"name": _MISSED, "short": "Missed"}],
        "cells": cells,
        "chosen": list(chosen) if chosen else None,
    }


def _seconds(error: float) -> float | None:
    return None if np.isnan(error) else round(float(error) / 1e6, 3)


def _outcome(found: Confused) -> Outcome:
    """As a row of a list of errors."""
    place = (found.game, found.half, found.time, str(found.predicted or found.true))
    if found.predicted is None:
        return Outcome(MISSED, *place)
    if found.true == found.predicted:
        kind = RIGHT if abs(found.error or 0) <= WITHIN * 1e6 else NEAR
        return Outcome(kind, *place, error=found.error, confidence=found.confidence)
    return Outcome(FALSE, *place, error=found.error, confidence=found.confidence, instead=found.true)


def _words(cell: _Cell, classes: ClassTable) -> str:
    """A cell for people."""
    true, predicted = cell
    if predicted == _MISSED:
        return f"{classes.get(true).short} missed"
    if true == _FALSE:
        return f"{classes.get(predicted).short} where none is"
    if true == predicted:
        return f"{classes.get(true).short} spotted as such"
    return f"{classes.get(true).short} taken for {classes.get(predicted).short}"
