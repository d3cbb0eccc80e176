"""The results of a search as clips: all in one export over their matches, or those of one match to be trimmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_library, shared_queue, shared_search, shared_selections
from app.views import page
from app.views.clips_choice import surest_alone
from app.views.clips_export import file_names, order_of, say_before, videos_of
from app.views.replayed import cameras_of
from app.work.clip_export import CLIPS, clips_parameters
from spotting_core.base.errors import TouchlineError
from spotting_core.clips.order import Order
from spotting_core.clips.replays import with_replays
from spotting_core.clips.selection import Clip, Margins, clips_of
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.exclusive import exclusive_sets, surest_of_moments
from spotting_core.domain.spots import Spot
from spotting_core.search.engine import MOST_SHOWN, Hit, Query
from spotting_core.store.reviews import OPEN

_REEL, _EACH = "One reel", "One file each"
MOST = 60
"""Clips of an export, unless somebody wants more: some ten minutes of film."""
_ENDLESS = 10**12  # microseconds


def export_popover(query: Query, matches: Mapping[str, Match], classes: ClassTable) -> None:
    """Ask for clips of what a query finds."""
    form = st.segmented_control(
        "Files", [_REEL, _EACH], default=_REEL, required=True, label_visibility="collapsed", width="stretch",
        key="search_form",
    )  # fmt: skip
    reel = form == _REEL
    most = int(st.number_input("At most", 1, MOST_SHOWN, MOST, key="search_most"))
    cards = reel and st.toggle("Title cards with the match", value=True, key="search_cards")
    replayed = st.toggle(
        "Each with its replays", key="search_with_replays", help="They follow it, where they are known."
    )
    found = shared_search().find(query, most).hits
    kept = surest_hits(found, classes)
    surest = surest_alone(len(found) - len(kept), "search_surest")
    chosen = kept if surest else found
    clips = clips_of_hits(chosen, matches, classes, replayed=replayed)
    order = order_of(clips, reel=reel, cards=cards, zipped=not reel, names=file_names(reel, "search_names"))
    used = {name: matches[name] for name in dict.fromkeys(c.match for c in clips)}
    if order is not None:
        say_before(order, videos_of(used))
    label = f"Export {page.clips(len(chosen))}"
    if st.button(label, type="primary", width="stretch", disabled=order is None, key="search_export") and order:
        _ask(order, used)
    names = list(dict.fromkeys(h.match for h in shared_search().find(query, MOST_SHOWN).hits if h.match in matches))
    one = st.selectbox("Or trim those of", names, format_func=lambda m: matches[m].title, key="search_trimmed")
    if st.button("Open in Clips", width="stretch", key="search_trim"):
        hits = shared_search().find(replace(query, matches=(one,)), MOST_SHOWN).hits
        own = clips_of_hits(surest_hits(hits, classes) if surest else hits, matches, classes, replayed=replayed)
        made = shared_selections().make(one, [replace(c, match="") for c in own], {})
        page.go("clips", match=one, selection=made.id)


def surest_hits(hits: Sequence[Hit], classes: ClassTable) -> list[Hit]:
    """Found spots without those that nobody has reviewed and that compete with a surer one of the same moment."""
    sets, kept = exclusive_sets(classes.name), set[int]()
    for match in dict.fromkeys(hit.match for hit in hits):
        own = [(place, hit) for place, hit in enumerate(hits) if hit.match == match]
        # What somebody holds to be true stands whatever else its moment may be.
        spots = [replace(_spot(hit), confidence=hit.confidence if hit.state == OPEN else None) for _, hit in own]
        surest = {id(spot) for spot in surest_of_moments(spots, sets)[0]}
        kept |= {p for (p, h), s in zip(own, spots, strict=True) if id(s) in surest or h.state != OPEN}
    return [hit for place, hit in enumerate(hits) if place in kept]


def clips_of_hits(
    hits: Sequence[Hit], matches: Mapping[str, Match], classes: ClassTable, *, replayed: bool = False
) -> list[Clip]:
    """Clips of found spots in their order, each with its match; what the library no longer has is left out.

    Arguments:
        replayed: with the replays of each.
    """
    margins, lengths, clips = Margins(classes), {}, []
    cameras = {name: cameras_of(matches[name]) for name in {h.match for h in hits if replayed and h.match in matches}}
    for hit in hits:
        if hit.match not in matches or hit.label not in classes:
            continue
        if hit.match not in lengths:
            lengths[hit.match] = _lengths(matches[hit.match], {h.half for h in hits if h.match == hit.match})
        spot = _spot(hit)
        own = with_replays(
            [replace(c, note=hit.comment) for c in clips_of([spot], margins, lengths[hit.match])],
            cameras.get(hit.match), lengths[hit.match], classes,
        )  # fmt: skip
        clips += [replace(c, match=hit.match) for c in own]
    return clips


def _spot(hit: Hit) -> Spot:
    return Spot(hit.half, hit.time, hit.label, hit.confidence, hit.team)


def _lengths(match: Match, halves: Iterable[int]) -> Mapping[int, int]:
    """Microseconds of each half; without end where the match cannot be opened, which its clips tell when they fail."""
    try:
        return shared_library().lengths(source_of(match.path))
    except TouchlineError:
        return dict.fromkeys(halves, _ENDLESS)


def _ask(order: Order, matches: Mapping[str, Match]) -> None:
    of = f"{len(matches)} matches" if len(matches) > 1 else next(iter(matches.values())).title
    title = f"{page.clips(len(order.clips))}, {of}"
    CLIPS.ask(shared_queue(), clips_parameters({name: (m, None) for name, m in matches.items()}, order, title))
    st.rerun()
