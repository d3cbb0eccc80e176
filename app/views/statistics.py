"""The Statistics view: figures of one match or of many, each chart the answer to the question above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from app.library.library import Match
from app.searching.index import Timeline, last_minute_of
from app.state import shared_search
from app.views import page
from app.views.addressed import one_of, put, put_several, several_of, take
from app.views.charts import EXPORTED
from app.views.class_choice import class_popover
from app.views.replay_choice import replay_toggle
from app.views.replayed import cameras_of
from app.views.search_filters import zone_choice
from app.views.searched import label_share, match_notes, up_to_date
from app.views.statistics_card import card
from app.views.statistics_charts import camera_figure, fall_figure, judged_figure, pressure_figure, rate_figure
from app.views.statistics_pitch import spots_card, teams_cards
from spotting_core.analyses.match_cameras import CameraMinutes
from spotting_core.analyses.replayed_spots import WITH_REPLAYS
from spotting_core.base.counts import count_of
from spotting_core.domain.cameras import GROUPS
from spotting_core.domain.classes import ClassTable, joined
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import TEAMS
from spotting_core.search.engine import REVIEWED, Query, SearchColumns
from spotting_core.search.figures import (
    WINDOW,
    by_minutes,
    match_figures,
    pressure,
    pressure_weights,
    rates,
)

_ALL = ""  # groups of cameras
_MATCHES, _LEAST, _SHOTS, _REVIEWED = (f"statistics_{name}" for name in ("matches", "least", "shots", "reviewed"))
_SUGGESTED = "statistics_suggested"
_SUGGESTED_HELP = (
    "The team of who was nearest the ball just before, for classes where that tells whose it is. On rendered matches "
    "such a suggestion is right in about eight of ten cases."
)
_BIN = 5  # minutes of a bar
_ENOUGH = 0.5  # of a match: from less of it nothing is said of a whole one, but what there was is counted
_HOUR = 60.0  # minutes of a rate where no match has a regular length
_FALLING = ("goals", "cards")  # groups whose moments are shown, where a class table has them


def show() -> None:
    """The page."""
    searched = up_to_date()
    matches = searched.matches
    chosen, query = _choice(matches, searched.classes)
    label_share(query, (m for m in chosen if m.id in searched.labelled))
    elsewhere = matches.keys() - {m.id for m in chosen}
    match_notes(word for name, word in searched.notes.items() if name not in elsewhere)
    timelines = {m.id: searched.timelines[m.id] for m in chosen}
    classes = joined([t.classes for t in timelines.values()]) if timelines else searched.classes
    played = sum(t.length for t in timelines.values())
    spots = shared_search().columns(query)
    spots = spots.where(np.isin(spots.label, classes.names))
    take("suggested", _SUGGESTED, lambda word: word == "1", False)
    suggested = st.session_state[_SUGGESTED]
    put("suggested", _SUGGESTED, "1" if suggested else None)
    spots = spots.with_suggested_teams() if suggested else spots
    if not played or not len(spots):
        st.info("There is nothing to count. Choose a match, lower the confidence, or take in what nobody reviewed.")
        return
    names = _team_names(chosen, classes.parts)
    dark = st.context.theme.type != "light"
    left, right = st.columns([1.1, 1], gap="small")
    with left:
        every = shared_search().columns(replace(query, replays=WITH_REPLAYS))
        _rates(spots, played, classes, names, dark, int(np.isin(every.label, classes.names).sum()) - len(spots))
        _table(spots, matches, timelines, classes)
        spots_card(spots, classes, dark)
    with right:
        _falling(spots, classes, last_minute_of(timelines.values()), dark)
        if classes.parts.teams:
            _pressure(spots, chosen, timelines, names, dark)
            if len(chosen) != 1 or chosen[0].id in searched.analyses:  # places come with an analysis
                teams_cards(chosen, searched.analyses, names, dark)
        _judged(dark)
        _cameras(chosen, dark)


def _choice(matches: Mapping[str, Match], classes: ClassTable) -> tuple[list[Match], Query]:
    with st.container(key="statistics_bar"):
        head = st.container(horizontal=True, vertical_alignment="center", gap="small")
        which, least, shots, where = st.columns([2, 1.2, 1.2, 1.4], vertical_alignment="bottom")
    title = head.empty()
    labels = class_popover(classes, "statistics_labels", head)
    head.space("stretch")
    take("match", _MATCHES, several_of(*matches), [])
    st.session_state[_MATCHES] = [m for m in st.session_state[_MATCHES] if m in matches]
    names = which.multiselect(
        "Matches", list(matches), format_func=lambda m: matches[m].title, key=_MATCHES,
        placeholder=f"All {len(matches)} matches" if len(matches) != 1 else "The one match",
    )  # fmt: skip
    put_several("match", _MATCHES, names)
    take("least", _LEAST, lambda word: min(max(float(word), 0.2), 0.99), 0.5)
    confidence = least.slider("Least confidence", 0.2, 0.99, step=0.01, key=_LEAST)
    put("least", _LEAST, f"{confidence:g}", "0.5")
    take("shots", _SHOTS, one_of(*GROUPS), _ALL)
    group = shots.selectbox(
        "Cameras", [_ALL, *GROUPS], format_func=lambda g: GROUPS.get(g, "All"), key=_SHOTS,
        help="What is on at the spot, by labels or a model.",
    )  # fmt: skip
    put("shots", _SHOTS, group, _ALL)
    zones = zone_choice("statistics_zones", column=where)
    take("reviewed", _REVIEWED, lambda word: word == "1", False)
    reviewed = head.toggle("Reviewed alone", key=_REVIEWED, width="content")
    put("reviewed", _REVIEWED, "1" if reviewed else None)
    chosen = [matches[name] for name in names or matches]
    text = chosen[0].title if len(chosen) == 1 else f"{len(chosen)} matches"
    title.html(page.headline("Statistics", text), width="content")
    page.title("Statistics", text)
    query = Query(
        labels,
        matches=tuple(m.id for m in chosen),
        least=float(confidence),
        reviewed=REVIEWED if reviewed else None,
        confirmed=True,
        shots=() if group == _ALL else (group,),
        replays=replay_toggle("statistics_replays", head),
        zones=zones,
    )
    return chosen, query


def _team_names(chosen: Sequence[Match], parts: Parts) -> dict[str, str]:
    """How the teams are called: by their names in one match, by their side over many; spots where there are none."""
    if not parts.teams:
        return dict.fromkeys(TEAMS, "Spots")
    one = chosen[0] if len(chosen) == 1 else None
    home, away = (one.home, one.away) if one else (None, None)
    return dict(zip(TEAMS, (home or "Home", away or "Away", "Team unknown"), strict=True))


def _chart(figure: Any, name: str) -> None:
    st.plotly_chart(figure, theme=None, config=EXPORTED, key=f"statistics_{name}")


def _rates(
    spots: SearchColumns, played: int, classes: ClassTable, names: Mapping[str, str], dark: bool, left_out: int
) -> None:
    parts = classes.parts
    whole = parts.match_minutes or _HOUR
    minutes = whole if played >= _ENOUGH * whole * 60e6 else None
    rates_by_class = rates(spots, played, whole)
    question = "How often, and by whom?" if parts.teams else "How often?"
    of = page.length(played)
    note = f"spots in {of} of video" if minutes is None else f"spots in {minutes:g} minutes, of {of} of video"
    with card("rates", question, note):
        _chart(rate_figure(rates_by_class, classes, names, dark, minutes), "rates")
        unknown = sum(r.count for (_, team), r in rates_by_class.items() if team not in TEAMS[:2])
        if unknown and parts.teams:
            st.caption(
                f"Nobody said the team of {unknown:d} of {count_of(len(spots), 'spot')}; labels and reviewers do."
            )
        _suggested_teams(spots, names)
        if left_out:
            st.caption(f"{left_out:d} in replays {'is' if left_out == 1 else 'are'} left out.")


def _suggested_teams(spots: SearchColumns, names: Mapping[str, str]) -> None:
    """Whose spots of unknown team may be, and whether they count as theirs."""
    counts = {team: int((spots.suggested_team == team).sum()) for team in TEAMS[:2]}
    if not any(counts.values()):
        return
    whose = " and ".join(f"{count:d} as those of {page.plain(names[team])}" for team, count in counts.items() if count)
    counted = st.toggle("Count suggested teams", key=_SUGGESTED, help=_SUGGESTED_HELP)
    st.caption(f"Who was nearest the ball suggests {whose}; they are {'counted so' if counted else 'not counted so'}.")


def _falling(spots: SearchColumns, classes: ClassTable, last: int, dark: bool) -> None:
    there = list(dict.fromkeys(c.group for c in classes))
    names = [group for group in _FALLING if group in there] or there[: len(_FALLING)]
    groups = {group: [c for c in classes if c.group == group] for group in names}
    # Of what belongs to goals the goal itself, of cards every kind.
    shown = {g.capitalize(): cs[:1] if g == "goals" else cs for g, cs in groups.items() if cs}
    counts = by_minutes(spots, {name: [c.name for c in cs] for name, cs in shown.items()}, _BIN, last)
    colours = {name: cs[0].colour_dark if dark else cs[0].colour_light for name, cs in shown.items()}
    with card("falling", f"When do {' and '.join(names)} fall?", f"spots in {_BIN} minutes of the match"):
        _chart(fall_figure(counts, colours, _BIN, dark, classes.parts, last), "falling")


def _pressure(
    spots: SearchColumns,
    chosen: Sequence[Match],
    timelines: Mapping[str, Timeline],
    names: Mapping[str, str],
    dark: bool,
) -> None:
    with card("pressure", "Who presses, when?", f"what each team did in {WINDOW:.0f} minutes"):
        if len(chosen) != 1:
            st.caption("Pressure is that of one match. Choose one above.")
            return
        timeline = timelines[chosen[0].id]
        classes, weights = timeline.classes, pressure_weights(timeline.classes.name)
        halves = pressure(spots, weights, timeline.lengths)
        if not any(h.home.any() or h.away.any() for h in halves):
            st.caption("No shot, corner or penalty has a team. Say whose they are in the review, or give labels.")
            return
        _chart(pressure_figure(halves, names, dark, classes.parts), "pressure")
        left_out = sum(h.unknown for h in halves)
        without = f" {left_out:d} of unknown team are left out." if left_out else ""
        what = ", ".join(classes.get(name).short.lower() for name in weights if name in classes)
        st.caption(
            f"Pressure of a team at a moment: the sum of the confidence of what it did in the {WINDOW:.0f} minutes "
            f"before, of these: {page.plain(what)}.{without}"
        )


def _judged(dark: bool) -> None:
    judged = shared_search().judged()
    with card("judged", "Is the model right when it is sure?", "all reviews"):
        if not judged:
            st.caption("Nobody has reviewed a spot of a model yet.")
            return
        _chart(judged_figure(judged, dark), "judged")
        st.caption(
            "Numbers: spots reviewed; one that was given another class is not confirmed. On the dotted line a "
            "confidence is the share that is confirmed."
        )


def _cameras(chosen: Sequence[Match], dark: bool) -> None:
    """How long each camera is on in those matches of which that is known, and who says so."""
    known = [cameras for match in chosen if (cameras := cameras_of(match)) is not None]
    with card("cameras", "How long is which camera on?", "minutes, live and in replays"):
        if not known:
            st.caption("No camera is known here. Labels-cameras.json beside the videos or a model of shots says them.")
            return
        minutes: dict[str, CameraMinutes] = {}
        for label, length in (item for cameras in known for item in cameras.minutes().items()):
            minutes[label] = minutes.get(label, CameraMinutes()) + length
        ordered = dict(sorted(minutes.items(), key=lambda item: -(item[1].live + item[1].replayed)))
        _chart(camera_figure(ordered, dark), "cameras")
        sources = dict.fromkeys(c.source_name for c in known)
        of = "" if len(known) == len(chosen) else f" {len(chosen) - len(known)} of {len(chosen)} matches are left out."
        st.caption(f"From {page.plain(' and '.join(sources))}.{of}")


def _table(
    spots: SearchColumns, matches: Mapping[str, Match], timelines: Mapping[str, Timeline], classes: ClassTable
) -> None:
    counted = [classes.get(name) for name in pressure_weights(classes.name) if name in classes]
    cards = [c.name for c in classes if c.group == "cards"]
    groups = {c.short: [c.name] for c in counted} | ({"Cards": cards} if cards else {})
    rows = []
    for figures in match_figures(spots, groups):
        row: dict[str, Any] = {
            "Match": f"match?{urlencode({'match': figures.match})}#{matches[figures.match].title}",
            "Minutes": timelines[figures.match].length / 60e6,
        }
        count_text = _count_text if classes.parts.teams else _total
        rows.append(row | {name: count_text(counts) for name, counts in figures.counts.items()})
    teams = "home–away, and in brackets those of unknown team" if classes.parts.teams else ""
    with card("matches", "What happened in each match?", teams):
        st.dataframe(
            rows, hide_index=True, key="statistics_table",
            column_config={
                "Match": st.column_config.LinkColumn(display_text=r"#(.*)$", width="medium", pinned=True),
                "Minutes": st.column_config.NumberColumn(format="%.0f"),
            },
        )  # fmt: skip
        columns = page.plain(", ".join(groups))
        st.caption(f"Counted are {columns}. In a narrow window the table scrolls sideways.")


def _total(counts: Mapping[str, int]) -> str:
    return str(sum(counts.values()))


def _count_text(counts: Mapping[str, int]) -> str:
    home, away, unknown = (counts.get(team, 0) for team in TEAMS)
    return f"{home}–{away}" + (f" ({unknown})" if unknown else "")
