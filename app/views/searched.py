"""What can be searched and counted, brought up to date with the library when a page is made."""

from __future__ import annotations

import streamlit as st

from app.searching.index import Searched, bring_up_to_date
from app.state import shared_camera_reviews, shared_library, shared_reviews, shared_search, shared_settings


def up_to_date() -> Searched:
    """All matches that can be searched."""
    with st.spinner("Reading what has changed …", show_time=True):
        return bring_up_to_date(
            shared_search(), shared_library(), shared_reviews(), shared_camera_reviews(), shared_settings().data
        )
