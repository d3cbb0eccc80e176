"""Components that are made once in the browser and outlive the runs of their page (``standing.js``)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from app.routes.http import PREFIX, SCRIPTS

HERE = Path(__file__).resolve().parent


@lru_cache(maxsize=1)
def scripts_url() -> str:
    """Where the browser finds the scripts; changes with their content, so that none is stale."""
    digest = hashlib.sha256()
    for path in sorted(SCRIPTS.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return f"{PREFIX}/scripts/{digest.hexdigest()[:12]}"


@st.cache_resource(show_spinner=False)
def standing_component(name: str, html: str, *styles: str) -> Any:
    """A component of a page.

    Arguments:
        name: of the component.
        html: what stands there until its script has loaded; one element of it has the attribute ``data-standing``.
        styles: names of its style sheets.
    """
    css = "\n".join((HERE / style).read_text(encoding="utf-8") for style in styles)
    js = (HERE / "standing.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"touchline_{name}", html=html, css=css, js=js)


@st.cache_resource(show_spinner=False)
def small_component(name: str, html: str) -> Any:
    """A component that is one script and one style sheet of its name, made anew wherever it stands."""
    css, js = ((HERE / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return st.components.v2.component(f"touchline_{name}", html=html, css=css, js=js)


def mount(
    component: Any, data: dict[str, Any], *, key: str, module: str, events: Mapping[str, Callable[[Any], None]]
) -> None:
    """Show a component.

    Arguments:
        component: from ``standing_component``.
        data: what it shows, as JSON.
        key: of the widget; what stands is kept for the same key alone.
        module: the script, below ``scripts``, that exports ``mount`` and whose result has ``root`` and ``destroy``. It
            gets ``tell(name, value)``, for events, ``again()``, which has the page run once more, and ``waiting``,
            whether something that was told has not been taken yet. If the result is ``passing``, the page is not asked
            for its place when it is taken away.
        events: what to do with what the browser tells, by the first word of the event's name. Of two events of one name
            the later counts; else none is lost, and none is done twice.
    """
    payload = {
        **data, "scripts": scripts_url(), "module": module, "of": key, "taken": st.session_state.get(_taken_key(key))
    }  # fmt: skip
    component(key=key, data=payload, height="content", on_outbox_change=lambda: _take(key, events))


def _taken_key(key: str) -> str:
    """Where the session keeps which events of a component were taken last: {box, n}."""
    return f"{key}/taken"


def _take(key: str, events: Mapping[str, Callable[[Any], None]]) -> None:
    """Take what the browser tells, in order; what was taken already is passed over (see ``Outbox`` in standing.js).

    Streamlit may have forgotten a component whose page was left when the browser still asks for its place.
    """
    sent = st.session_state.get(key, {}).get("outbox")
    if not sent:
        return
    taken = st.session_state.get(_taken_key(key), {})
    last = taken.get("n", 0) if taken.get("box") == sent["box"] else 0
    for event in sent["waiting"]:
        if event["n"] <= last:
            continue
        st.session_state[_taken_key(key)] = {"box": sent["box"], "n": event["n"]}
        name = str(event["name"]).partition(" ")[0]
        if name in events:  # one of an analysis that is shown no longer may come late
            events[name](event["value"])
