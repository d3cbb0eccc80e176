"""Playlists of the Clips view: clips of several matches by a name and a link, and how they come into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.components.copied_link import link_button
from app.components.evaluate_lists import error_list
from app.components.playlist import playlist_player
from app.library.library import Library, Match
from app.library.roots import source_of
from app.library.video_reading import VIDEOS
from app.state import shared_playlists, shared_queue, shared_settings
from app.views import page
from app.views.clips_export import exports_card, file_names, film_lines, order_of, say_before, videos_of
from app.views.prepared import when_prepared
from app.views.shown import drawn, link, picture_at
from app.work.clip_export import CLIPS, clips_parameters
from app.workspace.videos import prepare_once, video_note
from spotting_core.base.errors import TouchlineError
from spotting_core.clips.cutting import SLOW_AFTER, SLOW_BEFORE
from spotting_core.clips.drawing import CAPTION
from spotting_core.clips.selection import Clip
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.media.playback import playback_file
from spotting_core.store.playlists import Playlist

WORD = "playlist"
_NEW = "new"
_GONE = "This match is no longer in the library"
_REEL, _EACH = "One reel", "One file each"


def playlist_popover(clips: Sequence[Clip], key: str) -> None:
    """Put clips, each with its match, into a playlist, an old or a new one; or open one."""
    lists = {one.id: one for one in shared_playlists().all()}
    with st.popover("Playlists", icon=":material/playlist_add:"):
        chosen = st.selectbox(
            "Playlist", [_NEW, *lists], key=f"{key}_list",
            format_func=lambda p: "A new one" if p == _NEW else f"{lists[p].name}, {page.clips(len(lists[p].clips))}",
        )  # fmt: skip
        name = st.text_input("Its name", key=f"{key}_name", max_chars=120) if chosen == _NEW else ""
        ready = bool(clips) and (chosen != _NEW or bool(name.strip()))
        if st.button(f"Add {page.clips(len(clips))}", type="primary", disabled=not ready, key=f"{key}_add"):
            try:
                store = shared_playlists()
                made = store.make(name, clips) if chosen == _NEW else store.add(str(chosen), clips)
            except TouchlineError as problem:
                page.error(problem)
                return
            page.go("clips", **{WORD: made.id})
        if chosen != _NEW and st.button("Open it", key=f"{key}_open"):
            page.go("clips", **{WORD: str(chosen)})


def show_playlist(library: Library, playlist_id: str) -> None:
    """The page of a playlist."""
    playlist = shared_playlists().get(playlist_id)
    if playlist is None:
        st.info("This playlist was deleted.")
        if st.button("To the clips"):
            page.go("clips")
        return
    page.title("Clips", playlist.name)
    matches = {m.id: m for m in library.matches()}
    names = dict.fromkeys(c.match for c in playlist.clips)
    total = page.length(sum(c.length for c in playlist.clips))
    facts = f"{page.clips(len(playlist.clips))} of {len(names)} match{'' if len(names) == 1 else 'es'}, {total}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="playlist_bar"):
        st.html(
            page.headline(playlist.name, facts),
            width="content",
        )
        st.space("stretch")
        link_button("playlist_link")
        _change(playlist)
        if st.button("Clips of a match"):
            page.go("clips")
    left, right = st.container(key="clips_columns").columns([1066, 330], gap="small")
    tables = {name: _classes(library, matches.get(name)) for name in names}
    with left:
        if playlist.clips:
            playlist_player(player_clips(playlist, matches, tables), key=f"playlist-{playlist.id}")
            when_prepared(matches[name] for name in names if name in matches)
        with st.container(border=True, key="tl_card_playlist", gap="small"):
            _rows(playlist, matches, tables)
    with right:
        _export(library, playlist, matches)
        exports_card(None)


def _change(playlist: Playlist) -> None:
    with st.popover("Change", icon=":material/edit:"):
        name = st.text_input("Name", value=playlist.name, max_chars=120, key=f"playlist_name_{playlist.id}")
        if st.button("Rename", disabled=not name.strip() or name == playlist.name):
            _save(playlist, playlist.clips, name)
        if st.button("Delete this playlist"):
            shared_playlists().remove(playlist.id)
            page.go("clips")


def _save(playlist: Playlist, clips: Sequence[Clip], name: str | None = None) -> None:
    """Keep a change and show it; what others changed meanwhile stays, and is told."""
    try:
        shared_playlists().save(playlist, clips, name)
    except TouchlineError as problem:
        st.toast(page.plain(problem))
        return
    st.rerun()


# --- the clips ----------------------------------------------------------------------------------------


def player_clips(playlist: Playlist, matches: dict[str, Match], tables: dict[str, ClassTable]) -> list[dict[str, Any]]:
    """The clips as their player takes them (see ``components.playlist``)."""
    videos = {half: _video(matches.get(half[0]), half[1], tables[half[0]]) for half in _halves(playlist)}
    clips = []
    for clip in playlist.clips:
        classes, (video, missing) = tables[clip.match], videos[clip.match, clip.half]
        around = (clip.start, clip.end) if clip.time is None else (clip.time - SLOW_BEFORE, clip.time + SLOW_AFTER)
        clips.append({
            "match": clip.match,
            "half": clip.half,
            "name": clip.label,
            **_look(clip, classes),
            "clock": classes.parts.match_clock(clip.half, clip.moment),
            "title": matches[clip.match].title if clip.match in matches else "",
            "length": page.length(clip.length),
            "caption": clip.caption,
            "start": clip.start / 1e6,
            "end": clip.end / 1e6,
            "slow": {"from": around[0] / 1e6, "to": around[1] / 1e6, "speed": clip.slow},
            "freezes": [{**asdict(freeze), "time": freeze.time / 1e6} for freeze in clip.freezes],
            "video": video,
            "missing": missing,
        })  # fmt: skip
    return clips


def _halves(playlist: Playlist) -> set[tuple[str, int]]:
    return {(clip.match, clip.half) for clip in playlist.clips}


def _video(match: Match | None, half: int, classes: ClassTable) -> tuple[str | None, str]:
    """Address of the video of a half, or None and why there is none."""
    if match is None:
        return None, _GONE
    try:
        path = next((h.path for h in source_of(match.path).halves if h.half == half), None)
        playable = playback_file(VIDEOS.ingest(path, shared_settings().data)) if path is not None else None
    except TouchlineError as problem:
        return None, str(problem)
    if playable is not None:
        return link("media", playable), ""
    if path is not None:
        prepare_once(match)
    return None, video_note(match, classes.parts, path is not None, analysed=False)


def _rows(playlist: Playlist, matches: dict[str, Match], tables: dict[str, ClassTable]) -> None:
    if not playlist.clips:
        st.caption("There is no clip in it. Add some from the clips of a match or from a search.")
        return
    for number, clip in enumerate(playlist.clips):
        what, up, down, out = st.columns([10, 1, 1, 1], vertical_alignment="center", gap="small")
        with what:
            error_list([_row(number, clip, matches.get(clip.match), tables[clip.match])], "", key=f"playlist-{number}")
        if up.button("↑", key=f"playlist-up-{number}", disabled=not number, help="Earlier", width="stretch"):
            _save(playlist, _moved(playlist.clips, number, number - 1))
        last = number == len(playlist.clips) - 1
        if down.button("↓", key=f"playlist-down-{number}", disabled=last, help="Later", width="stretch"):
            _save(playlist, _moved(playlist.clips, number, number + 1))
        if out.button("✕", key=f"playlist-out-{number}", help="Take it out", width="stretch"):
            _save(playlist, [c for n, c in enumerate(playlist.clips) if n != number])


def _moved(clips: Sequence[Clip], number: int, to: int) -> list[Clip]:
    order = list(clips)
    order.insert(to, order.pop(number))
    return order


def _classes(library: Library, match: Match | None) -> ClassTable:
    analyses = library.analyses(match) if match is not None else []
    return analyses[0].classes if analyses else load_classes()


def _look(clip: Clip, classes: ClassTable) -> dict[str, Any]:
    """How a clip's class is drawn; a mark has none."""
    return drawn(classes.get(clip.label)) if clip.label in classes else {
        "short": clip.label, "group": "flow", "glyph": "other", "light": "#606C7A", "dark": "#9AA6B2",
    }  # fmt: skip


def _row(number: int, clip: Clip, match: Match | None, classes: ClassTable) -> dict[str, Any]:
    title = match.title if match is not None else _GONE
    query = {"match": clip.match, "half": clip.half, "t": f"{clip.start / 1e6:.3f}", "class": clip.label}
    return {
        "kind": "clip",
        **_look(clip, classes),
        "clock": classes.parts.match_clock(clip.half, clip.moment),
        "text": ", ".join(filter(None, [f"{number + 1}", title, page.length(clip.length), clip.caption, clip.note])),
        "link": f"match?{urlencode(query)}" if match is not None else None,
        "picture": picture_at(match, clip.half, clip.moment) if match is not None else None,
    }


def _export(library: Library, playlist: Playlist, matches: dict[str, Match]) -> None:
    """Ask for the clips as a reel or as files."""
    there = [c for c in playlist.clips if c.match in matches]
    used = {name: matches[name] for name in dict.fromkeys(c.match for c in there)}
    media = videos_of(used)
    with st.container(border=True, key="tl_card_export", gap="small"):
        st.html('<div class="tl-card-title">Export</div>')
        form = st.segmented_control(
            "Files", [_REEL, _EACH], default=_REEL, required=True, label_visibility="collapsed", width="stretch",
            key="playlist_form",
        )  # fmt: skip
        reel = form == _REEL
        first = next((media[c.match, c.half] for c in there if (c.match, c.half) in media), None)
        lines = film_lines(first, "playlist_size") if first is not None else None
        cards = reel and st.toggle("Title cards with the match", value=True, key="playlist_cards")
        layers = frozenset({CAPTION} if st.toggle("Caption on the picture", key="playlist_caption") else ())
        names = file_names(reel, "playlist_names")
        order = order_of(there, reel=reel, cards=cards, zipped=not reel, lines=lines, layers=layers, names=names)
        if order is not None:
            say_before(order, media)
        label = f"Export {page.clips(len(there))}"
        if st.button(label, type="primary", width="stretch", disabled=order is None, key="playlist_export") and order:
            analysed = {name: (m, next(iter(library.analyses(m)), None)) for name, m in used.items()}
            CLIPS.ask(shared_queue(), clips_parameters(analysed, order, f"{page.clips(len(there))}, {playlist.name}"))
            st.rerun()


def of_match(clips: Sequence[Clip], match: Match) -> list[Clip]:
    """Clips that say of which match they are."""
    return [replace(clip, match=match.id) for clip in clips]
