"""The Match view: the workspace over one analysis, its dialogs, and what stands there before there is one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from app.components.workspace import workspace
from app.jobs import KINDS
from app.library import Match, kits
from app.settings import DEMO
from app.state import shared_library, shared_queue, shared_reading, shared_settings
from app.views import page
from app.views.beside import beside_choice, chosen_other, other_data
from app.views.export import export_dialog
from app.views.review_actions import review_data, take_actions
from app.views.shown import (
    chosen_analysis,
    class_data,
    imported_notice,
    imported_sets,
    imported_shown,
    link,
    match_of_address,
    shown_spots,
    source_of_address,
    spot_id,
)
from app.views.why import explanations, why_panel
from explain.jobs.explanation import EXPLANATION, ExplanationAsked
from spotting_core.analysis import ANALYSIS_FILE, Analysis
from spotting_core.entities.prompts import load_prompts
from spotting_core.errors import BadInputError, TouchlineError
from spotting_core.jobs.analysis import ANALYSIS, AnalysisAsked
from spotting_core.jobs.kind import LONG
from spotting_core.jobs.playback import PLAYBACK, PlaybackAsked
from spotting_core.jobs.queue import FAILED, Job
from spotting_core.media.ingest import Media
from spotting_core.media.playback import playback_file
from spotting_core.media.source import open_match
from spotting_core.models.card import BUNDLED, check_same_classes, read_card
from spotting_core.models.known import known_models
from spotting_core.spots import Spot
from spotting_core.suppression import DEFAULT_THRESHOLD, HARD, SOFT

LEAST = 0.05
"""Confidence below which spots are not sent to the workspace."""

_KEY = "workspace"


def show() -> None:
    """The page."""
    st.session_state["seen_library"] = True  # from here on the library opens when it is asked for
    library = shared_library()
    match = match_of_address(library)
    if match is None:
        st.info("There is no such match in the library.")
        if st.button("Open the library"):
            page.go("library")
        return
    analyses = library.analyses(match)
    if not analyses:
        _not_analysed(match)
        return
    source_of_address(match, analyses)
    analysis = chosen_analysis(analyses)
    _dialogs(match, analysis, analyses)
    with st.container(key="workspace_page"):
        _prepare_videos(match, analysis)
        st.fragment(_workspace)(match, analysis, analyses)


# --- before there is an analysis ----------------------------------------------------------------------


def _not_analysed(match: Match) -> None:
    st.html(f'<div class="tl-title">{page.escape(match.title)}</div>')
    job = shared_queue().recent(match.id, ANALYSIS.name)
    if job is not None and job.live:
        _running(job.id)
        return
    if job is not None and job.state == FAILED:
        st.error(f"The analysis failed. {job.error}")
    else:
        st.write("This match has not been analysed yet.")
    model = st.selectbox("Model", list(known_models(shared_settings().data)), index=_default_model(), width=320)
    if st.button("Analyse", type="primary"):
        ANALYSIS.ask(shared_queue(), AnalysisAsked(str(match.path), (model,), match.title), match.id)
        st.rerun()


def _default_model() -> int:
    names = list(known_models(shared_settings().data))
    return names.index(BUNDLED) if BUNDLED in names else 0


@st.fragment(run_every=1.0)
def _running(job_id: str) -> None:
    """Progress of an analysis; the page is made again when it ends."""
    job = shared_queue().get(job_id)
    if job is None or not job.live:
        st.rerun(scope="app")
        return
    st.progress(job.progress, text=progress_text(job))
    if st.button("Cancel", key="cancel_analysis"):
        shared_queue().cancel(job.id)


def progress_text(job: Job) -> str:
    """One line on how far a job is."""
    if job.state == "queued":
        return f"Queued, {job.ahead} ahead" if job.ahead else "Queued, next"
    parts = [f"{job.progress:.0%}", job.stage or "Starting"]
    if job.speed:
        parts.append(f"{job.speed:.1f}× real time")
    if job.remaining is not None:
        parts.append(f"{page.length(int(job.remaining * 1e6))} left")
    return ", ".join(parts)


# --- the workspace ------------------------------------------------------------------------------------


def _workspace(match: Match, analysis: Analysis, analyses: list[Analysis]) -> None:
    ended = any([_reading_ended(match), _analysis_ended(match)])
    if st.session_state.pop("rerun_page", False) or ended:  # before anything is made that the next run makes again
        st.rerun(scope="app")
    other = chosen_other(match, analysis, analyses)
    workspace(
        {**workspace_data(match, analysis), "other": other_data(other, analysis, LEAST)},
        key=f"{_KEY}-{match.id}",
        on_picked=lambda: _picked(match, analysis, "picked"),
        on_thresholds=lambda: _thresholds(match),
        on_command=lambda: _command(match),
        on_explain=lambda: _picked(match, analysis, "explain"),
        on_review=lambda: take_actions(match, analysis, _event(match, "review")),
    )


def _event(match: Match, name: str) -> Any:
    return st.session_state[f"{_KEY}-{match.id}"].get(name)


def _picked(match: Match, analysis: Analysis, name: str) -> None:
    event = _event(match, name)
    if not event:
        return
    spot = _find(match, analysis, event)
    if spot is None:
        return
    st.session_state["chosen"] = (match.id, spot_id(spot))
    if _reasonless(match, analysis) is None and explanations(shared_settings().data, analysis, spot) is None:
        EXPLANATION.ask(shared_queue(), ExplanationAsked.of(match.path, analysis, spot), match.id)


def _thresholds(match: Match) -> None:
    event = _event(match, "thresholds")
    if event:
        st.session_state["threshold"] = float(event["threshold"])
        st.session_state["thresholds"] = {str(k): float(v) for k, v in event["thresholds"].items()}
        st.session_state["thresholds_moved"] = float(event["moved"])


def _command(match: Match) -> None:
    event = _event(match, "command")
    if event:
        st.session_state[page.DIALOG] = (match.id, event["name"])
        st.session_state["rerun_page"] = True


def _find(match: Match, analysis: Analysis, event: dict[str, Any]) -> Spot | None:
    return next((s for s in shown_spots(match, analysis, LEAST) if spot_id(s) == event["id"]), None)


def _chosen_spot(match: Match, analysis: Analysis) -> Spot | None:
    owner, wanted = st.session_state.get("chosen", (None, None))
    if owner != match.id:
        return None
    return next((s for s in shown_spots(match, analysis, LEAST) if spot_id(s) == wanted), None)


def _reading_ended(match: Match) -> bool:
    """Whether videos were being read when this was last asked, and no longer are."""
    before, now = st.session_state.get("reading") == match.id, shared_reading().under_way
    st.session_state["reading"] = match.id if now else None
    return before and not now


def _analysis_ended(match: Match) -> bool:
    """Whether an analysis of the match was under way when this was last asked, and no longer is."""
    before = st.session_state.get("analysing") == match.id
    now = any(job.match_id == match.id for job in shared_queue().all_live([ANALYSIS.name]))
    st.session_state["analysing"] = match.id if now else None
    return before and not now


def _waiting(match: Match) -> bool:
    """Whether something is under way, or was an analysis when this run began; the workspace then asks again."""
    known = (st.session_state.get("analysing"), st.session_state.get("reading"))
    return bool(shared_queue().all_live()) or match.id in known


def workspace_data(match: Match, analysis: Analysis) -> dict[str, Any]:
    """All that the workspace shows, as JSON."""
    record = analysis.record
    spots = shown_spots(match, analysis, LEAST)
    imported = imported_shown(match, analysis)
    return {
        "match": {
            "id": match.id,
            "title": match.title,
            "home": match.home,
            "away": match.away,
            "score": match.score,
            "league": match.league,
            "date": match.date,
            "kits": kits(match),
        },
        "analysis": f"{str(record.source_id)[:12]}{analysis.folder.name}",
        "model": imported[0].name if imported else record.model["name"],
        "notice": imported_notice(imported[0], analysis) if imported else " ".join(record.remarks) or None,
        "waiting": _waiting(match),  # before what is waited for, lest its end is missed
        "job": _job_line(match),
        "rate": record.rate,
        "classes": [class_data(c) for c in analysis.classes],
        "entities": entity_names(analysis),
        "arrays": {"entities": analysis.has("entities"), "map": map_of(analysis)},
        "halves": _halves(match, analysis),
        "spots": [
            [spot_id(s), s.half, s.seconds, analysis.classes.index(s.label), round(s.confidence or 0, 4)] for s in spots
        ],
        "truth": _truth(match, analysis),
        "threshold": st.session_state.get("threshold", DEFAULT_THRESHOLD),
        "thresholds": st.session_state.get("thresholds", {}),
        "moved": st.session_state.get("thresholds_moved", 0.0),
        "applied": st.session_state.get("thresholds_applied", 0),
        "method": "as imported" if imported else _method_text(),
        "start": _start(match, analysis),
        "why": _why(match, analysis),
        **review_data(match, analysis),
    }


def _method_text() -> str:
    own = st.session_state.get("windows", {})
    kind = "hard" if st.session_state.get("method", HARD) == HARD else "soft"
    return f"{kind} suppression" + (", own windows" if own else "")


_UNDER_WAY = {ANALYSIS.name: "Analysing", PLAYBACK.name: "Preparing"}  # of the match that is shown


def _job_line(match: Match) -> dict[str, Any] | None:
    running = [j for j in shared_queue().all_live(KINDS.that_need(LONG)) if j.state == "running"]
    if not running:
        return None
    job = running[0]
    if job.remaining is None:
        far = f" {job.progress:.0%}"
    else:  # beside the bar, which shows the share
        far = f", {page.length(int(job.remaining * 1e6))} left"
    name = _UNDER_WAY.get(job.kind, job.title) if job.match_id == match.id else job.title
    return {"text": f"{name}{far}", "progress": job.progress}


def entity_names(analysis: Analysis) -> list[dict[str, str]]:
    table = analysis.halves[0].entities
    if table is None:
        return []
    colours = {e.name: e.colour for e in load_prompts().entities}
    return [{"name": name, "colour": colours.get(name, "#FFFFFF")} for name in table.names]


def map_of(analysis: Analysis) -> dict[str, Any] | None:
    described = analysis.record.arrays.get("maps/class_map")
    if described is None or not analysis.has("maps/class_map"):
        return None
    return {"name": "class_map", "grid": described["shape"][-2:], "scale": described["scale"]}


def _halves(match: Match, analysis: Analysis) -> list[dict[str, Any]]:
    videos, problem = _videos(match, analysis)
    found = []
    for half in analysis.halves:
        record = half.record
        media = videos.get(record.half)
        playable = playback_file(media) if media is not None else None
        found.append({
            "half": record.half,
            "duration": record.duration / 1e6,
            "width": record.width,
            "height": record.height,
            "video": link("media", playable) if playable else None,
            "note": problem or video_note(match, media is not None),
            "poster": link("media", media.poster) if media else None,
            "times": link("times", media.path, "frames") if media else None,
            "picture": link("picture", media.path, "frames") if media else None,
            "array": link("array", half.folder, "half"),
        })  # fmt: skip
    return found


def _videos(match: Match, analysis: Analysis) -> tuple[dict[int, Media], str]:
    """The videos of an analysis by half; where they cannot be shown, none and the reason."""
    try:
        source = open_match(match.path)
        read = {h.half: shared_reading().media(h.path) for h in source.halves}
    except TouchlineError as problem:
        return {}, str(problem)
    videos = {half: media for half, media in read.items() if media is not None}
    if len(videos) < len(read):
        return {}, f"{next(shared_reading().told(h.path) for h in source.halves if read[h.half] is None)}."
    if len(videos) == len(analysis.halves) and source.content_hash(shared_settings().data) != analysis.record.source_id:
        return {}, f"The video in {match.path} is another one than was analysed."
    return videos, ""


def _prepare_videos(match: Match, analysis: Analysis) -> None:
    videos, _ = _videos(match, analysis)
    if any(playback_file(media) is None for media in videos.values()):
        prepare_once(match)


def prepare_once(match: Match) -> None:
    """Have the video prepared, unless that was tried and failed."""
    job = shared_queue().recent(match.id, PLAYBACK.name)
    if job is None or job.state != FAILED:
        PLAYBACK.ask(shared_queue(), PlaybackAsked(str(match.path), match.title), match.id)


def video_note(match: Match, there: bool, analysed: bool = True) -> str:
    """Why there is no picture."""
    if not there:
        return f"The video of this half is no longer in {match.path}."
    job = shared_queue().recent(match.id, PLAYBACK.name)
    if job is not None and job.state == FAILED:
        return f"The video could not be prepared for the browser. {job.error}"
    share = f" {job.progress:.0%}" if job is not None and job.state == "running" else ""
    ready = " Spots and confidence are ready." if analysed else ""
    return f"The video is being prepared for the browser{share}.{ready}"


def _truth(match: Match, analysis: Analysis) -> list[list[Any]]:
    try:
        truth = shared_library().truth(match)
    except BadInputError as problem:
        st.toast(str(problem))
        return []
    return [[s.half, s.seconds, analysis.classes.index(s.label)] for s in truth if s.label in analysis.classes]


def _start(match: Match, analysis: Analysis) -> dict[str, Any]:
    """Where to open the match: what the address says, else its most confident spot."""
    query = st.query_params
    label = query.get("class")
    label = label if label in analysis.classes else None
    try:
        half, seconds = int(query["half"]), float(query["t"])
        analysis.half(half)
        return {"half": half, "seconds": max(0.0, seconds), "label": label, "pick": label is not None}
    except (KeyError, ValueError, TouchlineError):
        spots = shown_spots(match, analysis, DEFAULT_THRESHOLD)
        rare = [s for s in spots if analysis.classes.get(s.label).group == "cards"] or spots
        best = max(rare, key=lambda s: s.confidence or 0, default=None)
        if best is None:
            return {"half": analysis.halves[0].half, "seconds": 0.0, "label": None, "pick": False}
        return {"half": best.half, "seconds": best.seconds, "label": best.label, "pick": True}


def _why(match: Match, analysis: Analysis) -> dict[str, Any] | None:
    spot = _chosen_spot(match, analysis)
    if spot is None:
        return None
    if message := _reasonless(match, analysis):
        return {"spot": spot_id(spot), "state": "none", "message": message}
    try:
        found = explanations(shared_settings().data, analysis, spot)
    except TouchlineError as problem:
        return {"spot": spot_id(spot), "state": "failed", "message": str(problem)}
    if found is not None:
        return why_panel(analysis, spot, spot_id(spot), found)
    job = shared_queue().latest(EXPLANATION.key(ExplanationAsked.of(match.path, analysis, spot)))
    if job is not None and job.state == FAILED:
        return {"spot": spot_id(spot), "state": "failed", "message": job.error}
    stage = job.stage if job is not None and job.state == "running" else ""
    return {"spot": spot_id(spot), "state": "working", "message": f"Measuring: {stage.lower()}" if stage else ""}


def _reasonless(match: Match, analysis: Analysis) -> str | None:
    """Why no spot of what is shown can be explained, or None."""
    if imported := imported_shown(match, analysis):
        return f"{imported[0].name} gave no reason; only the spots of an analysis can be explained."
    if analysis.record.averages:
        return "The average of several models, each of which has reasons of its own: choose one of them under Model."
    return None


# --- dialogs ------------------------------------------------------------------------------------------


def _dialogs(match: Match, analysis: Analysis, analyses: list[Analysis]) -> None:
    owner, name = st.session_state.get(page.DIALOG, (None, None))
    if owner != match.id or name in ("library", "explain"):
        page.close_dialog()
    if owner != match.id:
        return
    if name == "library":
        page.go("library")
    elif name == "explain" and (spot := _chosen_spot(match, analysis)) is not None:
        page.go("explain", match=match.id, half=str(spot.half), t=f"{spot.seconds:.3f}", **{"class": spot.label})
    elif name == "spotting":
        _spotting_dialog(analysis)
    elif name == "export":
        export_dialog(match, analysis, _final_spots(match, analysis))
    elif name == "model":
        _model_dialog(match, analysis, analyses)


@st.dialog("Spotting", on_dismiss=page.close_dialog)
def _spotting_dialog(analysis: Analysis) -> None:
    """How spots are made of the stored scores; nothing is analysed again."""
    method = st.segmented_control(
        "Suppression",
        [HARD, SOFT],
        default=st.session_state.get("method", HARD),
        required=True,
        help="Of the votes for one action one stays. Hard erases the others within the window; soft-linear "
        "lowers them the more the nearer they are.",
    )
    st.caption("Full width of the window in seconds, and the least confidence, per class.")
    windows, thresholds = st.session_state.get("windows", {}), st.session_state.get("thresholds", {})
    general = st.session_state.get("threshold", DEFAULT_THRESHOLD)
    rows = [
        {
            "Class": c.short,
            "Window": float(windows.get(c.name, c.suppression)),
            "Threshold": float(thresholds.get(c.name, general)),
        }
        for c in analysis.classes
    ]
    edited = st.data_editor(
        rows,
        hide_index=True,
        disabled=["Class"],
        height=380,
        column_config={
            "Window": st.column_config.NumberColumn(min_value=0.0, max_value=120.0, step=0.5, format="%.1f s"),
            "Threshold": st.column_config.NumberColumn(min_value=LEAST, max_value=0.99, step=0.01, format="%.2f"),
        },
    )
    apply, reset, _ = st.columns([1, 1, 2])
    if apply.button("Apply", type="primary", width="stretch"):
        st.session_state["method"] = method
        pairs = list(zip(analysis.classes, edited, strict=True))
        st.session_state["windows"] = {c.name: r["Window"] for c, r in pairs if r["Window"] != c.suppression}
        st.session_state["thresholds"] = {c.name: r["Threshold"] for c, r in pairs if r["Threshold"] != general}
        _applied()
        page.close_dialog()
        st.rerun()
    if reset.button("Reset", width="stretch"):
        for name in ("method", "windows", "thresholds", "threshold"):
            st.session_state.pop(name, None)
        _applied()
        page.close_dialog()
        st.rerun()


def _applied() -> None:
    """The thresholds on screen give way to those of the dialog."""
    st.session_state["thresholds_applied"] = st.session_state.get("thresholds_applied", 0) + 1


def _final_spots(match: Match, analysis: Analysis) -> list[Spot]:
    """Spots as shown: the user's method, thresholds and windows."""
    general = st.session_state.get("threshold", DEFAULT_THRESHOLD)
    own = st.session_state.get("thresholds", {})
    spots = shown_spots(match, analysis, min([general, *own.values()]))
    return [s for s in spots if (s.confidence or 0) >= own.get(s.label, general)]


@st.dialog("Model", on_dismiss=page.close_dialog)
def _model_dialog(match: Match, analysis: Analysis, analyses: list[Analysis]) -> None:
    """Which analysis is shown, and another one by another model."""
    names = {str(a.folder): f"{a.record.model['name']} ({a.record.identity.short})" for a in analyses}
    alike = Counter(names.values())  # of one model, under other settings or of other features
    labels = {f: f"{n}, {_made(Path(f))}" if alike[n] > 1 else n for f, n in names.items()}
    labels |= {one.id: f"{one.name} (imported)" for one in imported_sets(match, analysis)}
    imported = imported_shown(match, analysis)
    now = imported[0].id if imported else str(analysis.folder)
    chosen = st.radio("Spots shown", list(labels), format_func=lambda f: labels[f], index=list(labels).index(now))
    if chosen != now:
        own = any(chosen == str(a.folder) for a in analyses)
        st.session_state["imported"] = None if own else chosen
        if own:
            st.session_state["analysis"] = chosen
        page.close_dialog()
        st.rerun()
    beside_choice(match, analysis, analyses)
    st.divider()
    _analyse_with(match)


def _made(folder: Path) -> str:
    """What tells an analysis from others of the same model."""
    if folder.is_relative_to(DEMO):
        return "bundled"
    return f"made {datetime.fromtimestamp((folder / ANALYSIS_FILE).stat().st_mtime):%Y-%m-%d %H:%M:%S}"


def _analyse_with(match: Match) -> None:
    """Another analysis, by a model or by the average of several."""
    last = shared_queue().recent(match.id, ANALYSIS.name)
    if last is not None and last.state == FAILED:
        st.error(f"The last analysis failed. {last.error}")
    known = known_models(shared_settings().data)
    names = list(known)
    models = st.multiselect(
        "Analyse with",
        names,
        default=names[_default_model()],
        help="Of several models the scores are averaged, as a system of its own.",
    )
    if st.button("Analyse", disabled=not models):
        try:
            check_same_classes([read_card(known[name]) for name in models])
        except TouchlineError as problem:
            page.error(problem)
            return
        ANALYSIS.ask(shared_queue(), AnalysisAsked(str(match.path), tuple(models), match.title), match.id)
        page.close_dialog()
        st.rerun()
