"""The Review view: the spots of all matches that teach most, or clips, or camera changes, each a link to the Match
view, where it is judged."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.components.evaluate_lists import error_list
from app.library.library import Library, Match, gone_choice
from app.library.roots import source_of
from app.state import shared_library, shared_reviews
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.asked_cameras import show_cameras
from app.views.asked_clips import choose_of, show_clips
from app.views.review_clips import CHANGES, CLIPS, SPOTS
from app.views.searched import left_out, match_notes
from app.views.shown import drawn, picture_link
from app.views.training import training_row
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.exclusive import exclusive_sets, rivals
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import Spotting
from spotting_core.reviewing.queue import DISAGREEMENT, RARITY, UNCERTAINTY, WORTH, Candidate, candidates, ranked
from spotting_core.reviewing.spots import LEAST as REVIEWABLE
from spotting_core.reviewing.spots import origins_of
from spotting_core.store.reviews import OPEN, ReviewedSpot

_LEAST = 0.3  # doubt lies on both sides of the usual threshold
_SHOWN = 30
_ORDERS = {WORTH: "All three", UNCERTAINTY: "Uncertainty", DISAGREEMENT: "Disagreement", RARITY: "Rare class"}


def show() -> None:
    """The page."""
    library = shared_library()
    analysed, problems = _analysed(library)
    known = {m.id: shared_reviews().of_match(m.id) for m in library.matches()}
    take("of", "review_of", one_of(CLIPS, CHANGES), SPOTS)
    if st.session_state["review_of"] == CLIPS:
        show_clips(library, analysed, known)
    elif st.session_state["review_of"] == CHANGES:
        show_cameras(analysed)
    else:
        _show_spots(analysed, known)
    training_row()
    left_out(problems)
    chosen = ((match, gone_choice(analyses, library.chosen(match))) for match, analyses in analysed.values())
    match_notes(f"{match.title}: {word}" for match, word in chosen if word)


def _show_spots(analysed: dict[str, tuple[Match, list[Analysis]]], known: dict[str, list[ReviewedSpot]]) -> None:
    """The spots that nobody has judged."""
    judged = {f"{r.match_id}/{r.origin}" for reviews in known.values() for r in reviews if r.state != OPEN}
    open_spots = _candidates(analysed, known, judged)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="review_bar"):
        st.html(
            page.headline("Review", f"{len(open_spots)} open, {len(judged)} judged"),
            width="content",
        )
        choose_of()
        st.space("stretch")
        take("order", "review_order", one_of(*_ORDERS), WORTH)
        order = st.segmented_control(
            "First", list(_ORDERS), required=True, format_func=lambda o: _ORDERS[o],
            label_visibility="collapsed", help="What is asked first: what the model doubts, what models disagree on, "
            "or classes of which there is little.", key="review_order",
        )  # fmt: skip
        put("order", "review_order", order, WORTH)
    rivals_of = _rivals(open_spots, analysed)
    moments = ranked([c for c in open_spots if (c.match, c.origin) in rivals_of], str(order))
    rows = [_row(c, rivals_of[c.match, c.origin], *analysed[c.match]) for c in moments[:_SHOWN]]
    with st.container(border=True, key="tl_card_review"):
        error_list(rows, "Every spot has been judged.", key="review_queue")
    if len(moments) > _SHOWN:
        st.caption(f"The first {_SHOWN} of {len(moments)} moments with spots from {_LEAST:g} on.")


def _analysed(library: Library) -> tuple[dict[str, tuple[Match, list[Analysis]]], list[str]]:
    """The matches whose analyses can be read, by id, and why others cannot be."""
    analysed, problems = {}, []
    for match in library.matches():
        if analyses := library.analyses(match):
            analysed[match.id] = (match, analyses)
        elif damaged := library.damaged(match):
            problems.append(f"{match.title}: {damaged[0].problem}")
    return analysed, problems


def _candidates(
    analysed: dict[str, tuple[Match, list[Analysis]]], known: dict[str, list[ReviewedSpot]], judged: set[str]
) -> list[Candidate]:
    """What can be asked of all matches; known: their reviews; judged: ``match/origin`` of what was judged."""
    spots, others = {}, {}
    for name, (_, analyses) in analysed.items():
        used, identity = analyses[0], analyses[0].record.identity
        own = _spots(str(used.folder), used)
        origins = origins_of(own, known[name], identity.review_sources, used.classes)
        spots[name] = [(o, s) for o, s in zip(origins, own, strict=True) if (s.confidence or 0.0) >= _LEAST]
        others[name] = [a for a in analyses[1:] if a.record.identity.in_any_precision != identity.in_any_precision]
    return candidates(spots, others, judged)


def _rivals(
    open_spots: list[Candidate], analysed: dict[str, tuple[Match, list[Analysis]]]
) -> dict[tuple[str, str], list[Spot]]:
    """By match and origin the surest spot of each moment, with those that compete with it for the moment."""
    grouped = {}
    for name, (_, analyses) in analysed.items():
        own = {id(c.spot): c.origin for c in open_spots if c.match == name}
        spots = [c.spot for c in open_spots if c.match == name]
        for surest, *others in rivals(spots, exclusive_sets(analyses[0].classes.name)):
            grouped[name, own[id(surest)]] = others
    return grouped


@st.cache_data(show_spinner=False, max_entries=1024)
def _spots(folder: str, _analysis: Analysis) -> list[Spot]:
    return _analysis.spots(Spotting(threshold=REVIEWABLE))


def _row(candidate: Candidate, others: list[Spot], match: Match, analyses: list[Analysis]) -> dict[str, Any]:
    """A spot to be judged, and what else its moment may be."""
    spot, analysis = candidate.spot, analyses[0]
    query = {"match": match.id, "half": spot.half, "t": f"{spot.seconds:.3f}", "class": spot.label}
    instead = [f"or {analysis.classes.get(o.label).short} {o.confidence or 0:.2f}" for o in others]
    facts = [f"{spot.confidence or 0:.2f}", *instead, f"uncertainty {candidate.uncertainty:.2f}"]
    if candidate.disagreement is not None:
        facts.append(f"other models {candidate.disagreement:.2f} away")
    facts += [f"rarity {candidate.rarity:.2f}", match.title]
    return {
        "kind": "open",
        **drawn(analysis.classes.get(spot.label)),
        "clock": analysis.clock(spot.half, spot.time),
        "text": ", ".join(facts),
        "link": f"match?{urlencode(query)}",
        "picture": _picture(match, analysis, spot),
    }


def _picture(match: Match, analysis: Analysis, spot: Spot) -> str | None:
    try:
        path = next(h.path for h in source_of(match.path).halves if h.half == spot.half)
    except (TouchlineError, StopIteration):
        return None
    half = analysis.half(spot.half)
    frame = int(half.frames[half.nearest_sample(spot.time)])
    return picture_link(path, frame)
