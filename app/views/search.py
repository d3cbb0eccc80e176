"""The Search view: spots and tags of all matches, as a matrix of class by minute and a list that opens the player."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.components.evaluate_lists import error_list
from app.library.broadcast_clock import broadcast_clock
from app.library.library import Match
from app.searching.index import Searched, Timeline
from app.state import shared_search, shared_searches, shared_settings
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.charts import CONFIG, EXPORTED
from app.views.clips_export import exports_card
from app.views.playlists import playlist_popover
from app.views.search_charts import WIDTHS, Cell, cells_of, matrix_figure, minutes_of, team_figure
from app.views.search_clips import MOST, clips_of_hits, export_popover, surest_hits
from app.views.search_filters import filters, filters_switch, save_popover, saved_box
from app.views.searched import label_share, left_out, match_notes, up_to_date
from app.views.shown import drawn, picture_at
from spotting_core.analyses.replayed_spots import ONLY_REPLAYED, REPLAYED
from spotting_core.base.counts import count_of
from spotting_core.domain.cameras import CAMERA_TABLE
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.media.source import team_names
from spotting_core.score_bug.match_clock import MatchClock
from spotting_core.search.engine import Hit, Query, SearchResult
from spotting_core.search.rows import LABELLED
from spotting_core.store.reviews import ADDED, OPEN

_SHOWN = 40
_REPLAYS = {REPLAYED: "in a replay", ONLY_REPLAYED: "seen only in its replay"}
_EXPORTS = 3  # the newest: more would not fit below the button
_CELL = "search_cell"  # in the session: class and first minute of the cell that is open
_WIDTH = 5  # minutes of a cell, at first


def show() -> None:
    """The page."""
    searched = up_to_date()
    matches, classes, last = searched.matches, searched.classes, searched.last_minute
    saved = shared_searches().all()
    title, box = st.columns([3, 1.4], vertical_alignment="center")
    chosen = saved_box(saved, box)
    left, right = st.container(key="search_columns").columns([1, 3.4], gap="small")
    line = left.container(key="search_filters_line")
    with left, st.container(border=True, key="tl_card_filters", gap="small"):
        query = filters(searched)
        save_popover(query, chosen)
    with line:
        filters_switch(query, searched.classes.parts.name)
    everything = shared_search().find(query, _SHOWN)
    with right:
        label_share(query, (matches[name] for name in matches if name in searched.labelled))
        with st.container(border=True, key="tl_card_matrix", gap="small"):
            cell, width = _matrix(everything, classes, last)
        wanted = query if cell is None else _within(query, cell, width)
        result = everything if cell is None else shared_search().find(wanted, _SHOWN)
        with st.container(border=True, key="tl_card_found", gap="small"):
            _results(result, wanted, _place(cell, width, classes), searched)
        _teams(everything, classes)
    title.html(
        page.headline(
            "Search",
            f"{count_of(everything.total, 'spot')} in {everything.matches} of {count_of(len(matches), 'match')}",
        )
    )
    left_out(searched.problems.values())
    match_notes(searched.notes.values())


def _within(query: Query, cell: Cell, width: int) -> Query:
    label, minute = cell
    first, last = query.minutes or (minute, minute + width - 1)
    return replace(query, labels=(label,), minutes=(max(first, minute), min(last, minute + width - 1)))


def _place(cell: Cell | None, width: int, classes: ClassTable) -> str:
    """A cell in words, empty for none."""
    return "" if cell is None else f"{classes.get(cell[0]).short}, {minutes_of(cell[1], width)}: "


# --- the matrix ---------------------------------------------------------------------------------------


def _matrix(result: SearchResult, classes: ClassTable, last: int) -> tuple[Cell | None, int]:
    """How many spots of each class in the minutes of each cell; the cell that is chosen, and its minutes."""
    title, control = st.columns([2, 1.2], vertical_alignment="center")
    title.html('<div class="tl-card-title">When does what happen? <span>spots by class and minute</span></div>')
    take("width", "search_width", one_of(*WIDTHS), _WIDTH)
    width = control.segmented_control(
        "Minutes of a cell", list(WIDTHS), required=True, key="search_width", width="stretch",
        format_func=lambda w: f"{w:d} min", label_visibility="collapsed",
    )  # fmt: skip
    assert width is not None
    put("width", "search_width", width, _WIDTH)
    cells = cells_of(result.by_minute, width)
    if not cells:
        st.caption("Nothing is found. Widen the confidence or take a filter away." + page.plain(_left_out(result)))
        return None, width
    key = f"search_matrix_{width}"
    st.plotly_chart(
        matrix_figure(cells, classes, st.context.theme.type != "light", width, last), theme=None, config=CONFIG,
        key=key, on_select=lambda: _chosen_in(key), selection_mode="points",
    )  # fmt: skip
    unknown = f" The team of {result.team_unknown:d} is not known." if result.team_unknown else ""
    st.caption(f"Choose a cell to see its spots.{unknown}{page.plain(_left_out(result))}")
    return _cell(cells), width


def _chosen_in(key: str) -> None:
    """Keep the cell that was chosen in the matrix, or that none is."""
    points = st.session_state[key]["selection"]["points"]
    st.session_state[_CELL] = "~".join(map(str, points[0]["customdata"][:2])) if points else None


def _cell(cells: Mapping[Cell, int]) -> Cell | None:
    """The cell that is open, which the address keeps; None where nothing is in it any more."""
    take("cell", _CELL)
    label, _, minute = str(st.session_state.get(_CELL) or "").partition("~")
    cell = (label, int(minute)) if minute.isdecimal() else None
    found = cell if cell in cells else None
    put("cell", _CELL, f"{found[0]}~{found[1]}" if found else None)
    return found


def _left_out(result: SearchResult) -> str:
    """What a text query cannot speak of."""
    if not result.left_out:
        return ""
    one = result.left_out == 1
    return (
        f" {result.left_out} {'match is' if one else 'matches are'} left out: what {'its' if one else 'their'} "
        "pictures show was not kept, or by another model than the one that reads the words."
    )


def _teams(result: SearchResult, classes: ClassTable) -> None:
    """Who does what of what was found, where anybody said so."""
    if not result.by_team:
        return
    with st.container(border=True, key="tl_card_teams", gap="small"):
        st.html('<div class="tl-card-title">Who does what? <span>spots whose team is known</span></div>')
        figure = team_figure(result.by_team, classes, st.context.theme.type != "light")
        st.plotly_chart(figure, theme=None, config=EXPORTED, key="search_team_chart")
        if result.team_unknown:
            st.caption(
                f"Left out, for nobody said the team: {result.team_unknown:d} of {count_of(result.total, 'spot')}."
            )


# --- what was found -----------------------------------------------------------------------------------


def _results(result: SearchResult, query: Query, place: str, searched: Searched) -> None:
    matches, classes = searched.matches, searched.classes
    spots = f"{result.total} spot{'' if result.total == 1 else 's'}"
    text = f"{place}{spots} in {result.matches} match{'' if result.matches == 1 else 'es'}"
    head, lists, button = st.columns([2.2, 1.1, 1.1], vertical_alignment="center")
    head.html(f'<div class="tl-card-title">{page.escape(text)}</div>')
    hits = [h for h in result.hits if h.label in classes and h.match in matches]
    with button.popover("As clips", width="stretch"):  # stays open when an export is asked for, and shows it
        if hits:
            export_popover(query, matches, classes)
        exports_card(None, _EXPORTS)
    if hits:
        with lists:
            found = clips_of_hits(surest_hits(shared_search().find(query, MOST).hits, classes), matches, classes)
            playlist_popover(found, "search_playlist")
    clocks = {m: broadcast_clock(matches[m], shared_settings().data, classes.parts) for m in {h.match for h in hits}}
    error_list(
        [_row(h, matches[h.match], searched.timelines[h.match], classes, clocks[h.match]) for h in hits],
        "Nothing is found.",
        key="search_found",
    )
    if hits:
        st.caption(page.plain(_order(result.total, len(hits), bool(query.text))))


def _order(total: int, shown: int, by_words: bool) -> str:
    """What the order of the spots means."""
    most = "" if shown == total else f" {shown} of {total} are shown."
    if by_words:
        return f"Those whose pictures fit the words best come first; the order says nothing of how well they fit.{most}"
    return f"The most confident come first.{most}"


def _confidence(hit: Hit) -> str:
    """How sure the model is; nothing of what people say by themselves, which only sorts as if it were sure."""
    return "" if hit.state in (ADDED, LABELLED) else f"{hit.confidence:.2f}"


def _row(hit: Hit, match: Match, timeline: Timeline, classes: ClassTable, clock: MatchClock | None) -> dict[str, Any]:
    query = {"match": hit.match, "half": hit.half, "t": f"{hit.time / 1e6:.3f}", "class": hit.label}
    outside = clock.outside_play(hit.half, hit.time) if clock is not None else None
    shown = [_camera(hit), _REPLAYS.get(hit.replay), f"no play, {outside}" if outside else None]
    facts = [*shown, hit.title, _team(hit, match), _confidence(hit), hit.state, hit.comment]
    return {
        "kind": hit.state if hit.state in (OPEN, LABELLED) else "reviewed",
        **drawn(classes.get(hit.label)),
        "clock": timeline.clock(hit.half, hit.time),
        "text": ", ".join(t for t in facts if t),
        "link": f"match?{urlencode(query)}",
        "picture": picture_at(match, hit.half, hit.time),
    }


def _team(hit: Hit, match: Match) -> str | None:
    """The team of a spot, or with a question mark and its confidence the one that is suggested."""
    names = team_names(match)
    if hit.suggested_team in names:
        return f"{names[hit.suggested_team]}? {hit.team_confidence:.2f}"
    return names.get(hit.team)


def _camera(hit: Hit) -> str:
    """The camera that is on at a spot, for people; empty where that is not known."""
    table = load_classes(CAMERA_TABLE)
    return table.get(hit.camera).short if hit.camera in table else hit.camera
