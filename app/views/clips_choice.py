"""Which spots become clips: the dialog that chooses them, and what is chosen before anyone has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from app.library.broadcast_clock import spots_in_play
from app.library.codes import coded_classes
from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_library, shared_reviews, shared_selections, shared_settings
from app.views import page
from app.views.class_choice import chosen_classes, class_choice
from app.views.replay_choice import of_address, replay_choice
from app.views.replayed import cameras_of, counted
from app.views.shown import spotting
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.base.counts import count_of
from spotting_core.base.errors import TouchlineError
from spotting_core.clips.replays import with_replays
from spotting_core.clips.selection import MARK, Choice, Clip, Margins, clips_of
from spotting_core.domain.cameras import GROUPS, group_of
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.exclusive import exclusive_sets, surest_of_moments
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD
from spotting_core.media.source import team_names
from spotting_core.store.selections import OwnMargins, Selection

PREDICTED, TRUE, REVIEWED = "predicted", "true", "reviewed"
_TITLES = {PREDICTED: "Predicted", TRUE: "True", REVIEWED: "Reviewed"}
CLASSES = "clips_classes"
"""Where the session keeps the classes that are clipped before anybody made a selection."""
MADE, CHANGED = "clips_made", "clips_changed"
"""Where the session keeps, by match, the selection that was made of what was first on the desk; and whether a run of
the page answers a change of the desk."""
_FIRST_GROUPS = ("cards", "goals")  # what a coach asks for first
_SIDES = {"home": "Home", "away": "Away", "unknown": "Unknown"}


def spots_of_kind(match: Match, analysis: Analysis | None, kind: str, least: float) -> list[Spot]:
    """Predicted spots from a confidence on, true ones, or those that reviewers hold to be true."""
    if kind == REVIEWED:
        return shared_reviews().standing(match.id)
    if kind == PREDICTED:
        return analysis.spots(spotting(least)) if analysis is not None else []
    try:
        return shared_library().truth(match)
    except TouchlineError as problem:
        st.toast(page.plain(problem))
        return []


def clipped_classes(match: Match, analysis: Analysis | None) -> ClassTable:
    """The classes of an analysis, or the default ones where there is none, and the codes that people tag with."""
    return coded_classes(analysis.classes if analysis is not None else load_classes(), match.id)


def usual_classes(match: Match, analysis: Analysis | None) -> tuple[str, ...]:
    """The classes that are clipped before anybody has chosen: cards, goals and shots; where there is no analysis, but
    people have tagged, all of them."""
    if _tagged_alone(match, analysis):
        return ()
    return tuple(c.name for c in clipped_classes(match, analysis) if c.group in _FIRST_GROUPS)


def _tagged_alone(match: Match, analysis: Analysis | None) -> bool:
    return analysis is None and bool(spots_of_kind(match, analysis, REVIEWED, 0.0))


def selection_of_address(match: Match) -> Selection | None:
    """The selection that the address names, or that was made a moment ago.

    A browser that has not heard yet of the selection that a change made sends the next change with the address that it
    had: what stands on the desk must not be lost by that.
    """
    wanted = st.query_params.get("selection", st.session_state.get(MADE, {}).get(match.id))
    selection = shared_selections().get(wanted) if wanted else None
    return selection if selection is not None and selection.match_id == match.id else None


def forget_what_was_made(match: Match) -> None:
    """Where a run answers no change and the address names no selection, the match has been opened anew."""
    if not st.session_state.pop(CHANGED, False) and "selection" not in st.query_params:
        st.session_state.get(MADE, {}).pop(match.id, None)


@dataclass(frozen=True)
class DefaultClips:
    """What is on the desk before anybody made a selection.

    Arguments:
        rivals: how many spots a surer one of their moment leaves out; breaks: how many are left out for no half is
            played then.
    """

    clips: tuple[Clip, ...]
    rivals: int
    breaks: int

    @property
    def left_out(self) -> str:
        """What is left out, as a clause; empty where nothing is."""
        reasons = []
        if self.rivals:
            reasons.append(f"{self.rivals} less sure of a moment")
        if self.breaks:
            reasons.append(f"{self.breaks} where no half is played")
        return f"{' and '.join(reasons)} left out" if reasons else ""


def default_clips(match: Match, analysis: Analysis | None) -> DefaultClips:
    """Clips of the classes that the address asks for, else of the usual ones: predicted ones; where there is no
    analysis all that people have tagged, or true ones where they have not.

    Spots in replays are left out, unless the address asks for them, and so are those where no half is played and those
    that compete with a surer one of the same moment.
    """
    tagged = _tagged_alone(match, analysis)
    kind = PREDICTED if analysis is not None else REVIEWED if tagged else TRUE
    classes = clipped_classes(match, analysis)
    wanted = chosen_classes(classes.names, CLASSES, usual=usual_classes(match, analysis))
    lengths = shared_library().lengths(source_of(match.path))
    spots = [s for s in spots_of_kind(match, analysis, kind, DEFAULT_THRESHOLD) if s.label in classes]
    if kind != TRUE:  # what is labelled is an action, shown or not
        spots = counted(match, spots, of_address(), held=kind == REVIEWED)
    asked = [s for s in spots if Choice(wanted).takes(s)]
    predicted = kind == PREDICTED
    chosen = spots_in_play(match, asked, shared_settings().data, classes.parts) if predicted else asked
    # Among what was asked for: who wants red cards wants those as well that may be yellow ones.
    kept, rivals = surest_of_moments(chosen, exclusive_sets(classes.name)) if kind == PREDICTED else (chosen, [])
    clips = tuple(clips_of(kept, Margins(classes), lengths))
    return DefaultClips(clips, len(rivals), len(asked) - len(chosen))


def choosing(match: Match) -> tuple[str, str]:
    """The dialog over the clips of a match, as ``page.open_dialog`` knows it."""
    return f"clips of {match.id}", "choose"


@st.dialog("Choose spots", on_dismiss=page.close_dialog)
def choose_dialog(match: Match, analysis: Analysis | None, lengths: dict[int, int], own: OwnMargins) -> None:
    """Choose spots; the clips on the desk are replaced, marks of one's own can be kept."""
    classes = clipped_classes(match, analysis)
    kinds = [k for k in (PREDICTED, TRUE, REVIEWED) if k != PREDICTED or analysis is not None]
    kind = st.segmented_control(
        "Spots", kinds, default=kinds[0], required=True, format_func=lambda k: _TITLES[k], key="choose_kind"
    )
    least = 0.0
    if kind == PREDICTED:
        least = st.slider("Least confidence", 0.05, 0.99, DEFAULT_THRESHOLD, 0.01, key="choose_least")
    spots = [s for s in spots_of_kind(match, analysis, str(kind), least) if s.label in classes]
    cameras = cameras_of(match)
    if cameras is not None:
        spots = _by_cameras(match, spots, cameras, str(kind))
    counts = {c.name: sum(s.label == c.name for s in spots) for c in classes}
    labels = class_choice(classes, "choose_classes", counts=counts, addressed=False)
    halves = st.pills(
        page.plain(classes.parts.plural.capitalize()), list(lengths), selection_mode="multi", default=list(lengths),
        format_func=page.plain, key="choose_halves",
    )  # fmt: skip
    teams = _teams(match, spots) if classes.parts.teams else ()
    chosen = [s for s in spots if Choice(labels, tuple(halves) or (0,), teams).takes(s)]
    if kind == PREDICTED:
        chosen = _without_rivals(_asked_in_play(match, classes, chosen), classes)
    clips = clips_of(chosen, Margins(classes, own), lengths)
    if cameras is not None and any(cameras.link_of(shot) for shot in cameras.replays):
        wanted = st.toggle("Each with its replays", key="choose_with_replays", help="They follow it in the reel.")
        clips = with_replays(clips, cameras, lengths, classes) if wanted else clips
    add = st.toggle("Add to the clips that are there", key="choose_add")
    if st.button(f"Take {page.clips(len(clips))}", type="primary", disabled=not clips):
        _take(match, analysis, clips, own, add)


def _asked_in_play(match: Match, classes: ClassTable, spots: list[Spot]) -> list[Spot]:
    """The spots at which a half is played, or all where those are wanted; asked only where some lie elsewhere."""
    kept = spots_in_play(match, spots, shared_settings().data, classes.parts)
    left = len(spots) - len(kept)
    if not left:
        return spots
    wanted = st.toggle(
        page.plain(f"Also {count_of(left, 'spot')} where no half is played"), key="choose_breaks",
        help="In warm-up, breaks and studio, by the clock of the broadcast.",
    )  # fmt: skip
    return spots if wanted else kept


def _without_rivals(spots: list[Spot], classes: ClassTable) -> list[Spot]:
    """The surest spot of each moment, or all of them where that is wanted; asked only where some compete."""
    kept, rivals = surest_of_moments(spots, exclusive_sets(classes.name))
    return kept if surest_alone(len(rivals), "choose_surest") else spots


def surest_alone(rivals: int, key: str) -> bool:
    """Whether the surest spot of each moment stands for it.

    Arguments:
        rivals: how many others there are; nobody is asked where there are none.
    """
    if not rivals:
        return True
    others = "1 other" if rivals == 1 else f"{rivals} others"
    return bool(
        st.toggle(
            page.plain(f"Of one moment the surest alone, without {others}"), value=True, key=key,
            help="Of classes that exclude each other, such as the three cards, only one can be true at a moment.",
        )
    )  # fmt: skip


def _by_cameras(match: Match, spots: list[Spot], cameras: MatchCameras, kind: str) -> list[Spot]:
    """Those of some spots that count beside the replays, and at which a camera of the chosen groups is on."""
    if cameras.replays and kind != TRUE:
        spots = counted(match, spots, replay_choice("choose_replays"), held=kind == REVIEWED)
    groups = st.pills(
        "Cameras", list(GROUPS), selection_mode="multi", format_func=lambda g: GROUPS[g], key="choose_shots",
        help="All where none is chosen.",
    )  # fmt: skip
    shots = [cameras.shot_at(s.half, s.time) for s in spots]
    on = [group_of(shot.label) if shot is not None else "" for shot in shots]
    return [spot for spot, group in zip(spots, on, strict=True) if not groups or group in groups]


def _teams(match: Match, spots: Sequence[Spot]) -> tuple[str, ...]:
    """Teams to take; asked only where some spot says its team."""
    known = [t for t in _SIDES if any(s.team == t for s in spots)]
    if known in ([], ["unknown"]):
        return ()
    names = _SIDES | team_names(match)
    teams = st.pills(
        "Teams", known, selection_mode="multi", default=known, format_func=lambda t: page.plain(names[t]),
        key="choose_teams",
    )  # fmt: skip
    return tuple(teams) or ("nobody",)


def _take(match: Match, analysis: Analysis | None, clips: list[Clip], own: OwnMargins, add: bool) -> None:
    store = shared_selections()
    before: tuple[Clip, ...] = ()
    if add:
        selection = selection_of_address(match)
        before = selection.clips if selection is not None else default_clips(match, analysis).clips
    there = {(c.half, c.moment, c.label) for c in before if c.label != MARK}
    joined = [*before, *(c for c in clips if (c.half, c.moment, c.label) not in there)]
    kept = store.make(match.id, joined, own)
    page.close_dialog()
    page.go("clips", match=match.id, selection=kept.id)
