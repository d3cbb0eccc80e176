"""What is looked for in the Search view: its filters, and searches that are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.searching import text as search_text
from app.searching.index import Searched
from app.state import shared_searches
from app.views import page
from app.views.replay_choice import of_address, replay_choice
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.cameras import GROUPS
from spotting_core.domain.zones import ZONES
from spotting_core.entities.prompts import load_prompts
from spotting_core.search.engine import NO_MATTER, REVIEWED, UNREVIEWED, Query

_TEAMS = {"home": "Home", "away": "Away", "unknown": "Team unknown"}
_ZONES_HELP = (
    "Left, right, far and near are as the main camera sees them. Last and own third are those of the spot's team, "
    "where it is known or suggested. Spots without a calibration lie in no zone."
)
_ALIKE_HELP = (
    "Of a spot's pictures with the words. It differs from text to text, so look what a number leaves; 0 leaves all."
)
_ANY = "any"
_REVIEWS = {_ANY: "All", REVIEWED: "Reviewed", UNREVIEWED: "Open"}


def filters(start: Query, name: str, searched: Searched) -> Query:
    """The filters as they are set.

    Arguments:
        start: what they are set to at first; name: of the saved search it is, or "None".
    """

    matches, classes, parts, end = searched.matches, searched.classes, searched.classes.parts, searched.last_minute

    def key(field: str) -> str:
        return f"search_{field}_{name}"

    text, alike = _text_filter(start, key)
    words = st.text_input("Words in the match or a comment", start.words, key=key("words"))
    labels = st.multiselect(
        "Classes", classes.names, list(start.labels), format_func=lambda n: classes.get(n).short, key=key("labels"),
        placeholder="All",
    )  # fmt: skip
    least, most = st.slider("Confidence", 0.2, 1.0, (start.least, start.most), 0.01, key=key("confidence"))
    minutes = _minutes(start, end, key("minutes"))
    numbers = list(range(1, searched.most_parts + 1))
    halves = st.pills(
        page.plain(parts.name.capitalize()), numbers, selection_mode="multi",
        default=[h for h in start.halves if h in numbers], format_func=page.plain, key=key("halves"),
    )  # fmt: skip
    teams = _teams(start, key("teams")) if parts.teams else ()
    replays, shots = _shown_by(start, key)
    reviewed = st.segmented_control(
        "Review", list(_REVIEWS), default=start.reviewed or _ANY, required=True, format_func=lambda r: _REVIEWS[r],
        key=key("reviewed"),
    )  # fmt: skip
    entities = st.multiselect(
        "Entities seen", load_prompts().names, list(start.entities), key=key("entities"), placeholder="Any",
        help="All of them, kept by the model within a second of the spot.",
    )  # fmt: skip
    within = st.multiselect(
        "Matches", list(matches), [m for m in start.matches if m in matches], format_func=lambda m: matches[m].title,
        key=key("matches"), placeholder="All",
    )  # fmt: skip
    zones = zone_choice(key("zones"), start.zones)
    return Query(
        tuple(labels), tuple(halves), tuple(teams), tuple(within), tuple(entities), minutes,
        float(least), float(most), None if reviewed == _ANY else reviewed, words, text, alike,
        shots=shots, replays=replays, zones=zones,
    )  # fmt: skip


def _shown_by(start: Query, key: Callable[[str], str]) -> tuple[str, tuple[str, ...]]:
    """Which spots count beside the replays, and groups of the cameras that are on at them."""
    # A saved search brings its own choice; without one the address has it.
    replays = replay_choice(of_address() if start == Query() else start.replays, key("replays"))
    shots = st.pills(
        "Cameras", list(GROUPS), selection_mode="multi", default=[g for g in start.shots if g in GROUPS],
        format_func=lambda g: GROUPS[g], key=key("shots"), help="What is on at the spot, by labels or a model.",
    )  # fmt: skip
    return replays, tuple(shots)


def zone_choice(key: str, chosen: Sequence[str] = (), column: DeltaGenerator | None = None) -> tuple[str, ...]:
    """Zones of the pitch, any of which spots have to lie in.

    Arguments:
        key: of the widget; chosen: at first; column: where it stands.
    """
    zones = (column or st).multiselect(
        "Zones", list(ZONES), [z for z in chosen if z in ZONES], format_func=lambda z: ZONES[z].title, key=key,
        placeholder="All", help=_ZONES_HELP,
    )  # fmt: skip
    return tuple(zones)


def _minutes(start: Query, end: int, key: str) -> tuple[int, int] | None:
    """First and last minute of the match clock; None for all, and where there is but one."""
    if end < 2:
        return None
    first, last = start.minutes or (1, end)
    chosen = st.slider("Minutes", 1, end, (min(first, end), min(last, end)), key=key)
    return None if chosen == (1, end) else (int(chosen[0]), int(chosen[1]))


def _teams(start: Query, key: str) -> tuple[str, ...]:
    teams = st.pills(
        "Team", list(_TEAMS), selection_mode="multi", default=list(start.teams), format_func=lambda t: _TEAMS[t],
        key=key,
    )  # fmt: skip
    return tuple(teams)


def _text_filter(start: Query, key: Callable[[str], str]) -> tuple[str, float]:
    """What is seen, in words that the model knows (else empty), and how alike it has to be."""
    text = st.text_input(
        "What is seen", start.text, key=key("text"), placeholder="As in: a yellow card held up"
    ).strip()
    st.html(f'<div class="tl-cap">{page.escape(search_text.limits())}</div>')
    if not text:
        return "", NO_MATTER
    try:
        with st.spinner("Reading the words …"):
            search_text.encode(text)
    except TouchlineError as problem:
        message = str(problem)
        st.warning(f"{page.plain(message[:1].upper() + message[1:])} The spots are not ordered by these words.")
        return "", NO_MATTER
    alike = st.slider("Least similarity", 0.0, 1.0, max(0.0, start.alike), 0.01, key=key("alike"), help=_ALIKE_HELP)
    return text, float(alike) or NO_MATTER


def save_popover(query: Query, name: str) -> None:
    """Keep a search under a name, or delete the one that is shown."""
    with st.popover("Save this search", width="stretch"):
        wanted = st.text_input("Name", name)
        if st.button("Save", type="primary", disabled=not wanted.strip()):
            try:
                shared_searches().save(wanted, query)
            except TouchlineError as problem:
                page.error(problem)
                return
            st.rerun()
        if name and st.button("Delete this search"):
            shared_searches().remove(name)
            st.rerun()
