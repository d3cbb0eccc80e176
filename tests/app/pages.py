"""Pages of the app without a browser: how they are run, and what is on them."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.conftest import REPOSITORY

DASHBOARD = REPOSITORY / "app" / "dashboard.py"
_PRESETS = "presets"  # what the control of classes alone is given


def library_page() -> AppTest:
    """The library, which a page without a browser opens at no address of its own."""

    def script() -> None:
        import streamlit as st

        from app.views import library, match, page, trouble

        pages = {"library": st.Page(library.show, default=True), "match": st.Page(match.show, url_path="match")}
        page.register(**pages)
        trouble.tell_of_workers()
        st.navigation(list(pages.values())).run()

    return AppTest.from_function(script, default_timeout=240)


def match_page(**query: str) -> AppTest:
    def script() -> None:
        from app.views import match, page

        page.register(library=None, match=None)
        match.show()

    at = AppTest.from_function(script, default_timeout=240)
    for name, value in query.items():
        at.query_params[name] = value
    return at


def view(name: str, **query: str) -> AppTest:
    def script(name: str) -> None:
        import importlib

        from app.views import page

        page.register(library=None, match=None, clips=None)
        importlib.import_module(f"app.views.{name}").show()

    at = AppTest.from_function(script, default_timeout=240, args=(name,))
    for key, value in query.items():
        at.query_params[key] = value
    return at


def texts(at: AppTest) -> str:
    return " ".join(
        e.value for kind in ("html", "markdown", "caption", "info", "error", "success") for e in at.get(kind)
    )


def component_data(at: AppTest, index: int = 0) -> dict[str, Any]:
    """What a component, such as the workspace, was given; the control of classes is counted apart, and those that are
    given nothing and the watch over the page's colours are not counted."""
    return [content for content in _contents(at) if content and _PRESETS not in content][index]


def class_control(at: AppTest, index: int = 0) -> dict[str, Any]:
    """What the control of classes was given."""
    return [content for content in _contents(at) if _PRESETS in content][index]


def _contents(at: AppTest) -> list[dict[str, Any]]:
    protos = (element.proto for element in at.get("bidi_component"))
    return [json.loads(p.json or p.mixed.json) for p in protos if p.component_name != "touchline_theme_watch"]
