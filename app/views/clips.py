"""The Clips view: the clips of a match chosen, trimmed and put in order, and what is exported of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.components.clips import clip_desk
from app.components.copied_link import link_button
from app.library.library import Library, Match
from app.library.roots import source_of
from app.library.video_reading import VIDEOS
from app.state import shared_library, shared_selections, shared_settings
from app.views import page
from app.views.class_choice import class_popover
from app.views.clips_choice import (
    CHANGED,
    CLASSES,
    MADE,
    choose_dialog,
    choosing,
    clipped_classes,
    default_clips,
    forget_what_was_made,
    selection_of_address,
    usual_classes,
)
from app.views.clips_export import export_card, exports_card
from app.views.playlists import WORD, of_match, playlist_popover, show_playlist
from app.views.prepared import when_prepared
from app.views.shown import chosen_analysis, link, match_of_address, parts_data
from app.workspace.entry import OVERLAY
from app.workspace.overlays.boxes import entity_names
from app.workspace.overlays.maps import map_of
from app.workspace.registry import entries, named
from app.workspace.videos import prepare_once, video_note
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import ConflictError, TouchlineError
from spotting_core.clips.selection import Clip, Margins
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.parts import Parts
from spotting_core.media.playback import playback_file
from spotting_core.media.source import team_names
from spotting_core.store.selections import OwnMargins, Selection

_UNSAVED = "unsaved"


def show() -> None:
    """The page."""
    library = shared_library()
    if wanted := st.query_params.get(WORD):
        show_playlist(library, wanted)
        return
    match = match_of_address(library)
    if match is None:
        st.info("There is no such match in the library.")
        return
    page.title("Clips", match.title)
    analyses = library.analyses(match)
    analysis = chosen_analysis(analyses) if analyses else None
    try:
        media = {h.half: VIDEOS.ingest(h.path, shared_settings().data) for h in source_of(match.path).halves}
    except TouchlineError as problem:
        page.error(problem)
        return
    forget_what_was_made(match)
    selection = selection_of_address(match)
    working, left_out = _working(match, analysis, selection)
    lengths = {half: m.table.duration for half, m in media.items()}
    _toolbar(library, match, analysis, selection, working, lengths, left_out)
    _conflict(match, selection)
    left, right = st.container(key="clips_columns").columns([1066, 330], gap="small")
    with left:
        _desk(match, analysis, selection, working)
        when_prepared([match])
    with right:
        export_card(match, analysis, media, working[0])
        exports_card(match.id)


def _working(
    match: Match, analysis: Analysis | None, selection: Selection | None
) -> tuple[tuple[tuple[Clip, ...], OwnMargins], str]:
    """The clips on screen and the margins of their classes, the selection's, else those of what matters most; and what
    is left out of these, as a clause."""
    if selection is not None:
        return (selection.clips, selection.margins), ""
    first = default_clips(match, analysis)
    return (first.clips, {}), first.left_out


# --- above the desk -----------------------------------------------------------------------------------


def _toolbar(
    library: Library,
    match: Match,
    analysis: Analysis | None,
    selection: Selection | None,
    working: tuple[Sequence[Clip], OwnMargins],
    lengths: dict[int, int],
    left_out: str,
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="clips_bar"):
        st.html(page.headline("Clips"), width="content")
        matches = {m.id: m for m in library.matches()}
        chosen = st.selectbox(
            "Match", list(matches), index=list(matches).index(match.id), format_func=lambda m: matches[m].title,
            label_visibility="collapsed", width=240,
        )  # fmt: skip
        if chosen != match.id:
            page.go("clips", match=str(chosen))
        _selection_box(match, selection)
        if selection is None:
            class_popover(clipped_classes(match, analysis), CLASSES, usual=usual_classes(match, analysis))
        st.html(f'<div class="tl-cap">{_facts(working[0], left_out)}</div>', width="content")
        st.space("stretch")
        link_button("clips_link")
        playlist_popover(of_match(working[0], match), "clips_playlist")
        with st.popover("Save", icon=":material/bookmark:"):
            _save(match, selection, working)
        st.button("Choose spots", icon=":material/filter_list:", on_click=page.open_dialog, args=choosing(match))
    page.close_others(choosing(match)[0])
    if page.is_open(*choosing(match)):
        choose_dialog(match, analysis, lengths, working[1])


def _facts(clips: Sequence[Clip], left_out: str) -> str:
    """How many clips there are, how long they are, and what is left out."""
    counted = f"{page.clips(len(clips))}, {page.length(sum(c.length for c in clips))}"
    return f"{counted}; {left_out}" if left_out else counted


def _selection_box(match: Match, selection: Selection | None) -> None:
    named = {s.id: s.name for s in shared_selections().named(match.id)}
    options = [_UNSAVED, *named]
    now = selection.id if selection is not None and selection.id in named else _UNSAVED
    key = f"clips_selection_{match.id}_{now}_{len(named)}"
    chosen = st.selectbox(
        "Selection", options, index=options.index(now), format_func=lambda s: named.get(s, "Not saved"), key=key,
        label_visibility="collapsed", width=200,
    )  # fmt: skip
    if chosen != now:
        query = {"match": match.id} if chosen == _UNSAVED else {"match": match.id, "selection": str(chosen)}
        page.go("clips", **query)


def _save(match: Match, selection: Selection | None, working: tuple[Sequence[Clip], OwnMargins]) -> None:
    name = st.text_input("Name of the selection", value=selection.name if selection else "")
    if st.button("Save", type="primary", disabled=not name.strip()):
        kept = selection or shared_selections().make(match.id, *working)
        shared_selections().rename(kept.id, name)
        page.go("clips", match=match.id, selection=kept.id)
    if selection is not None and selection.name and st.button("Delete this selection"):
        shared_selections().remove(selection.id)
        page.go("clips", match=match.id)


def _conflict(match: Match, selection: Selection | None) -> None:
    """What to do about two people's changes: neither wins by itself."""
    mine = st.session_state.get("clips_conflict")
    if selection is None or mine is None or mine[0] != selection.id:
        return
    with st.container(border=True, key="tl_card_conflict"):
        st.write(
            f"Someone else has changed this selection. Theirs has {page.clips(len(selection.clips))} and is shown; "
            f"yours has {page.clips(len(mine[1]))}."
        )
        theirs, copy, _ = st.columns([1, 1, 3])
        if theirs.button("Go on with theirs", width="stretch"):
            del st.session_state["clips_conflict"]
            st.rerun()
        if copy.button("Keep mine as a copy", width="stretch"):
            del st.session_state["clips_conflict"]
            name = f"{selection.name}, copy" if selection.name else ""
            kept = shared_selections().make(match.id, mine[1], mine[2], name)
            page.go("clips", match=match.id, selection=kept.id)


# --- the desk -----------------------------------------------------------------------------------------


def _desk(
    match: Match,
    analysis: Analysis | None,
    selection: Selection | None,
    working: tuple[tuple[Clip, ...], OwnMargins],
) -> None:
    key = f"clips-{match.id}"
    clip_desk(
        desk_data(match, analysis, selection, working),
        key=key,
        on_changed=lambda event: _changed(match, selection, event),
    )


def _changed(match: Match, selection: Selection | None, event: dict[str, Any]) -> None:
    """Keep what was changed on the desk."""
    try:
        clips = [Clip.from_json(c) for c in event["clips"]]
    except TouchlineError as problem:
        st.toast(page.plain(problem))
        return
    margins = {str(k): (float(v[0]), float(v[1])) for k, v in event["margins"].items()}
    st.session_state["clips_answered"], st.session_state[CHANGED] = int(event["sequence"]), True
    store = shared_selections()
    own: dict[str, set[int]] = st.session_state.setdefault("clips_own", {})
    selection = selection or selection_of_address(match)  # the change before may have made one meanwhile
    if selection is None:
        kept = store.make(match.id, clips, margins)
        own[kept.id] = {1}
        st.session_state.setdefault(MADE, {})[match.id] = kept.id
        st.query_params["selection"] = kept.id
        return
    current = store.get(selection.id)
    known = int(event["revision"]) if event["selection"] == selection.id else 1
    others = current is None or any(r not in own.get(selection.id, ()) for r in range(known + 1, current.revision + 1))
    try:
        if current is None or others:
            raise ConflictError("someone else has changed this selection")
        saved = store.save(selection.id, clips, margins, current.revision)
        own.setdefault(selection.id, set()).add(saved.revision)
    except ConflictError:
        st.session_state["clips_conflict"] = (selection.id, tuple(clips), margins)


def desk_data(
    match: Match,
    analysis: Analysis | None,
    selection: Selection | None,
    working: tuple[tuple[Clip, ...], OwnMargins],
) -> dict[str, Any]:
    """All that the desk shows, as JSON."""
    classes = clipped_classes(match, analysis)
    clips, own = working
    margins = Margins(classes, own)
    return {
        "match": match.id,
        "teams": team_names(match),
        "selection": selection.id if selection else None,
        "revision": selection.revision if selection else 0,
        "answered": st.session_state.get("clips_answered", 0),
        "conflict": bool(selection and st.session_state.get("clips_conflict", (None,))[0] == selection.id),
        "clips": [c.as_json() for c in clips],
        "margins": {c.name: margins.of(c.name) for c in classes},
        "shown": named(e for e in entries().values() if e.kind == OVERLAY),
        "rate": analysis.record.rate if analysis else 2.0,
        "classes": _classes(classes),
        "entities": entity_names(analysis) if analysis else [],
        "arrays": {
            "entities": bool(analysis and analysis.has("entities")),
            "map": map_of(analysis) if analysis else None,
        },
        "halves": _halves(match, analysis, classes.parts),
        "parts": parts_data(classes.parts),
    }


def _classes(classes: ClassTable) -> list[dict[str, Any]]:
    return [
        {
            "index": c.index, "name": c.name, "short": c.short, "group": c.group, "glyph": c.glyph,
            "light": c.colour_light, "dark": c.colour_dark,
        }
        for c in classes
    ]  # fmt: skip


def _halves(match: Match, analysis: Analysis | None, parts: Parts) -> list[dict[str, Any]]:
    data = shared_settings().data
    analysed = {h.half: h.folder for h in analysis.halves} if analysis else {}
    halves = []
    for source in source_of(match.path).halves:
        media = VIDEOS.ingest(source.path, data)
        playable = playback_file(media)
        if playable is None:
            prepare_once(match)
        halves.append({
            "half": source.half,
            "duration": media.table.duration / 1e6,
            "width": media.info.width,
            "height": media.info.height,
            "video": link("media", playable) if playable else None,
            "note": video_note(match, parts, True, analysis is not None),
            "poster": link("media", VIDEOS.make_poster(media)),
            "times": link("times", source.path, "frames"),
            "picture": link("picture", source.path, "frames"),
            "array": link("array", analysed[source.half], "half") if source.half in analysed else None,
            "frameRate": media.table.frame_rate,
            "sound": bool(media.info.audio),
        })  # fmt: skip
    return halves
