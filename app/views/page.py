"""What all pages have in common: title, style, and small pieces of markup."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.components.theme_watch import theme_watch
from app.serving import places
from spotting_core.base.errors import TouchlineError
from spotting_core.jobs.queue import Job

_STATIC = Path(__file__).resolve().parent.parent / "static"
_PLACE: ContextVar[DeltaGenerator | None] = ContextVar("place", default=None)  # that stands for the view being made
_DRAWN = "drawn_pages"  # in the session: the views that have been on screen
DIALOG = "dialog"  # in the session: the match or the view, and the dialog that is open over it
LOGO = str(_STATIC / "logo.svg")
ICON = str(_STATIC / "icon.png")
# All that begins something in Markdown as Streamlit reads it: emphasis, code, links and pictures, tags, entities,
# formulas, tables, colours and icons, wherever they stand; a heading, a list or a quotation at the beginning. An
# underscore within a word begins nothing.
_MARKS = re.compile(
    r"[\\`*\[\]<>&$~|{}]|(?<!\w)_|_(?!\w)|:(?=[a-zA-Z+])|(?:(?<=^)|(?<=^ ))[#+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]"
)
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=1)
def _css() -> str:
    return (Path(__file__).resolve().parent / "page.css").read_text(encoding="utf-8") + places.style()


def style() -> None:
    """The one style block of the app: page padding, colours, and the classes of our own markup; and what has the page
    made again when it turns dark or light."""
    st.html(f"<style>{_css()}</style>")
    with st.container(key="tl_theme"):  # takes no room
        theme_watch()


@contextmanager
def waiting(view: str) -> Iterator[None]:
    """Show where things will stand while a view is made for the first time in a session.

    Arguments:
        view: of ``places.FORMS``.
    """
    place, drawn = st.empty(), st.session_state.setdefault(_DRAWN, set())
    if view not in drawn:
        place.html(places.places(view, "This page is being made"))
    before = _PLACE.set(place)
    try:
        yield
    except Exception:  # what is said of it lies below
        place.empty()
        raise
    finally:
        _PLACE.reset(before)
    drawn.add(view)
    place.empty()


def appear() -> None:
    """Show the view as far as it is made, before something that takes its time."""
    if (place := _PLACE.get()) is not None:
        place.empty()


def title(view: str, match: str | None = None) -> None:
    """Name the view, and the match that it shows, in the title of the browser's window."""
    st.set_page_config(page_title=" – ".join(filter(None, [match, view, "Touchline"])))


def headline(text: str, facts: str = "") -> str:
    """Markup of the title that stands on a page, and beside it a few facts."""
    beside = f" <span>{escape(facts)}</span>" if facts else ""
    return f'<div class="tl-title" role="heading" aria-level="1">{escape(text)}{beside}</div>'


def scrolled(name: str) -> str:
    """Attributes of a part of a page that scrolls by itself and holds nothing to press: keys have to reach it."""
    return f'tabindex="0" role="region" aria-label="{escape(name)}"'


def register(**pages: Any) -> None:
    """Tell which pages there are, by name."""
    st.session_state["pages"] = pages


def go(name: str, **query: str) -> None:
    """Open another page; ends the run. Outside a fragment only."""
    st.switch_page(st.session_state["pages"][name], query_params=query or None)


def open_dialog(owner: str, name: str) -> None:
    """Open a dialog over a match or a view, as a button's ``on_click``: a click that waits for its line of the page is
    lost where the page runs anew before it."""
    st.session_state[DIALOG] = (owner, name)


def is_open(owner: str, name: str) -> bool:
    """Whether a dialog is: one that is open is shown again whenever the page runs anew by itself."""
    return bool(st.session_state.get(DIALOG) == (owner, name))


def close_others(owner: str) -> None:
    """Close a dialog that is open over another match or view than the one that is made now."""
    if st.session_state.get(DIALOG, (owner, ""))[0] != owner:
        close_dialog()


def close_dialog() -> None:
    """Close the dialog that is open."""
    st.session_state.pop(DIALOG, None)


def escape(text: object) -> str:
    """Text safe inside markup (``st.html``)."""
    return html.escape(str(text), quote=True)


def plain(text: object) -> str:
    """Text that shows as it is where Streamlit reads Markdown: labels, captions, errors, toasts.

    Whatever comes from outside goes through here: a name of a team or of a file could load a picture from elsewhere,
    or hide where a link leads. By CommonMark 2.4 a mark of punctuation after a backslash is text.
    """
    return _MARKS.sub(_as_text, _SPACE.sub(" ", str(text)))


def _as_text(found: re.Match[str]) -> str:
    return f"\\{found.group()}"


def length(microseconds: int) -> str:
    """A length for people: 6:17, 1:32:05."""
    seconds = round(microseconds / 1e6)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def place_in_line(job: Job) -> str:
    """How many queued jobs come before one, in words."""
    return f"{job.ahead} ahead" if job.ahead else "next"


def progress_text(job: Job) -> str:
    """One line on how far a job is."""
    if job.cancelling:
        return "Cancelling"
    if job.state == "queued":
        return f"Queued, {place_in_line(job)}"
    stage = plain(job.stage or "Starting")
    parts = [f"{job.progress:.0%}", stage[:1].lower() + stage[1:]]
    if job.speed:
        parts.append(f"{job.speed:.1f}× real time")
    if job.remaining is not None:
        parts.append(f"{length(int(job.remaining * 1e6))} left")
    return ", ".join(parts)


def clips(count: int) -> str:
    """1 clip, 2 clips."""
    return f"{count} clip{'' if count == 1 else 's'}"


def sentence(problem: Exception) -> str:
    """An error as a sentence that stands by itself: with a capital letter, but where it begins with a file or a field,
    whose name is as it is."""
    text = str(problem)
    named = isinstance(problem, TouchlineError) and problem.where is not None
    return text if named else text[:1].upper() + text[1:]


def attempt(action: Callable[..., object], *arguments: object) -> None:
    """Do what a click asks for before the page is made (``on_click``).

    What keeps it from being done stands over the page until it is dismissed; the page is made all the same.
    """
    try:
        action(*arguments)
    except TouchlineError as problem:
        st.toast(plain(sentence(problem)), icon=":material/error:", duration="infinite")


def error(problem: Exception) -> None:
    """Show an error in the words of the command line."""
    st.error(plain(sentence(problem)), icon=None)
