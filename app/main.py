"""The server: the dashboard, its own routes on the same port, and the workers, which live as long as it does.

streamlit run app/main.py        (or: touchline app)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from app.routes.http import routes
from app.work.kinds import executors
from spotting_core.jobs.executor import Executors


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    workers = Executors(executors())
    workers.start()
    try:
        yield
    finally:
        workers.stop()


app = st.App(Path(__file__).resolve().parent / "dashboard.py", routes=routes(), lifespan=lifespan)
