"""What a page says when something is wrong that no view expects, in a sentence in its place."""

from __future__ import annotations

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from app.settings import settings
from app.views import page
from app.work.workers import WORKERS
from spotting_core.base.errors import TouchlineError
from spotting_core.store.database import open_database
from spotting_core.store.health import damage, is_damage


def tell(error: Exception) -> bool:
    """Say what is wrong, where it can be said; whether it could."""
    if isinstance(error, SQLAlchemyError):
        if is_damage(error):
            page.error(damage(error, open_database(settings().data)))
        else:
            st.error("The database cannot be reached at the moment. Reload the page to try again.")
        return True
    if isinstance(error, TouchlineError):
        page.error(error)
        return True
    return False


def tell_of_workers() -> None:
    """Say on every page what is wrong with the database or the workers."""
    for problem in WORKERS.problems().values():
        if problem is not None:
            st.error(page.plain(problem))
