"""Which matches of the library are listed, in which order, and how far each is reviewed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.library.library import Match
from app.state import shared_reviews
from app.views import page
from app.views.addressed import one_of, put, take
from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.spots import Spot
from spotting_core.jobs.queue import FAILED, Job
from spotting_core.reviewing.spots import reviews_of_spots
from spotting_core.store.reviews import ADDED, OPEN

ALL, ANALYSED, RUNNING, FAILED_STATE, NEW = "All", "Analysed", "Running", "Failed", "New"
_STATES = (ALL, NEW, ANALYSED, RUNNING, FAILED_STATE)
_ANY, _UNREVIEWED, _REVIEWED = "Any review", "With open spots", "All reviewed"
_REVIEWS = (_ANY, _UNREVIEWED, _REVIEWED)
_ADDED_LAST, _TITLE, _DATE, _OPEN_MOST, _SPOTS_MOST = (
    "Added last", "By title", "Newest match", "Most open", "Most spots",
)  # fmt: skip
_ORDERS = (_ADDED_LAST, _TITLE, _DATE, _OPEN_MOST, _SPOTS_MOST)


@dataclass(frozen=True)
class Reviewed:
    """How far the spots of a match are reviewed; ``next`` is the first open one."""

    spots: int = 0
    reviewed: int = 0
    open: int = 0
    next: Spot | None = None


@dataclass(frozen=True)
class Listed:
    """A match with what its row shows: ``spots`` are those that count."""

    match: Match
    analyses: Sequence[Analysis]
    job: Job | None
    spots: Sequence[Spot]
    review: Reviewed


@dataclass(frozen=True)
class ListChoice:
    """Which matches are listed: words, state, how far they are reviewed, and in which order."""

    words: str
    state: str
    review: str
    order: str

    @property
    def narrows(self) -> bool:
        """Whether matches may be left out."""
        return bool(self.words) or self.state != ALL or self.review != _ANY


def list_choice(title: Any) -> ListChoice:
    """Ask what is listed; the address keeps it.

    Arguments:
        title: what the bar begins with.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="library_bar"):
        st.html(title, width="content")
        st.space("stretch")
        take("words", "library_words", str, "")
        words = st.text_input(
            "Search", placeholder="Team, league or date", label_visibility="collapsed", key="library_words", width=190
        )
        put("words", "library_words", words, "")
        state = _select("State", "state", _STATES, 120)
        review = _select("Review", "review", _REVIEWS, 160)
        order = _select("Order", "order", _ORDERS, 150)
    return ListChoice(str(words).strip(), state, review, order)


def _select(label: str, word: str, options: Sequence[str], width: int) -> str:
    key = f"library_{word}"
    take(word, key, one_of(*options), options[0])
    chosen = st.selectbox(page.plain(label), options, label_visibility="collapsed", key=key, width=width)
    put(word, key, chosen, options[0])
    return str(chosen)


def state_of(analyses: Sequence[Analysis], job: Job | None) -> str:
    """In one word, how far a match is."""
    if job is not None and job.live:
        return RUNNING
    if analyses:
        return ANALYSED
    return FAILED_STATE if job is not None and job.state == FAILED else NEW


def fits(match: Match, words: str) -> bool:
    """Whether all words occur in what is known of a match."""
    text = " ".join(filter(None, [match.title, match.league, match.date, match.home, match.away])).lower()
    return all(word in text for word in words.lower().split())


def listed(rows: Sequence[Listed], choice: ListChoice) -> list[Listed]:
    """The rows that are asked for, in their order; of equal ones the latest added first."""
    kept = [row for row in rows if choice.state in (ALL, state_of(row.analyses, row.job))]
    if choice.review == _UNREVIEWED:
        kept = [row for row in kept if row.review.open]
    elif choice.review == _REVIEWED:
        kept = [row for row in kept if row.review.reviewed and not row.review.open]
    keys: dict[str, Callable[[Listed], Any]] = {
        _TITLE: lambda row: row.match.title.casefold(),
        _OPEN_MOST: lambda row: -row.review.open,
        _SPOTS_MOST: lambda row: -row.review.spots,
    }
    if choice.order == _DATE:
        return sorted(kept, key=lambda row: row.match.date or "", reverse=True)
    return sorted(kept, key=keys[choice.order]) if choice.order in keys else kept


def review_of(match: Match, analysis: Analysis | None, spots: Sequence[Spot]) -> Reviewed:
    """How far some spots of a match are reviewed; what people added counts as reviewed."""
    reviews = shared_reviews().of_match(match.id)
    added = sum(r.state == ADDED for r in reviews)
    if analysis is None:
        return Reviewed(added, added)
    attached = reviews_of_spots(spots, reviews, analysis.record.identity.review_sources, analysis.classes)
    undone = [s for s, r in zip(spots, attached, strict=True) if r is None or r.state == OPEN]
    return Reviewed(len(spots) + added, len(spots) - len(undone) + added, len(undone), undone[0] if undone else None)


def counts_text(row: Listed) -> str:
    """Spots of a match, and how many of them are open and reviewed, as markup; the open ones lead to the first."""
    if not row.analyses and not row.review.spots:
        return '<div class="tl-right">–</div>'
    open_text = f"{row.review.open} open"
    if row.review.next is not None:
        spot = row.review.next
        query = urlencode({"match": row.match.id, "half": spot.half, "t": f"{spot.seconds:.3f}", "class": spot.label})
        words = "Resume" if row.review.reviewed else "Review"
        title = f"{words} at the first open spot"
        open_text = f'{words}, <span class="tl-whole">{open_text}</span>'
        open_text = f'<a class="tl-save" href="match?{query}" target="_self" title="{title}">{open_text}</a>'
    return (
        f'<div class="tl-right">{row.review.spots}</div><div class="tl-cap tl-counts">{open_text}<br>'
        f"{row.review.reviewed} reviewed</div>"
    )
