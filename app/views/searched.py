"""What can be searched and counted, brought up to date with the library when a page is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from app.library.library import Match
from app.searching.index import Searched, bring_up_to_date
from app.state import shared_camera_reviews, shared_library, shared_reviews, shared_search, shared_settings
from app.views.page import escape
from spotting_core.base.counts import count_of
from spotting_core.search.engine import MOST_SHOWN, Query
from spotting_core.search.rows import LABELLED

_NAMED = 3  # matches that are named


def left_out(problems: Iterable[str]) -> None:
    """Which matches are not among what is shown, and why; nothing where there are none."""
    for problem in problems:
        st.html(f'<div class="tl-cap">Left out: {escape(problem)} Analyse it anew in the library.</div>')


def label_share(query: Query, matches: Iterable[Match]) -> None:
    """How much of what a query finds labels alone say, and of which matches; nothing where none do.

    Arguments:
        matches: those in which no model has spotted, and which have labels.
    """
    there = [match for match in matches if not query.matches or match.id in query.matches]
    if not there or query.reviewed not in (None, LABELLED):
        return
    labels = shared_search().find(replace(query, reviewed=LABELLED), MOST_SHOWN)
    if not labels.total:
        return
    within = {hit.match for hit in labels.hits}
    titles = [match.title for match in there if match.id in within]
    named = ", ".join(titles[:_NAMED]) + (", …" if labels.matches > min(len(titles), _NAMED) else "")
    are, of = ("is a label", "spot") if labels.total == 1 else ("are labels", "spots")
    how_many = count_of(labels.matches, "match")
    sentence = f"{labels.total:d} {of} {are}, of {how_many} in which no model has spotted ({named})."
    st.html(f'<div class="tl-cap" role="status">{escape(sentence)}</div>')


def match_notes(words: Iterable[str]) -> None:
    """What is to be known of single matches before what is shown is believed.

    Arguments:
        words: as ``Searched.notes``, each with its match.
    """
    for word in words:
        st.html(f'<div class="tl-cap" role="status">{escape(word)}</div>')


def up_to_date() -> Searched:
    """All matches that can be searched."""
    with st.spinner("Reading what has changed …", show_time=True):
        return bring_up_to_date(
            shared_search(), shared_library(), shared_reviews(), shared_camera_reviews(), shared_settings().data
        )
