"""Layers that have come about while their match is open. They are told of, and shown when somebody wants to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from app.library.library import Match
from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis

_KNOWN = (
    "known_layers"  # in the session: the open match, and the folders of the layers that there were when it was opened
)


def ready_layer(match: Match, analysis: Analysis, analyses: Sequence[Analysis]) -> dict[str, str] | None:
    """The newest layer for the shown one's task that has come since the match was opened, as {layer, name}, or None.

    Arguments:
        analyses: all layers of the match.
    """
    owner, known = st.session_state.get(_KNOWN, (None, frozenset()))
    if owner != match.id:
        see_layers(match, analyses)
        return None
    task = analysis.record.task
    new = [a for a in analyses if a.record.task == task and str(a.folder) not in known and a.folder != analysis.folder]
    if not new:
        return None
    newest = max(new, key=_made)
    name = str(newest.record.model["name"])
    alike = name == analysis.record.model["name"]  # under other settings, of other weights, in another precision
    return {
        "layer": newest.folder.name,
        "name": f"{name} (made {datetime.fromtimestamp(_made(newest)):%H:%M})" if alike else name,
    }


def _made(layer: Analysis) -> float:
    """When a layer was finished, seconds since 1970."""
    return (layer.folder / ANALYSIS_FILE).stat().st_mtime


def see_layers(match: Match, analyses: Sequence[Analysis]) -> None:
    """Tell of none of these layers any more."""
    st.session_state[_KNOWN] = (match.id, frozenset(str(a.folder) for a in analyses))


def answer_ready(match: Match, analyses: Sequence[Analysis], event: Mapping[str, Any]) -> None:
    """Do with a layer that was told of what its reader wants, {layer, show}: show it, or hear no more of it."""
    see_layers(match, analyses)
    wanted = next((a for a in analyses if a.folder.name == event["layer"]), None)
    if event["show"] and wanted is not None:
        st.session_state["analysis"], st.session_state["imported"] = str(wanted.folder), None
        st.session_state["rerun_page"] = True
