"""The dialog that brings in predictions or labels of another system."""

from __future__ import annotations

import streamlit as st

from app.comparing.prediction_sets import LABELS, PREDICTIONS, PredictionSets
from app.library.library import Library
from app.views import page
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import load_classes

_MOST_MEGABYTES = 100
_KINDS = {PREDICTIONS: "Predictions", LABELS: "Labels"}


@st.dialog("Import")
def import_dialog(library: Library, sets: PredictionSets) -> None:
    """Take a file in, or delete one."""
    kind = st.segmented_control(
        "What it holds", list(_KINDS), default=PREDICTIONS, required=True, format_func=lambda k: _KINDS[k]
    )
    file = st.file_uploader(
        "results_spotting.json, or a zip of game folders"
        if kind == PREDICTIONS
        else "A zip of game folders with Labels-v2.json",
        type=["json", "zip"],
        max_upload_size=_MOST_MEGABYTES,
    )
    name = st.text_input("Name", placeholder="The system that made it" if kind == PREDICTIONS else "The data set")
    matches = {m.id: m for m in library.matches()}
    match = None
    if file is not None and file.name.lower().endswith(".json"):
        match = matches[st.selectbox("Its match", list(matches), format_func=lambda m: matches[m].title)]
    if st.button("Import", type="primary", disabled=file is None) and file is not None:
        try:
            title = name or file.name.rsplit(".", 1)[0]
            made, record = sets.add(title, file.name, file.getvalue(), str(kind), load_classes().names, match)
        except TouchlineError as problem:
            page.error(problem)
            return
        left = f"; {len(record.skipped)} notes on what will not count" if record.skipped else ""
        st.toast(f"{page.plain(made.name)}: {made.games:d} game{'' if made.games == 1 else 's'}{left}")
        st.rerun()
    present = sets.all()
    if present:
        st.divider()
    for one in present:
        text, button = st.columns([4, 1], vertical_alignment="center")
        games = f"{one.games:d} game{'' if one.games == 1 else 's'}"
        text.markdown(f"{page.plain(one.name)} :gray[{page.plain(one.kind)}, {games}]")
        if button.button("Delete", key=f"delete-{one.id}"):
            sets.remove(one)
            st.rerun()
