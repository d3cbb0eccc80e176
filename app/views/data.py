"""What the data directory takes, and clearing it: a line in the library and the dialog behind it."""

from __future__ import annotations

import streamlit as st

from app.state import shared_queue, shared_settings
from app.views import page
from spotting_core.base.errors import TouchlineError
from spotting_core.store.space import Use, clear, measure, size_text

_DIALOG = ("library", "space")


@st.cache_data(ttl=60, show_spinner=False)
def _uses(root: str) -> list[Use]:
    return measure(shared_settings().data)


def data_line() -> None:
    """How much there is, and a way to clear it."""
    root = shared_settings().data.root
    total = sum(use.size for use in _uses(str(root)))
    st.button(
        f"{size_text(total)} of analyses and copies", icon=":material/database:", type="tertiary",
        help=page.plain(root), on_click=page.open_dialog, args=_DIALOG,
    )  # fmt: skip
    if page.is_open(*_DIALOG):
        _dialog()


@st.dialog("Analyses and copies", width="medium", on_dismiss=page.close_dialog)
def _dialog() -> None:
    root = shared_settings().data.root
    st.caption(
        f"In {page.plain(root)}. Videos lie elsewhere and are never touched; nor are reviewed work, uploaded labels "
        "and imported predictions."
    )
    uses = measure(shared_settings().data)
    chosen = []
    for use in uses:
        text = f"**{page.plain(use.kind.title)}**, {size_text(use.size)}"
        if use.kind.again is None:
            st.checkbox(f"{text}. Kept.", value=False, disabled=True, key=f"space_{use.kind.name}")
        elif st.checkbox(f"{text}: {page.plain(use.kind.again)}", disabled=not use.files, key=f"space_{use.kind.name}"):
            chosen.append(use)
    busy = bool(shared_queue().all_live())
    if busy:
        st.info("There is work under way. What it needs cannot be cleared until it has ended or was cancelled.")
    size = size_text(sum(use.size for use in chosen))
    if st.button(f"Delete {size}" if chosen else "Delete", type="primary", disabled=busy or not chosen):
        try:
            freed = clear(shared_settings().data, [use.kind.name for use in chosen])
        except TouchlineError as problem:
            page.error(problem)
            return
        _uses.clear()
        page.close_dialog()
        st.toast(f"{size_text(freed)} came free.")
        st.rerun()
