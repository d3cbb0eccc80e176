"""Components that are made once in the browser and outlive the runs of their page (``standing.js``)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
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


def mount(
    component: Any, data: dict[str, Any], *, key: str, module: str, events: dict[str, Callable[[], None]]
) -> None:
    """Show a component.

    Arguments:
        component: from ``standing_component``.
        data: what it shows, as JSON.
        key: of the widget; what stands is kept for the same key alone.
        module: the script, below ``scripts``, that exports ``mount`` and whose result has ``root`` and ``destroy``.
        events: what to do at an event of the user, by its name.
    """
    callbacks = {f"on_{name}_change": answer for name, answer in {"lost": rerun_only, **events}.items()}
    payload = {**data, "scripts": scripts_url(), "module": module, "of": key}
    component(key=key, data=payload, height="content", **callbacks)


def rerun_only() -> None:
    """The answer to an event for which the run itself is the answer."""
