"""The Review view's camera changes: those of all matches that models doubt most, and what replays show, each a link to
the Match view, where it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.components.evaluate_lists import error_list
from app.library.asking import Analysed
from app.library.library import Match
from app.views import page
from app.views.asked_clips import choose_of
from app.views.review_cameras import CameraDesk
from app.views.shown import drawn, picture_at
from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.cameras import CAMERA_TABLE, camera_class
from spotting_core.domain.classes import load_classes
from spotting_core.reviewing.queue import DoubtedChange, doubted_changes
from spotting_core.store.reviews import OPEN

_SHOWN = 30
_INSIDE = 200_000  # microseconds before its end that a shot is shown: at the end itself the next one begins


def show_cameras(analysed: Analysed) -> None:
    """What models doubt of shots and replays, most first."""
    changes, judged = _asked(analysed)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="review_bar"):
        st.html(page.headline("Review", f"{len(changes)} open, {judged} judged"), width="content")
        choose_of()
    rows = [_row(one, *analysed[one.match]) for one in changes[:_SHOWN]]
    with st.container(border=True, key="tl_card_review"):
        empty = "No camera change of a model is left: analyse shots and replays, or open a match with V for its labels."
        error_list(rows, empty, key="camera_queue")
    if len(changes) > _SHOWN:
        st.caption(f"The {_SHOWN} that are doubted most of {len(changes)}.")


def _asked(analysed: Analysed) -> tuple[list[DoubtedChange], int]:
    """The open changes of all matches, the most doubted first, and how many were judged."""
    changes: list[DoubtedChange] = []
    judged = 0
    for name, (match, analyses) in analysed.items():
        desk = CameraDesk(match, analyses[0])
        known = {r.origin for r in desk.known.values() if r.state != OPEN}
        groundings = desk.cameras.groundings if desk.cameras is not None else {}
        changes += doubted_changes(name, desk.changes, groundings, known)
        judged += len(known)
    return sorted(changes, key=lambda one: -one.doubt), judged


def _row(one: DoubtedChange, match: Match, analyses: Sequence[Analysis]) -> dict[str, Any]:
    """A change to be judged, and what is doubted of it."""
    change, analysis = one.change, analyses[0]
    table = load_classes(CAMERA_TABLE)
    query = {"match": match.id, "half": change.half, "t": f"{change.time / 1e6:.3f}", "tab": "cameras"}
    sure = f"{change.label} {change.confidence or 0:.2f}"
    facts = [_of_replay(one, analysis), sure] if one.of_link else [sure, *([_of_replay(one, analysis)] * change.replay)]
    return {
        "kind": "open",
        **drawn(table.get(camera_class(change.label))),
        "clock": analysis.clock(change.half, change.time),
        "text": ", ".join([*facts, match.title]),
        "link": f"match?{urlencode(query)}",
        "picture": picture_at(match, change.half, max(0, change.time - _INSIDE)),
    }


def _of_replay(one: DoubtedChange, analysis: Analysis) -> str:
    """What a replay shows, as far as a model knows."""
    if one.grounding is None or not one.grounding.candidates:
        return "a replay of which no action is known"
    surest = one.grounding.candidates[0]
    what, when = surest.link.label or "a moment", analysis.clock(surest.link.half, surest.link.time)
    return f"replay of {what} at {when} {surest.confidence:.2f}"
