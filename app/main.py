"""The server: the dashboard, its own routes on the same port, and the workers, which live as long as it does.

touchline app        (or ``serving.server``, which it starts)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app.routes.http import routes
from app.serving.doors import Doors, Rules
from app.serving.first_paint import FirstPaint
from app.serving.limits import Limited
from app.serving.patience import PatientBodies
from app.serving.policy import Policy
from app.serving.viewer import Viewers
from app.settings import settings
from app.views.trouble import tell
from app.work.workers import WORKERS


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    WORKERS.start()
    try:
        yield
    finally:
        WORKERS.stop()


def guards() -> list[Middleware]:
    """What stands before the app and its routes, from the outside in."""
    rules = Rules.of(settings().address, settings().names)
    return [
        Middleware(Policy),
        Middleware(Doors, rules=rules),
        Middleware(Viewers),
        Middleware(PatientBodies),
        Middleware(Limited),
        Middleware(FirstPaint),
    ]


app = st.App(
    Path(__file__).resolve().parent / "dashboard.py",
    routes=routes(),
    middleware=guards(),
    lifespan=lifespan,
    on_script_error=tell,
)
