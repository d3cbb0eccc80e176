"""Where the app opens when no page is named: on the demo while there is nothing else, else on the library."""

from __future__ import annotations

from app.state import shared_library
from app.views import page


def show() -> None:
    """Open the page."""
    matches = shared_library().matches()
    page.go("match" if matches and all(m.is_demo for m in matches) else "library")
