"""What can be searched and counted, brought up to date with the library when a page is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from app.searching.index import Searched, bring_up_to_date
from app.state import shared_camera_reviews, shared_library, shared_reviews, shared_search, shared_settings
from app.views.page import escape
from spotting_core.base.counts import count_of

_NAMED = 3  # matches that are named


def left_out(problems: Iterable[str]) -> None:
    """Which matches are not among what is shown, and why; nothing where there are none."""
    for problem in problems:
        st.html(f'<div class="tl-cap">Left out: {escape(problem)} Analyse it anew in the library.</div>')


def only_labelled(titles: Sequence[str]) -> None:
    """How many matches with labels are not among what is shown, for nothing was spotted in them; nothing of none."""
    if titles:
        named = ", ".join(titles[:_NAMED]) + (", …" if len(titles) > _NAMED else "")
        sentence = f"Left out: {count_of(len(titles), 'match')} with labels and without an analysis ({named})."
        st.html(f'<div class="tl-cap" role="status">{escape(sentence)} Analyse them in the library.</div>')


def gone_choices(words: Iterable[str]) -> None:
    """Of which matches another model is shown than the one that was chosen for them, because that is gone.

    Arguments:
        words: as ``library.gone_choice`` gives them, each with its match.
    """
    for word in words:
        st.html(f'<div class="tl-cap" role="status">{escape(word)}</div>')


def up_to_date() -> Searched:
    """All matches that can be searched."""
    with st.spinner("Reading what has changed …", show_time=True):
        return bring_up_to_date(
            shared_search(), shared_library(), shared_reviews(), shared_camera_reviews(), shared_settings().data
        )
