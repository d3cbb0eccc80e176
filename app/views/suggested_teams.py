"""Whose the spots of a match may be, for those whose team nobody said: by who was nearest the ball."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from app.library.library import Match
from app.library.playing import play_at_hand, play_stamp
from app.state import shared_library, shared_settings
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.players.spot_places import MatchPlay, SuggestedTeam


def suggested_teams(match: Match, analysis: Analysis, spots: Iterable[Spot]) -> list[SuggestedTeam | None]:
    """The team that is suggested for each spot, as far as players have been placed already."""
    layers, data = shared_library().layers(match), shared_settings().data
    play = _play(play_stamp(match, analysis, layers, data), match, analysis, layers, data)
    table = analysis.classes.name
    return [None if play is None else play.team(s.half, s.time, s.label, table) for s in spots]


@st.cache_resource(max_entries=8, show_spinner=False)
def _play(
    stamp: str, _match: Match, _analysis: Analysis, _layers: list[Analysis], _data: DataDirectory
) -> MatchPlay | None:
    """Where play is, by a stamp of all that decides it."""
    return play_at_hand(_match, _analysis, _layers, _data)
