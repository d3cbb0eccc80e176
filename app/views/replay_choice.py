"""Which spots count where replays are known: the switch of every page that counts, remembered in its address."""

from __future__ import annotations

from typing import Any

import streamlit as st

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


def replay_choice(start: str, key: str, where: Any = st) -> str:
    """Ask which spots count; the answer is put into the address.

    Arguments:
        start: what is chosen at first; where: the column to stand in.
    """
    chosen = where.segmented_control(
        "Replays", list(_NAMES), default=start, required=True, format_func=lambda r: _NAMES[r], key=key, help=_HELP
    )
    return keep(str(chosen))


def replay_toggle(key: str, where: Any = st) -> str:
    """Ask whether spots in replays count too; the answer is put into the address."""
    wanted = where.toggle("Replays too", value=of_address() == WITH_REPLAYS, key=key, help=_HELP)
    return keep(WITH_REPLAYS if wanted else LIVE_ALONE)


def keep(choice: str) -> str:
    """Put a choice into the address, where it is not the usual one."""
    if choice != LIVE_ALONE:
        st.query_params[ADDRESS] = choice
    elif ADDRESS in st.query_params:
        del st.query_params[ADDRESS]
    return choice
