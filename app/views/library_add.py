"""Adding many matches at once: the library folders browsed, a season previewed, files dropped into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from app.components.drop_zone import drop_zone
from app.library.folders import MOST_MATCHES, FoundMatch, folder_at, matches_below, unjoined
from app.library.library import Library
from app.library.uploads import LARGEST_PIECE, checked_name, taken_suffixes
from app.routes.http import PREFIX
from app.state import shared_queue, shared_reading, shared_settings
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.shown import token
from app.work.analysing import ask_for_analysis
from spotting_core.base.counts import count_of
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import load_classes
from spotting_core.jobs.joining import JOINING, JoiningParameters, joined_folder
from spotting_core.jobs.queue import FAILED
from spotting_core.media.recordings import chaptered
from spotting_core.media.source import videos_in

BROWSE, UPLOAD = "browse", "upload"
_TITLES = {BROWSE: "Browse folders", UPLOAD: "Drop files"}
_ADDING = "library_adding"  # in the session: {paths that are left, how many there were, analyse, model, problems}
_FOLDER = "library_folder"
_READ = 30  # matches of a preview whose videos are read to see what is wrong
_LISTED = 200  # matches and folders that are drawn
_JOINED = 5  # folders of pieces that are offered to be joined


def add_buttons() -> None:
    """Open the dialog; the address keeps that it is open, and where."""
    with st.container(horizontal=True, gap="small"):
        for name, title in _TITLES.items():
            # Before the page is made: a click that waits for its line is lost where the page runs anew before it.
            st.button(page.plain(title), key=f"library_{name}", on_click=_address_dialog, args=(name,))


def open_dialog(library: Library, model: str) -> None:
    """Show the dialog that the address asks for, if any."""
    take("add", "library_add", one_of(*_TITLES))
    if st.session_state.get("library_add") in _TITLES:
        _dialog(library, model)


def _address_dialog(name: str) -> None:
    """Have the address ask for the dialog."""
    st.query_params["add"] = name


def _close() -> None:
    for word in ("add", "folder"):
        st.query_params.pop(word, None)
    for key in ("library_add", _FOLDER):
        st.session_state.pop(key, None)


@st.dialog("Add matches", width="large", on_dismiss=_close)
def _dialog(library: Library, model: str) -> None:
    roots = shared_settings().roots
    if not roots:
        st.info("There is no library folder. Start the app with --root FOLDER, or set TOUCHLINE_ROOTS.")
        return
    if _ADDING in st.session_state:
        st.fragment(run_every=1.0)(_adding)(library)
        return
    what = st.segmented_control(
        "How", list(_TITLES), required=True, format_func=lambda w: page.plain(_TITLES[w]), key="library_add",
        label_visibility="collapsed",
    )  # fmt: skip
    put("add", "library_add", what)
    if what == UPLOAD:
        _upload(library, roots, model)
    else:
        _browse(library, roots, model)


# --- browsing -----------------------------------------------------------------------------------------


def _browse(library: Library, roots: tuple[Path, ...], model: str) -> None:
    take("folder", _FOLDER)
    here = _folder_of(str(st.session_state.get(_FOLDER) or ""), roots)
    put("folder", _FOLDER, _word_of(here, roots) if here else None)
    if here is None and len(roots) == 1:
        here = roots[0]
    _crumbs(here, roots)
    if here is None:
        for number, root in enumerate(roots):
            _folder_button(root, root.name or str(root), f"root-{number}", roots)
        return
    try:
        folder = folder_at(here, roots)
    except TouchlineError as problem:
        page.error(problem)
        return
    inside = folder.folders[:_LISTED]
    with st.container(horizontal=True, gap="small", key="library_folders"):
        for number, one in enumerate(inside):
            _folder_button(one, one.name, f"folder-{number}", roots)
    if folder.cut or len(inside) < len(folder.folders):
        st.caption("This folder holds more than is listed.")
    st.fragment(run_every=2.0)(preview)(library, here, roots, model)


def _folder_of(word: str, roots: tuple[Path, ...]) -> Path | None:
    """The folder that a word of the address names: the number of its root and the way below it."""
    number, _, below = word.partition("/")
    if not number.isdecimal() or not 0 < int(number) <= len(roots):
        return None
    return roots[int(number) - 1] / below if below else roots[int(number) - 1]


def _word_of(path: Path, roots: tuple[Path, ...]) -> str:
    root = next(r for r in roots if path.is_relative_to(r))
    below = path.relative_to(root).as_posix()
    return f"{roots.index(root) + 1}" + (f"/{below}" if below != "." else "")


def _open(path: Path, roots: tuple[Path, ...]) -> None:
    st.session_state[_FOLDER] = _word_of(path, roots)


def _folder_button(path: Path, name: str, key: str, roots: tuple[Path, ...]) -> None:
    st.button(
        page.plain(name), icon=":material/folder:", key=f"library-{key}", type="tertiary", on_click=_open,
        args=(path, roots),
    )  # fmt: skip


def _crumbs(here: Path | None, roots: tuple[Path, ...]) -> None:
    """The way to a folder, each step of which leads back."""
    if here is None:
        return
    root = next(r for r in roots if here.is_relative_to(r))
    steps = [root, *(root / part for part in _steps(here.relative_to(root)))]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="library_crumbs"):
        for number, step in enumerate(steps):
            name = page.plain(step.name or str(step))
            st.button(f"{name} /", key=f"library-step-{number}", type="tertiary", on_click=_open, args=(step, roots))


def _steps(below: Path) -> list[Path]:
    parts = below.parts
    return [Path(*parts[: n + 1]) for n in range(len(parts))]


# --- the preview --------------------------------------------------------------------------------------


def preview(library: Library, here: Path, roots: tuple[Path, ...], model: str, of_one: bool = False) -> None:
    """What would be added of a folder, and what is wrong; and the button that adds it."""
    found = matches_below(here, library, roots, load_classes(), of_one=of_one)
    if not found:
        st.caption("No video lies here.")
        return
    found, reading = _read(found, library)
    new = [one for one in found if one.match is None and one.problem is None]
    known, bad = sum(one.match is not None for one in found), sum(one.problem is not None for one in found)
    counts = [
        f"{len(new)} new",
        f"{known} in the library already" if known else "",
        f"{bad} that cannot be added" if bad else "",
    ]
    st.html(f'<div class="tl-card-title">{page.escape(", ".join(filter(None, counts)))}</div>')
    lines = "".join(_line(one, here) for one in found[:_LISTED])
    st.html(f'<div class="tl-found" role="list" tabindex="0" aria-label="What lies there">{lines}</div>')
    with st.container():  # always there, so that what follows keeps its place
        for number, (folder, recordings) in enumerate(_of_pieces(found, here, roots)):
            _joining(folder, recordings, number)
    if len(found) > _LISTED or len(found) == MOST_MATCHES:
        st.caption(f"The first {min(len(found), _LISTED):d} are listed; at most {MOST_MATCHES:d} are added at once.")
    if reading:
        are = "is" if reading == 1 else "are"
        st.caption(f"{page.plain(count_of(reading, 'match'))} {are} being read; what cannot be read is told here.")
    if len(new) > _READ:
        st.caption(
            f"The first {_READ:d} are read now, the others when they are added; what cannot be read is told then."
        )
    _add_buttons(new, model)


def _read(found: Sequence[FoundMatch], library: Library) -> tuple[list[FoundMatch], int]:
    """The matches, with what is wrong with the videos of the first new ones, and how many of these are being read."""
    matches, left, reading = [], _READ, 0
    for one in found:
        if one.match is not None or one.problem is not None or not left:
            matches.append(one)
            continue
        left -= 1
        try:
            media = [shared_reading().media(half.path) for half in library.open(str(one.path)).halves]
            reading += None in media
            matches.append(one)
        except TouchlineError as problem:
            matches.append(replace(one, problem=str(problem)))
    return matches, reading


def _add_buttons(new: Sequence[FoundMatch], model: str) -> None:
    first, second = st.columns(2)
    matches = f" {count_of(len(new), 'match')}" if new else ""
    add = first.button(f"Add{matches}", type="primary", width="stretch", disabled=not new)
    analyse = second.button(f"Add and analyse{matches}", width="stretch", disabled=not new)
    if add or analyse:
        st.session_state[_ADDING] = {
            "left": [one.path for one in new], "of": len(new), "model": model if analyse else None, "problems": [],
        }  # fmt: skip
        st.rerun(scope="app")


def _line(one: FoundMatch, here: Path) -> str:
    """A match as a line: sign, title, what is there, what is wrong."""
    sign, kind = ("✗", "bad") if one.problem else ("✓", "known") if one.match else ("+", "new")
    videos = f"{one.videos} video{'' if one.videos == 1 else 's'}"
    facts = "In the library" if one.match else f"{videos}, {'with' if one.labels else 'without'} labels"
    if one.unread:
        facts += f"; not taken from here, give it as Labels: {', '.join(one.unread)}"
    below = one.path.relative_to(here).as_posix() if one.path != here else one.path.name
    return (
        f'<div class="{kind}" role="listitem"><span aria-hidden="true">{sign}</span><span>'
        f"<b>{page.escape(one.title)}</b><small>{page.escape(below)}</small></span>"
        f"<small>{page.escape(one.problem or facts)}</small></div>"
    )


# --- pieces -------------------------------------------------------------------------------------------


def _of_pieces(found: Sequence[FoundMatch], here: Path, roots: tuple[Path, ...]) -> list[tuple[Path, int]]:
    """Folders of pieces of recordings, with how many videos they would become: this one, or those below."""
    if chaptered(one.path for one in found if one.path.parent == here):
        return [(here, recordings)] if (recordings := unjoined(here, roots)) else []
    return [(one.path, one.recordings) for one in found if one.recordings][:_JOINED]


def _joining(folder: Path, recordings: int, number: int) -> None:
    """Offer to join the videos of a folder that are pieces of recordings, or say how far that is."""
    queue, parameters = shared_queue(), JoiningParameters(str(folder))
    job = queue.latest(JOINING.key(parameters))
    if job is not None and job.live:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.progress(min(1.0, job.progress), text=page.plain(f"{job.title}: {page.progress_text(job)}"))
            if st.button("Cancel", key=f"library-join-stop-{number}", disabled=job.cancelling):
                queue.cancel(job.id)
        return
    if job is not None and job.state == FAILED:
        st.error(page.plain(f"{folder.name} could not be joined. {job.error}"))
    help_text = (
        f"Writes into {joined_folder(folder).name}, beside it, from where they can be added. Nothing is encoded anew, "
        "and the pieces stay as they are; as much room as they take is needed once more."
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        videos = "one video" if recordings == 1 else f"{recordings} videos"
        sure = chaptered(videos_in(folder))
        are = "are pieces of recordings" if sure else "are numbered; where they are pieces of one recording, join them"
        st.caption(page.plain(f"The videos of {folder.name} {are}."))
        if st.button(page.plain(f"Join them into {videos}"), key=f"library-join-{number}", help=page.plain(help_text)):
            JOINING.ask(queue, parameters)
            st.rerun(scope="app")


# --- adding -------------------------------------------------------------------------------------------


def _adding(library: Library) -> None:
    """Add what was asked for, one after the other as their videos have been read; this goes on while it is open."""
    state = st.session_state[_ADDING]
    left: list[Path] = state["left"]
    done = state["of"] - len(left)
    reading = (
        f"{done} of {state['of']}: reading the videos of {left[0].name}" if left else f"{done} of {state['of']} read"
    )
    st.progress(done / state["of"], text=page.plain(reading))
    for problem in state["problems"]:
        st.html(f'<div class="tl-facts">✗ {page.escape(problem)}</div>')
    if left:
        _add_next(library, state)
        if st.button("Stop", key="library_stop"):
            left.clear()
        return
    added = state["of"] - len(state["problems"])
    st.success(f"{added:d} added", icon=None)
    if st.button("Done", type="primary", key="library_done"):
        del st.session_state[_ADDING]
        _close()
        st.rerun(scope="app")


def _add_next(library: Library, state: dict) -> None:
    path: Path = state["left"][0]
    try:
        source = library.open(str(path))
        if any(shared_reading().media(half.path) is None for half in source.halves):
            return
        match = library.add(str(path))
        if state["model"] is not None:
            ask_for_analysis(shared_queue(), library, match, [state["model"]])
    except TouchlineError as problem:
        state["problems"].append(f"{path.name}: {problem}")
    state["left"].pop(0)


# --- dropping files -----------------------------------------------------------------------------------


def _upload(library: Library, roots: tuple[Path, ...], model: str) -> None:
    """Take files into a folder of a root, then show what they are."""
    where, name = st.columns(2)
    root = roots[0]
    if len(roots) > 1:
        root = where.selectbox("Library folder", roots, format_func=lambda r: r.name or str(r), key="library_root")
    else:
        where.caption(page.plain(f"Into {root}"))
    wanted = name.text_input(
        "Folder of the match", key="library_new_folder", placeholder="2026-05-01 Home v Away",
        help="Halves are named 1_720p.mkv and 2_720p.mkv, or come in the order of their names; extra time: ET1, ET2.",
    )  # fmt: skip
    try:
        folder = checked_name(wanted, "folder") if wanted.strip() else ""
    except TouchlineError as problem:
        page.error(problem)
        folder = ""
    address = f"{PREFIX}/upload/{token(root, 'upload')}"
    drop_zone(address, folder, taken_suffixes(), LARGEST_PIECE, key="library_drop", on_done=lambda: None)
    if folder and (root / folder).is_dir():
        st.fragment(run_every=2.0)(preview)(library, root / folder, roots, model, of_one=True)
    elif not folder:
        st.caption("Name the folder first, then drop the videos of the halves and their labels.")
