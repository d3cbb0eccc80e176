"""The Review view's clips: which to watch next over all analysed matches, and why, each a link to the Match view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.components.evaluate_lists import error_list
from app.library.asking import Analysed, Batch, ask
from app.library.library import Library, Match
from app.state import shared_batches, shared_clip_reviews
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.review_clips import CHANGES, CLIPS, SPOTS
from app.views.shown import drawn, picture_at
from spotting_core.active.asked_clips import SILENT, AskedClip
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.counts import count_of
from spotting_core.domain.stretches import Stretch
from spotting_core.store.reviews import ReviewedSpot

_OF = {SPOTS: "Spots", CLIPS: "Clips", CHANGES: "Cameras"}
_STRATEGIES = {"margin": "Two classes", "entropy": "Many", "uncertainty": "Unsure", "random": "Any"}
_USUAL = "margin"
_BATCH = 12
_NOTHING = {"group": "flow", "glyph": "other", "light": "#374047", "dark": "#7C8088"}
"""How a clip is drawn in which the model sees no class."""


def choose_of() -> None:
    """The choice between spots, clips and camera changes."""
    chosen = st.segmented_control(
        "Asked for", list(_OF), required=True, format_func=lambda o: _OF[o], label_visibility="collapsed",
        help="Spots that a model has; clips of 15 seconds to be watched as a whole, which show what it misses; or "
        "camera changes, and what replays show.",
        key="review_of",
    )  # fmt: skip
    put("of", "review_of", chosen, SPOTS)


def show_clips(library: Library, analysed: Analysed, known: dict[str, list[ReviewedSpot]]) -> None:
    """The batch of clips that is asked for, with what has been watched of it."""
    take("by", "clips_by", one_of(*_STRATEGIES), _USUAL)
    strategy = str(st.session_state["clips_by"])
    name, batch = _batch(library, analysed, known, strategy)
    clips = [one for one in batch.clips if one.match in analysed]
    watched = {name: shared_clip_reviews().watched(name) for name in {one.match for one in clips}}
    done = [one for one in clips if one.clip in watched[one.match]]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="review_bar"):
        facts = f"{len(done)} of {count_of(len(clips), 'clip')} watched" if clips else ""
        st.html(page.headline("Review", facts), width="content")
        choose_of()
        st.space("stretch")
        by = st.segmented_control(
            "Which clips", list(_STRATEGIES), required=True, format_func=lambda s: _STRATEGIES[s],
            label_visibility="collapsed", help="Clips between two classes, in which many are possible, in which the "
            "surest is as likely as not, or any. A quarter are clips in which the model sees nothing.", key="clips_by",
        )  # fmt: skip
        put("by", "clips_by", by, _USUAL)
        if st.button("Others", help="Leave these clips, and ask for the next ones.", disabled=not clips):
            left = batch.left | {(one.match, one.clip) for one in clips}
            _next(library, analysed, known, strategy, left)
            st.rerun()
    rows = [_row(one, name, one in done, *analysed[one.match]) for one in clips]
    with st.container(border=True, key="tl_card_review"):
        error_list(rows, _empty(library, analysed), key="clip_queue")
    if clips:
        st.caption(
            "Each is watched in the Match view: mark what happens with D or accept what the model has, then say with I "
            "that nothing more does."
        )


def _empty(library: Library, analysed: Analysed) -> str:
    """Why no clip is asked for, and what to do."""
    own = [match for match in library.matches() if not match.is_demo]
    if not own:
        return "There is no match yet but the demo, which is labelled. Add one in the Library and analyse it."
    if not any(match.id in analysed for match in own):
        return "No match but the demo, which is labelled, is analysed. Analyse one in the Library."
    return "There is no clip left to ask for: every analysed match is labelled or has been watched."


def _batch(
    library: Library, analysed: Analysed, known: dict[str, list[ReviewedSpot]], strategy: str
) -> tuple[str, Batch]:
    """Name and batch of the address, as long as something of it is left and it was asked for in the same way; else the
    next one."""
    name = st.query_params.get("batch", "")
    batch = shared_batches().get(name)
    if batch is not None and batch.strategy == strategy and _unwatched(batch, analysed):
        return name, batch
    left = batch.left if batch is not None else frozenset()
    return _next(library, analysed, known, strategy, left)


def _next(
    library: Library,
    analysed: Analysed,
    known: dict[str, list[ReviewedSpot]],
    strategy: str,
    left: frozenset[tuple[str, Stretch]],
) -> tuple[str, Batch]:
    """The next batch, and its name; where all others were left before, those are asked for again."""
    reviews = shared_clip_reviews()
    clips = ask(library, analysed, known, reviews, strategy, _BATCH, left)
    if not clips and left:
        left, clips = frozenset(), ask(library, analysed, known, reviews, strategy, _BATCH)
    batch = Batch(strategy, tuple(clips), left)
    name = shared_batches().keep(batch)
    st.query_params["batch"] = name
    return name, batch


def _unwatched(batch: Batch, analysed: Analysed) -> bool:
    """Whether something of a batch is left to be watched."""
    there = [one for one in batch.clips if one.match in analysed]
    return any(one.clip not in shared_clip_reviews().watched(one.match) for one in there)


def _row(one: AskedClip, batch: str, done: bool, match: Match, analyses: Sequence[Analysis]) -> dict[str, Any]:
    """A clip to be watched; batch: name of the one that it is of."""
    analysis, clip = analyses[0], one.clip
    query = {
        "match": match.id,
        "half": clip.half,
        "t": f"{clip.start / 1e6:.3f}",
        "clip": f"{clip.half}-{clip.start // 1_000_000}",
        "batch": batch,
    }
    return {
        "kind": "reviewed" if done else "open",
        **(_NOTHING if one.confidence < SILENT else drawn(analysis.classes.get(one.label))),
        "short": "Clip",
        "clock": f"{analysis.clock(clip.half, clip.start)}–{analysis.clock(clip.half, clip.end)}",
        "text": f"{one.why}, {match.title}",
        "link": f"match?{urlencode(query)}",
        "picture": picture_at(match, clip.half, (clip.start + clip.end) // 2),
    }
