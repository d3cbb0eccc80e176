"""The Spotting dialog: how spots are made of the stored scores; nothing is analysed again."""

from __future__ import annotations

import streamlit as st

from app.views import page
from app.views.shown import LEAST
from app.workspace.lists.spots import METHOD_WORDS
from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, METHODS


@st.dialog("Spotting", on_dismiss=page.close_dialog)
def spotting_dialog(analysis: Analysis) -> None:
    """Method, windows and thresholds, of all classes and of each."""
    method = st.radio(
        "What stays of several votes for one action",
        METHODS,
        index=METHODS.index(st.session_state.get("method") or analysis.classes.method),
        format_func=lambda m: page.plain(_capital(METHOD_WORDS[m])),
        help="Four ways of non-maximum suppression. Hard erases the others within the window; soft-linear lowers them "
        "the more the nearer they are; local-maximum keeps what has nothing surer beside it; peaks keeps what rises "
        "above both its neighbours, and erases lower ones within the window.",
    )
    st.caption("Votes of a class within the window are for one action. A spot has at least the threshold's confidence.")
    windows, thresholds = st.session_state.get("windows", {}), st.session_state.get("thresholds", {})
    general = st.session_state.get("threshold", DEFAULT_THRESHOLD)
    rows = [
        {
            "Class": c.short,
            "Window": float(windows.get(c.name, c.suppression)),
            "Threshold": float(thresholds.get(c.name, general)),
        }
        for c in analysis.classes
    ]
    edited = st.data_editor(
        rows,
        hide_index=True,
        disabled=["Class"],
        height=380,
        column_config={
            "Window": st.column_config.NumberColumn(
                help="Its full width", min_value=0.0, max_value=120.0, step=0.5, format="%.1f s"
            ),
            "Threshold": st.column_config.NumberColumn(min_value=LEAST, max_value=0.99, step=0.01, format="%.2f"),
        },
    )
    apply, reset, _ = st.columns([1, 1, 2])
    if apply.button("Apply", type="primary", width="stretch"):
        st.session_state["method"] = method
        if method == analysis.classes.method:
            st.session_state.pop("method")
        pairs = list(zip(analysis.classes, edited, strict=True))
        st.session_state["windows"] = {c.name: r["Window"] for c, r in pairs if r["Window"] != c.suppression}
        st.session_state["thresholds"] = {c.name: r["Threshold"] for c, r in pairs if r["Threshold"] != general}
        _applied()
        page.close_dialog()
        st.rerun()
    if reset.button("Reset", width="stretch"):
        for name in ("method", "windows", "thresholds", "threshold"):
            st.session_state.pop(name, None)
        _applied()
        page.close_dialog()
        st.rerun()


def _applied() -> None:
    """The thresholds on screen give way to those of the dialog."""
    st.session_state["thresholds_applied"] = st.session_state.get("thresholds_applied", 0) + 1


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
