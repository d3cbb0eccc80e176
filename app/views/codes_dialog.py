"""The Codes dialog: the codes and tags of the code window, as a table."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.state import shared_codes
from app.views import page
from spotting_core.base.errors import TouchlineError
from spotting_core.store.codes import LAG, LEAD, Code


@st.dialog("Codes", width="large", on_dismiss=page.close_dialog)
def codes_dialog() -> None:
    """Names, keys, lead and lag of the codes; which of them are tags that are put to what was tagged."""
    st.caption(
        "A code tags the moment on screen, and its clip runs from lead to lag. A tag (a player, a word) is put to the "
        "chosen moment as #name in its comment. What was tagged with a code that you remove stays."
    )
    rows = [
        {"Name": c.name, "Key": c.key, "Lead": c.lead, "Lag": c.lag, "Tag": c.tag} for c in shared_codes().all()
    ] or [{"Name": "", "Key": "", "Lead": LEAD, "Lag": LAG, "Tag": False}]
    edited = st.data_editor(
        rows, num_rows="dynamic", hide_index=True, height=320, key="codes_table",
        column_config={
            "Name": st.column_config.TextColumn(max_chars=80, width="medium"),
            "Key": st.column_config.TextColumn(max_chars=1, width="small", help="One letter or digit"),
            "Lead": st.column_config.NumberColumn(min_value=0.0, max_value=600.0, default=LEAD, format="%.1f s"),
            "Lag": st.column_config.NumberColumn(min_value=0.0, max_value=600.0, default=LAG, format="%.1f s"),
            "Tag": st.column_config.CheckboxColumn(default=False),
        },
    )  # fmt: skip
    if st.button("Keep these codes", type="primary"):
        try:
            shared_codes().save(codes_of(edited))
        except TouchlineError as problem:
            page.error(problem)
            return
        page.close_dialog()
        st.rerun()


def codes_of(rows: list[dict[str, Any]]) -> list[Code]:
    """The codes of a table's rows; rows without a name are empty ones."""
    return [
        Code(
            str(row["Name"]), str(row.get("Key") or ""), LEAD if row.get("Lead") is None else float(row["Lead"]),
            LAG if row.get("Lag") is None else float(row["Lag"]), bool(row.get("Tag")),
        )
        for row in rows
        if str(row.get("Name") or "").strip()
    ]  # fmt: skip
