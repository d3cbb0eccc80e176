"""What is shown of a match: which one, by whose analysis or imported predictions, and links to its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from app.comparing.prediction_sets import ImportedSet, PredictionSets, spots_of
from app.library.library import Library, Match
from app.library.roots import source_of
from app.library.video_reading import VIDEOS
from app.routes.http import PREFIX, sealer
from app.serving.viewer import viewer_of_page
from app.state import shared_settings
from app.views import page
from app.views.addressed import is_new
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import ActionClass, ClassTable
from spotting_core.domain.exclusive import exclusive_sets
from spotting_core.domain.parts import FRAMES, Parts
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, Spotting
from spotting_core.evaluation.other_formats import PREDICTIONS

LEAST = 0.05
"""Confidence below which spots are not sent to the workspace."""
_LATEST = "latest_match"  # in the session: id of the match that was shown last


def match_of_address(library: Library, words: Callable[[Match], Mapping[str, str]] = lambda match: {}) -> Match | None:
    """The match that the address names, else the one that this session showed last, else the demo match.

    Arguments:
        words: what the address is to say of a match besides, where it names none.
    """
    wanted = st.query_params.get("match")
    match = library.get(wanted) if wanted else _latest_match(library)
    if match is None:
        return None
    st.session_state[_LATEST] = match.id
    if not wanted:  # all at once: each change is a step of the browser's history
        st.query_params.update({**words(match), **st.query_params.to_dict(), "match": match.id})
    return match


def _latest_match(library: Library) -> Match | None:
    """The match that stays when the menu opens another view, for its links name none."""
    latest = st.session_state.get(_LATEST)
    return (library.get(latest) if latest else None) or library.demo()


def chosen_analysis(analyses: list[Analysis]) -> Analysis:
    wanted = st.session_state.get("analysis")
    return next((a for a in analyses if str(a.folder) == wanted), analyses[0])


def spot_id(spot: Spot) -> str:
    """Name of a spot that stays the same as long as it is spotted at the same place."""
    return f"{spot.half}-{spot.time}-{spot.label}"


def drawn(action: ActionClass) -> dict[str, Any]:
    """What the browser needs to draw a class."""
    return {
        "short": action.short,
        "group": action.group,
        "glyph": action.glyph,
        "light": action.colour_light,
        "dark": action.colour_dark,
    }


def class_data(action: ActionClass) -> dict[str, Any]:
    """What the workspace knows of a class."""
    return {"index": action.index, "name": action.name, **drawn(action), "lead": action.lead, "lag": action.lag}


def parts_data(parts: Parts) -> dict[str, Any]:
    """What the browser needs of the parts of a match: ``length`` in seconds or None, and of parts beyond the regular
    ones, which extra time has, ``extraLength``."""
    seconds = {
        "length": None if parts.length is None else parts.length / 1e6,
        "extraLength": None if parts.extra_length is None else parts.extra_length / 1e6,
    }
    return {
        "name": parts.name, "between": parts.between, **seconds, "regular": parts.count,
        "frames": parts.clock == FRAMES, "teams": parts.teams,
    }  # fmt: skip


def exclusive_data(classes: ClassTable) -> list[dict[str, Any]]:
    """Which classes exclude each other at one moment: their numbers, and how far a moment reaches in seconds."""
    return [
        {"classes": [classes.index(label) for label in one.labels if label in classes], "within": one.within}
        for one in exclusive_sets(classes.name)
    ]


def link(route: str, path: Path, kind: str = "") -> str:
    """Address of a file on a route, for the browser of this page."""
    return f"{PREFIX}/{route}/{token(path, kind or route)}"


def token(path: Path, kind: str) -> str:
    """What stands for a file in an address, for one kind of use."""
    return sealer().seal(path, kind, viewer=viewer_of_page())


def picture_link(video: Path, frame: int) -> str:
    """Address of a small picture of a frame, for the rows of a list."""
    return f"{link('picture', video, 'frames')}?frame={frame}&width=168"


def picture_at(match: Match, half: int, time: int) -> str | None:
    """Address of a small picture of the frame at a moment (microseconds of a half); None where no video is there."""
    try:
        path = next((h.path for h in source_of(match.path).halves if h.half == half), None)
        if path is None:
            return None
        frame = VIDEOS.ingest(path, shared_settings().data).table.shown_at(time)
    except TouchlineError:
        return None
    return picture_link(path, frame)


def spotting(threshold: float) -> Spotting:
    """The user's way of making spots, at a threshold; where nothing is chosen that of the model."""
    return Spotting(
        method=st.session_state.get("method") or "",
        threshold=threshold,
        windows=st.session_state.get("windows", {}),
        expansion=st.session_state.get("expansion", 2.0),
    )


def source_of_address(match: Match, analyses: list[Analysis]) -> None:
    """Show the system that the address names, unless it is the one that the page has put there itself:
    ``model:<key of its identity>`` or ``set:<id>``."""
    wanted = st.query_params.get("source")
    if not is_new("source", "source", match.id) or wanted is None:
        return
    kind, _, name = wanted.partition(":")
    st.session_state["imported"] = name if kind == "set" else None
    own = next((a for a in analyses if is_named(a, wanted)), None)
    if own is not None:
        st.session_state["analysis"] = str(own.folder)


def is_named(analysis: Analysis, name: str) -> bool:
    """Whether an address means the model of an analysis; those of an earlier version name it by its weights."""
    identity = analysis.record.identity
    return name in (f"model:{identity.key}", f"model:{identity.weights}")


def imported_sets(match: Match, analysis: Analysis) -> dict[ImportedSet, list[Spot]]:
    """Imported predictions that hold this match, with its spots in the halves that were analysed."""
    halves = {h.half for h in analysis.halves}
    sets = {}
    for one in PredictionSets(shared_settings().data).all(PREDICTIONS):
        try:
            spots = spots_of(one, match, analysis.classes.names)
        except TouchlineError as problem:
            st.toast(page.plain(problem))
            continue
        if spots is not None:
            sets[one] = [s for s in spots if s.half in halves]
    return sets


def imported_shown(match: Match, analysis: Analysis) -> tuple[ImportedSet, list[Spot]] | None:
    """The imported predictions that are shown in place of the model's spots, if any."""
    wanted = st.session_state.get("imported")
    if wanted is None:
        return None
    return next(((one, s) for one, s in imported_sets(match, analysis).items() if one.id == wanted), None)


def shown_spots(match: Match, analysis: Analysis, threshold: float) -> list[Spot]:
    """Spots at or above a threshold, of the imported system that is shown or of the model."""
    imported = imported_shown(match, analysis)
    if imported is not None:
        return [s for s in imported[1] if (s.confidence or 0) >= threshold]
    return analysis.spots(spotting(threshold))


def final_spots(match: Match, analysis: Analysis) -> list[Spot]:
    """Spots as they are on screen: by the user's method, thresholds and windows."""
    general = st.session_state.get("threshold", DEFAULT_THRESHOLD)
    own = st.session_state.get("thresholds", {})
    spots = shown_spots(match, analysis, min([general, *own.values()]))
    return [s for s in spots if (s.confidence or 0) >= own.get(s.label, general)]


def imported_notice(imported: ImportedSet, analysis: Analysis) -> str:
    return (
        f"The spots are those of {imported.name}, from a file. Curves, boxes and maps are those of "
        f"{analysis.record.model['name']}."
    )
