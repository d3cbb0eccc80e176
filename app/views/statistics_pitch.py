"""What the Statistics view says of the pitch: where spots are, where the teams are, and how much they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import streamlit as st

from app.library.cameras import unreviewed_cameras
from app.library.library import Match
from app.library.playing import match_calibrations_or_none
from app.routes.http import placing
from app.state import shared_library
from app.views import page
from app.views.charts import EXPORTED
from app.views.pitch_charts import presence_figure, spots_figure
from app.views.statistics_card import card
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.counts import count_of
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.homography import Calibration
from spotting_core.domain.pitch import Pitch
from spotting_core.players.calibrated_samples import calibrated_samples
from spotting_core.players.kept_players import TEAMS, KeptPlayers
from spotting_core.players.movement import SPRINT, TeamMovement, speeds, team_movement
from spotting_core.players.presence import presence
from spotting_core.search.engine import SearchColumns

_ASKED = "statistics_placing"  # in the session: matches whose players somebody asked for
_MAP = 270  # pixels that a team's map is wide: two stand beside each other in a card of 600
_AGAIN = timedelta(seconds=2)
_HOME, _AWAY = TEAMS.index("home"), TEAMS.index("away")


def spots_card(spots: SearchColumns, classes: ClassTable, dark: bool) -> None:
    """Where on the pitch the counted spots are."""
    placed = spots.where(np.isfinite(spots.x))
    with card("places", "Where does it happen?", "as the main camera sees the pitch, both halves on one map"):
        if not len(placed):
            st.caption("No spot here has a place: that needs calibrations, by a model or beside the videos.")
            return
        there = [c.name for c in classes if (placed.label == c.name).any()]
        chosen = st.pills(
            "Classes", there, selection_mode="multi", format_func=lambda n: page.plain(classes.get(n).short),
            key="statistics_placed", label_visibility="collapsed",
        )  # fmt: skip
        shown = placed.where(np.isin(placed.label, chosen)) if chosen else placed
        st.plotly_chart(spots_figure(shown, classes, dark), theme=None, config=EXPORTED, key="statistics_places")
        st.caption(
            f"{len(shown)} of {count_of(len(spots), 'spot')}: at the ball where it was placed near them, else where "
            "the camera looks; kick-offs, penalties and corners at their marks. Half of them are expected within "
            f"{np.median(shown.place_error):.0f} m."
        )


@dataclass(frozen=True)
class _Placed:
    """The players of a match, and what they were placed by."""

    players: KeptPlayers
    calibrations: Sequence[Calibration]
    times: Mapping[int, np.ndarray]
    pitch: Pitch


def teams_cards(
    chosen: Sequence[Match], analyses: Mapping[str, Analysis], names: Mapping[str, str], dark: bool
) -> None:
    """Where both teams of one match are, and how much they run."""
    if len(chosen) != 1:
        with card("presence", "Where are the teams?", ""):
            st.caption("This is told of one match. Choose one above.")
        return
    match, analysis = chosen[0], analyses[chosen[0].id]
    waits = match.id in st.session_state.get(_ASKED, ())
    st.fragment(_teams, run_every=_AGAIN if waits else None)(match, analysis, names, dark)


def _teams(match: Match, analysis: Analysis, names: Mapping[str, str], dark: bool) -> None:
    placed = _placed(match, analysis)
    if placed is None:
        return
    if placed.players.home_is_guess:  # which club a team is nobody can tell
        names = {TEAMS[_HOME]: "Left in half 1", TEAMS[_AWAY]: "Right in half 1"}
    known = placed.players.home_left
    # Where it is known of one half alone, that would lie turned over the other.
    home_left = known if all(half in known for half in placed.times) else {}
    note = "attacking to the right" if home_left else "as the main camera sees"
    with card("presence", "Where are the teams?", note):
        rows, calibrations = _within_minutes(placed, analysis)
        beside = st.container(horizontal=True, gap="small")  # one below the other where there is no room
        for team in (_HOME, _AWAY):
            turned = {half: home != (team == _HOME) for half, home in home_left.items()}
            there = presence(rows, calibrations, placed.pitch, team, turned)
            figure = presence_figure(there, placed.pitch, names[TEAMS[team]], team, dark)
            key = f"statistics_presence_{team}"
            beside.plotly_chart(figure, theme=None, config=EXPORTED, key=key, width=_MAP)
        st.caption(
            "Players on 100 m² while the camera shows these; cells that are shown for less than ten seconds are empty. "
            + page.plain(" ".join(placed.players.notes))
        )
    with card("movement", "How much do they run?", "players in view, of whom two seconds are known"):
        runs = speeds(placed.players.rows, placed.times)
        moved = [
            _movement_row(names[TEAMS[team]], team_movement(placed.players.rows, placed.times, team, runs), analysis)
            for team in (_HOME, _AWAY)
        ]
        st.dataframe(moved, hide_index=True, key="statistics_movement")
        st.caption(
            "Minutes are those of all players together. Nobody is known again after a cut, so these are no distances "
            f"of a player. Sprints are {SPRINT * 3.6:.0f} km/h and faster. A speed is "
            "off by .3 m/s on average, where that was measured (rendered matches)."
        )


def _within_minutes(placed: _Placed, analysis: Analysis) -> tuple[np.ndarray, Sequence[Calibration]]:
    """Players and calibrations of the minutes of the match clock that are chosen, at first all."""
    rows, parts = placed.players.rows, analysis.classes.parts
    minutes = {half: np.array([parts.minute(half, int(t)) for t in own]) for half, own in placed.times.items()}
    known = np.concatenate(list(minutes.values()))
    first, last = int(known.min()), int(known.max())
    if first == last:
        return rows, placed.calibrations
    chosen = st.slider("Minutes", first, last, (first, last), key="statistics_presence_minutes")
    of_row = np.zeros(len(rows), int)
    for half, own in minutes.items():
        of_row[rows["half"] == half] = own[rows["sample"][rows["half"] == half]]
    within = [c for c in placed.calibrations if chosen[0] <= parts.minute(c.half, c.time) <= chosen[1]]
    return rows[(of_row >= chosen[0]) & (of_row <= chosen[1])], within


def _movement_row(name: str, moved: TeamMovement, analysis: Analysis) -> dict[str, str]:
    fastest = moved.fastest
    return {
        "Team": name,
        "Metres/min": f"{moved.pace:.0f} ± {moved.pace_error:.0f}" if moved.minutes else "–",
        "Sprinting": f"{moved.sprinting / (60 * moved.minutes):.1%}" if moved.minutes else "–",
        "Fastest": f"{fastest.speed * 3.6:.0f} ± {fastest.error * 3.6:.0f} km/h" if fastest else "–",
        "at": analysis.clock(fastest.half, fastest.time) if fastest else "",
        "Minutes": f"{moved.minutes:.0f}",
    }


def _placed(match: Match, analysis: Analysis) -> _Placed | None:
    """The players of a match, or what stands in their place is drawn: how to get them, or why there are none."""
    layers = shared_library().layers(match)
    calibrations = match_calibrations_or_none(match, analysis, layers)
    if not calibrations or not analysis.has("entities"):
        with card("presence", "Where are the teams?", ""):
            why = "calibrations, by a model or beside the videos" if not calibrations else "a model that finds players"
            st.caption(f"Nobody is placed on the pitch here: that needs {why}.")
        return None
    players = placing().at_hand(match, analysis)
    if players is None:
        with card("presence", "Where are the teams?", ""):
            players = _asked(match, analysis)
        if players is None:
            return None
    cameras = unreviewed_cameras(match.path, layers)
    times = {half.half: np.asarray(half.times) for half in analysis.halves}
    live = [c for half, own in times.items() for c in calibrated_samples(half, own, calibrations, cameras).values()]
    return _Placed(players, live, times, calibrations[0].pitch or Pitch())


def _asked(match: Match, analysis: Analysis) -> KeptPlayers | None:
    """Ask for the players of a match: it takes about as long as its videos take to decode."""
    asked: set[str] = st.session_state.setdefault(_ASKED, set())
    if match.id not in asked:
        st.caption("Teams, players and ball have not been placed on the pitch yet. That reads the videos once.")
        if not st.button("Place the players", key="statistics_place"):
            return None
        asked.add(match.id)
        st.rerun()
    try:
        players = placing().players(match, analysis)
    except TouchlineError as problem:
        asked.discard(match.id)
        page.error(problem)
        return None
    if players is None:
        st.caption("Working out who stands where …")
        return None
    asked.discard(match.id)
    st.rerun()
