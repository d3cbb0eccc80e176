"""Which spots count where replays are known: the switch of every page that counts, remembered in its address."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.views.addressed import one_of, put, take
from spotting_core.analyses.replayed_spots import LIVE_ALONE, ONLY_IN_REPLAYS, WITH_REPLAYS

ADDRESS = "replays"
_HELP = (
    "A spot in a replay is an action that was counted already, unless the live picture missed it: such a one is seen "
    "only in its replay."
)
_NAMES = {LIVE_ALONE: "Live", WITH_REPLAYS: "All", ONLY_IN_REPLAYS: "Replay only"}


def of_address() -> str:
    """What the address says, else that spots in replays do not count."""
    wanted = st.query_params.get(ADDRESS, LIVE_ALONE)
    return wanted if wanted in _NAMES else LIVE_ALONE


def replay_choice(key: str, where: Any = st) -> str:
    """Ask which spots count; the answer is kept in the address.

    Arguments:
        key: of the widget; where: the column to stand in.
    """
    take(ADDRESS, key, one_of(*_NAMES), LIVE_ALONE)
    chosen = where.segmented_control(
        "Replays", list(_NAMES), required=True, format_func=lambda r: _NAMES[r], key=key, help=_HELP
    )
    put(ADDRESS, key, chosen, LIVE_ALONE)
    return str(chosen)


def replay_toggle(key: str, where: Any = st) -> str:
    """Ask whether spots in replays count too; the answer is kept in the address."""
    take(ADDRESS, key, lambda word: word == WITH_REPLAYS, False)
    wanted = where.toggle("Replays too", key=key, help=_HELP, width="content")
    choice = WITH_REPLAYS if wanted else LIVE_ALONE
    put(ADDRESS, key, choice, LIVE_ALONE)
    return choice
