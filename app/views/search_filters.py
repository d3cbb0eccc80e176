"""What is looked for in the Search view: its filters, which the address keeps, and searches that are kept by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.searching import text as search_text
from app.searching.index import Searched
from app.state import shared_searches
from app.views import page
from app.views.addressed import one_of, put, put_several, several_of, take
from app.views.class_choice import class_choice
from app.views.replay_choice import ADDRESS, replay_choice
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.cameras import GROUPS
from spotting_core.domain.zones import ZONES
from spotting_core.entities.prompts import load_prompts
from spotting_core.search.engine import NO_MATTER, REVIEWED, UNREVIEWED, Query
from spotting_core.search.rows import LABELLED

_TEAMS = {"home": "Home", "away": "Away", "unknown": "Team unknown"}
_ZONES_HELP = (
    "Left, right, far and near are as the main camera sees them. Last and own third are those of the spot's team, "
    "where it is known or suggested. Spots without a calibration lie in no zone."
)
_ALIKE_HELP = (
    "Of a spot's pictures with the words. It differs from text to text, so look what a number leaves; 0 leaves all."
)
_ANY = "any"
_REVIEWS = {_ANY: "All", REVIEWED: "Reviewed", UNREVIEWED: "Open", LABELLED: "Labels"}
_LEAST, _MOST = 0.2, 1.0  # of the confidence
_USUAL = Query()
_SHOWN = "shown"  # in the address: that the filters are open in a narrow window
_FIELDS = {  # of a query, by what each is called on the page
    "text": "what is seen", "alike": "what is seen", "words": "words", "labels": "classes", "least": "confidence",
    "most": "confidence", "minutes": "minutes", "halves": "part", "teams": "teams", "replays": "replays",
    "shots": "cameras", "reviewed": "review", "entities": "entities", "matches": "matches", "zones": "zones",
}  # fmt: skip


def _key(field: str) -> str:
    """Where the session keeps a filter."""
    return f"search_{field}"


def filters(searched: Searched) -> Query:
    """The filters as they are set."""
    matches, classes, parts = searched.matches, searched.classes, searched.classes.parts
    text, alike = _text_filter()
    words = _text("Words in the match or a comment", "words")
    labels = class_choice(classes, _key("labels"))
    least, most = _range("Confidence", "confidence", _LEAST, _MOST, (_USUAL.least, _USUAL.most), 0.01)
    minutes = _minutes(searched.last_minute)
    numbers = list(range(1, searched.most_parts + 1))
    halves = _pills(parts.name.capitalize(), "halves", {n: str(n) for n in numbers})
    teams = _pills("Team", "teams", _TEAMS) if parts.teams else []
    replays = replay_choice(_key(ADDRESS))
    shots = _pills("Cameras", "shots", GROUPS, help="What is on at the spot, by labels or a model.")
    take("reviewed", _key("reviewed"), one_of(*_REVIEWS), _ANY)
    reviewed = st.segmented_control(
        "Review", list(_REVIEWS), required=True, format_func=lambda r: _REVIEWS[r], key=_key("reviewed")
    )
    put("reviewed", _key("reviewed"), reviewed, _ANY)
    entities = _several(
        "Entities seen", "entities", {n: n for n in load_prompts().names}, placeholder="Any",
        help="All of them, kept by the model within a second of the spot.",
    )  # fmt: skip
    within = _several("Matches", "matches", {m.id: m.title for m in matches.values()}, placeholder="All")
    zones = zone_choice(_key("zones"))
    return Query(
        labels, tuple(halves), tuple(teams), tuple(within), tuple(entities), minutes, least, most,
        None if reviewed == _ANY else reviewed, words, text, alike, shots=tuple(shots), replays=replays, zones=zones,
    )  # fmt: skip


def filters_switch(query: Query, part: str) -> None:
    """Show or hide the filters where the window is narrow and they would stand before what is found (``page.css``);
    beside it stands which of them are set.

    Arguments:
        part: what a part of these matches is called.
    """
    key = _key("filters_shown")
    take("filters", key, lambda word: word == _SHOWN or None, False)
    shown = st.toggle("Filters", key=key)
    put("filters", key, _SHOWN if shown else None)
    changed = [field for field in _FIELDS if getattr(query, field) != getattr(_USUAL, field)]
    names = dict.fromkeys(part if field == "halves" else _FIELDS[field] for field in changed)
    st.caption(page.plain(f"Set: {', '.join(names)}" if names else "None is set"))


# --- one filter each ----------------------------------------------------------------------------------


def _several(label: str, field: str, options: Mapping[Any, str], **more: Any) -> list[Any]:
    """Choose some of many by name."""
    key = _ready(field, options)
    chosen = st.multiselect(page.plain(label), list(options), format_func=lambda o: options[o], key=key, **more)
    put_several(field, key, chosen)
    return chosen


def _pills(label: str, field: str, options: Mapping[Any, str], **more: Any) -> list[Any]:
    """Choose some of few, all of which are on screen."""
    key = _ready(field, options)
    chosen = st.pills(
        page.plain(label),
        list(options),
        selection_mode="multi",
        format_func=lambda o: page.plain(options[o]),
        key=key,
        **more,
    )
    put_several(field, key, chosen)
    return list(chosen)


def _ready(field: str, options: Mapping[Any, str]) -> str:
    """The key of a choice of several that the address has said, without what there is no more."""
    key = _key(field)
    take(field, key, several_of(*options), [])
    st.session_state[key] = [o for o in st.session_state[key] if o in options]
    return key


def _text(label: str, field: str, **more: Any) -> str:
    key = _key(field)
    take(field, key, str, "")
    text = str(st.text_input(page.plain(label), key=key, **more)).strip()
    put(field, key, text, "")
    return text


def _range(
    label: str, field: str, first: float, last: float, usual: tuple[float, float], step: float
) -> tuple[float, float]:
    """Choose a stretch of numbers."""
    key, kind = _key(field), type(first)

    def read(word: str) -> tuple[float, float] | None:
        lower, upper = (min(max(kind(part), first), last) for part in word.split("-"))
        return (lower, upper) if lower <= upper else None

    take(field, key, read, usual)
    before = st.session_state[key]
    st.session_state[key] = (min(max(before[0], first), last), min(max(before[1], first), last))
    chosen: Any = st.slider(page.plain(label), first, last, step=step, key=key)
    low, high = chosen
    put(field, key, f"{low:g}-{high:g}", f"{usual[0]:g}-{usual[1]:g}")
    return low, high


def _minutes(end: int) -> tuple[int, int] | None:
    """First and last minute of the match clock; None for all, and where there is but one."""
    if end < 2:
        return None
    first, last = _range("Minutes", "minutes", 1, end, (1, end), 1)
    return None if (first, last) == (1, end) else (int(first), int(last))


def zone_choice(key: str, column: DeltaGenerator | None = None) -> tuple[str, ...]:
    """Zones of the pitch, any of which spots have to lie in; the address keeps them.

    Arguments:
        key: of the widget; column: where it stands.
    """
    take("zones", key, several_of(*ZONES), [])
    zones = (column or st).multiselect(
        "Zones", list(ZONES), format_func=lambda z: ZONES[z].title, key=key, placeholder="All", help=_ZONES_HELP
    )
    put_several("zones", key, zones)
    if any(ZONES[name].of_team for name in zones):
        (column or st).caption("Last and own third are known only where players have been placed on the pitch.")
    return tuple(zones)


def _text_filter() -> tuple[str, float]:
    """What is seen, in words that the model knows (else empty), and how alike it has to be."""
    text = _text("What is seen", "text", placeholder="As in: a yellow card held up")
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
    key = _key("alike")
    take("alike", key, lambda word: min(max(float(word), 0.0), 1.0), 0.0)
    alike = st.slider("Least similarity", 0.0, 1.0, step=0.01, key=key, help=_ALIKE_HELP)
    put("alike", key, alike, 0.0)
    return text, float(alike) or NO_MATTER


# --- searches that are kept ---------------------------------------------------------------------------


def saved_box(saved: Mapping[str, Query], column: DeltaGenerator) -> str:
    """Choose a search that was kept, whose filters are set then; its name, or an empty one."""
    key = _key("saved")

    def take_over() -> None:
        name = st.session_state[key]
        if name is not None:
            _set(saved[name])

    name = column.selectbox(
        "Saved searches", list(saved), index=None, placeholder="Saved searches", label_visibility="collapsed", key=key,
        on_change=take_over,
    )  # fmt: skip
    return str(name or "")


def _set(query: Query) -> None:
    """Set the filters to a query."""
    values: Sequence[tuple[str, Any]] = (
        ("text", query.text), ("words", query.words), ("labels", list(query.labels)),
        ("confidence", (query.least, query.most)), ("halves", list(query.halves)), ("teams", list(query.teams)),
        (ADDRESS, query.replays), ("shots", list(query.shots)), ("reviewed", query.reviewed or _ANY),
        ("entities", list(query.entities)), ("matches", list(query.matches)), ("zones", list(query.zones)),
        ("alike", max(0.0, query.alike)),
    )  # fmt: skip
    for field, value in values:
        st.session_state[_key(field)] = value
    if query.minutes is not None:
        st.session_state[_key("minutes")] = query.minutes
    else:
        st.session_state.pop(_key("minutes"), None)


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
