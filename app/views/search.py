"""The Search view: spots of all analysed matches, as a matrix of class by minute and a list that opens the player."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import plotly.graph_objects as go
import streamlit as st

from app.components.evaluate_lists import error_list
from app.library import Match
from app.search_index import bring_up_to_date
from app.state import shared_library, shared_reviews, shared_search, shared_searches, shared_selections, shared_settings
from app.views import page
from app.views.evaluate import drawn
from app.views.evaluate_charts import CONFIG, INKS
from app.views.search_charts import judged_figure, team_figure
from app.views.shown import picture_link
from spotting_core.classes import ClassTable, load_classes
from spotting_core.clips.selection import Margins, clips_of
from spotting_core.clock import match_clock
from spotting_core.entities.prompts import load_prompts
from spotting_core.errors import TouchlineError
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.search.engine import REVIEWED, UNREVIEWED, Found, Hit, Query
from spotting_core.spots import Spot

_SHOWN = 40
_BIN = 5  # minutes of a cell
_TEAMS = {"home": "Home", "away": "Away", "unknown": "Team unknown"}
_ANY = "any"
_REVIEWS = {_ANY: "All", REVIEWED: "Reviewed", UNREVIEWED: "Open"}


def show() -> None:
    """The page."""
    with st.spinner("Reading what has changed …", show_time=True):
        matches = bring_up_to_date(shared_search(), shared_library(), shared_reviews(), shared_settings().data)
    classes = load_classes()
    saved = shared_searches().all()
    title, box = st.columns([3, 1.4], vertical_alignment="center")
    chosen = box.selectbox(
        "Saved searches", list(saved), index=None, placeholder="Saved searches", label_visibility="collapsed",
        key="search_saved",
    )  # fmt: skip
    start = saved.get(str(chosen), Query())
    left, right = st.columns([1, 3.4], gap="small")
    with left, st.container(border=True, key="tl_card_filters", gap="small"):
        query = _filters(start, str(chosen), classes, matches)
        _save(query, str(chosen) if chosen else "")
    everything = shared_search().find(query, _SHOWN)
    with right:
        with st.container(border=True, key="tl_card_matrix", gap="small"):
            cell = _matrix(everything, classes)
        _charts(everything, classes)
        found = everything if cell is None else shared_search().find(_within(query, cell), _SHOWN)
        with st.container(border=True, key="tl_card_found", gap="small"):
            _results(found, cell, matches, classes)
    title.html(
        f'<div class="tl-title">Search <span>{everything.total} spots in {everything.matches} of {len(matches)} '
        "analysed matches</span></div>"
    )


# --- what is looked for -------------------------------------------------------------------------------


def _filters(start: Query, name: str, classes: ClassTable, matches: Mapping[str, Match]) -> Query:
    def key(field: str) -> str:
        return f"search_{field}_{name}"

    words = st.text_input("Words in the match or a comment", start.words, key=key("words"))
    labels = st.multiselect(
        "Classes", classes.names, list(start.labels), format_func=lambda n: classes.get(n).short, key=key("labels"),
        placeholder="All",
    )  # fmt: skip
    least, most = st.slider("Confidence", 0.2, 1.0, (start.least, start.most), 0.01, key=key("confidence"))
    first, last = st.slider("Minutes", 1, 90, start.minutes, key=key("minutes"))
    halves = st.pills("Half", [1, 2], selection_mode="multi", default=list(start.halves), key=key("halves"))
    teams = st.pills(
        "Team", list(_TEAMS), selection_mode="multi", default=list(start.teams), format_func=lambda t: _TEAMS[t],
        key=key("teams"),
    )  # fmt: skip
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
    return Query(
        tuple(labels), tuple(halves), tuple(teams), tuple(within), tuple(entities), (int(first), int(last)),
        float(least), float(most), None if reviewed == _ANY else reviewed, words,
    )  # fmt: skip


def _save(query: Query, name: str) -> None:
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


EXPORTED = {"displaylogo": False, "modeBarButtons": [["toImage"]]}
"""Charts that can be saved as a picture."""

Cell = tuple[str, int]
"""Class and the first minute of five."""


def _within(query: Query, cell: Cell) -> Query:
    label, minute = cell
    last = min(query.minutes[1], minute + _BIN - 1)
    return replace(query, labels=(label,), minutes=(max(query.minutes[0], minute), last))


# --- the matrix ---------------------------------------------------------------------------------------


def _matrix(found: Found, classes: ClassTable) -> Cell | None:
    """How many spots of each class in each five minutes; returns the cell that is chosen."""
    st.html('<div class="tl-card-title">When does what happen? <span>spots in five minutes, by class</span></div>')
    cells: dict[Cell, int] = {}
    for (label, minute), count in found.by_minute.items():
        key = (label, (minute - 1) // _BIN * _BIN + 1)
        cells[key] = cells.get(key, 0) + count
    if not cells:
        st.caption("Nothing is found. Widen the confidence or take a filter away.")
        return None
    event: Any = st.plotly_chart(
        matrix_figure(cells, classes, st.context.theme.type != "light"), theme=None, config=CONFIG, key="search_matrix",
        on_select="rerun", selection_mode="points",
    )  # fmt: skip
    unknown = f" The team of {found.team_unknown} is not known." if found.team_unknown else ""
    st.caption(f"Choose a cell to see its spots.{unknown}")
    points = event["selection"]["points"]
    if not points:
        return None
    label, minute = points[0]["customdata"][:2]
    return (str(label), int(minute)) if (label, int(minute)) in cells else None


def matrix_figure(cells: Mapping[Cell, int], classes: ClassTable, dark: bool) -> go.Figure:
    """Cells as squares whose area is the count; they can be chosen, which the cells of a heat map cannot."""
    ink = INKS["dark" if dark else "light"]
    present = [c for c in classes if any(label == c.name for label, _ in cells)]
    known = [(label, minute, count) for (label, minute), count in sorted(cells.items()) if label in classes]
    most = max((count for _, _, count in known), default=1)
    rows = {c.name: c for c in present}
    figure = go.Figure(
        go.Scatter(
            x=[minute + (_BIN - 1) / 2 for _, minute, _ in known],
            y=[rows[label].short for label, _, _ in known],
            mode="markers",
            customdata=[[label, minute, count] for label, minute, count in known],
            marker={
                "symbol": "square",
                "size": [6 + 14 * (count / most) ** 0.5 for _, _, count in known],
                "color": [rows[label].colour_dark if dark else rows[label].colour_light for label, _, _ in known],
                "opacity": 1,
                "line": {"width": 0},
            },
            hovertemplate="%{y}, minutes %{customdata[1]} on: %{customdata[2]}<extra></extra>",
        )
    )
    axis = {"gridcolor": ink.grid, "zeroline": False, "color": ink.muted, "tickfont": {"size": 11}}
    figure.update_xaxes(**axis, range=[0, 91], tickvals=list(range(0, 91, 15)), title=None)
    figure.update_yaxes(
        **axis, automargin=True, categoryorder="array", categoryarray=[c.short for c in reversed(present)]
    )
    figure.update_layout(
        height=60 + 24 * len(present), margin={"l": 8, "r": 8, "t": 8, "b": 24}, paper_bgcolor=ink.surface,
        plot_bgcolor=ink.surface, font={"family": "Inter, sans-serif", "size": 12, "color": ink.text},
        showlegend=False, dragmode=False, clickmode="event+select",
    )  # fmt: skip
    return figure


def _charts(found: Found, classes: ClassTable) -> None:
    """Who does what, and whether the model is right when it is sure; each where there is something to say."""
    judged = shared_search().judged()
    if not found.by_team and not judged:
        return
    dark = st.context.theme.type != "light"
    left, right = st.columns(2, gap="small")
    if found.by_team:
        with left, st.container(border=True, key="tl_card_teams", gap="small"):
            st.html('<div class="tl-card-title">Who does what? <span>spots whose team is known</span></div>')
            st.plotly_chart(team_figure(found.by_team, classes, dark), theme=None, config=EXPORTED, key="search_teams")
            if found.team_unknown:
                st.caption(f"{found.team_unknown} of {found.total} spots are left out: nobody said their team.")
    if judged:
        with right, st.container(border=True, key="tl_card_judged", gap="small"):
            st.html('<div class="tl-card-title">Is the model right when it is sure? <span>all reviews</span></div>')
            st.plotly_chart(judged_figure(judged, dark), theme=None, config=EXPORTED, key="search_judged")
            st.caption(
                "Numbers: spots reviewed; one that was given another class is not confirmed. On the dotted line a "
                "confidence is the share that is confirmed."
            )


# --- what was found -----------------------------------------------------------------------------------


def _results(found: Found, cell: Cell | None, matches: Mapping[str, Match], classes: ClassTable) -> None:
    where = ""
    if cell is not None:
        where = f"{classes.get(cell[0]).short}, minutes {cell[1]}–{cell[1] + _BIN - 1}: "
    spots = f"{found.total} spot{'' if found.total == 1 else 's'}"
    text = f"{where}{spots} in {found.matches} match{'' if found.matches == 1 else 'es'}"
    head, button = st.columns([3, 1.2], vertical_alignment="center")
    head.html(f'<div class="tl-card-title">{page.escape(text)}</div>')
    hits = [h for h in found.hits if h.label in classes and h.match in matches]
    by_match = {h.match: [o for o in hits if o.match == h.match] for h in hits}
    if by_match:
        with button.popover("As clips", width="stretch"):
            for name, own in by_match.items():
                if st.button(f"{matches[name].title}, {len(own)}", key=f"search_clips_{name}", width="stretch"):
                    _clips(matches[name], own, classes)
    error_list([_row(h, matches[h.match], classes) for h in hits], "Nothing is found.", key="search_found")
    if found.total > len(hits):
        st.caption(f"The {len(hits)} most confident of {found.total}.")


def _clips(match: Match, hits: list[Hit], classes: ClassTable) -> None:
    """Open the found spots of a match as clips."""
    spots = [Spot(h.half, h.time, h.label, h.confidence, h.team) for h in hits]
    lengths = shared_library().lengths(open_match(match.path))
    kept = shared_selections().make(match.id, clips_of(spots, Margins(classes), lengths), {})
    page.go("clips", match=match.id, selection=kept.id)


def _row(hit: Hit, match: Match, classes: ClassTable) -> dict[str, Any]:
    query = {"match": hit.match, "half": hit.half, "t": f"{hit.time / 1e6:.3f}", "class": hit.label}
    team = {"home": match.home, "away": match.away}.get(hit.team)
    told = [hit.title, team, f"{hit.confidence:.2f}", hit.state, hit.comment]
    return {
        "kind": "open" if hit.state == "open" else "reviewed",
        **drawn(classes.get(hit.label)),
        "clock": match_clock(hit.half, hit.time),
        "text": ", ".join(t for t in told if t),
        "link": f"match?{urlencode(query)}",
        "picture": _picture(match, hit),
    }


def _picture(match: Match, hit: Hit) -> str | None:
    try:
        path = next(h.path for h in open_match(match.path).halves if h.half == hit.half)
        frame = ingest(path, shared_settings().data).table.shown_at(hit.time)
    except (TouchlineError, StopIteration):
        return None
    return picture_link(path, frame)
