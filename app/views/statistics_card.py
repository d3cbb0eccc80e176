"""The frame of every chart of the Statistics view: its question, and on what it is answered."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.views import page


def card(name: str, question: str, note: str) -> DeltaGenerator:
    """A card; ``name`` is its key for style and tests."""
    frame = st.container(border=True, key=f"tl_card_{name}", gap="small")
    frame.html(f'<div class="tl-card-title">{page.escape(question)} <span>{page.escape(note)}</span></div>')
    return frame
