"""What every view shares: the library, the queue. Nothing that matters is kept in a session."""

from __future__ import annotations

import streamlit as st

from app.library.asking import Batches
from app.library.library import Library
from app.library.video_reading import VideoReading
from app.searching import text as search_text
from app.settings import Settings, settings
from spotting_core.jobs.queue import JobQueue
from spotting_core.search.engine import SpotSearch
from spotting_core.search.saved import SavedSearches
from spotting_core.store.camera_reviews import CameraReviews
from spotting_core.store.class_presets import ClassPresets
from spotting_core.store.clip_reviews import ClipReviews
from spotting_core.store.codes import Codes
from spotting_core.store.database import open_database
from spotting_core.store.playlists import Playlists
from spotting_core.store.reviews import Reviews
from spotting_core.store.selections import Selections


@st.cache_resource(show_spinner=False)
def shared_library() -> Library:
    chosen = settings()
    return Library(chosen, open_database(chosen.data))


@st.cache_resource(show_spinner=False)
def shared_queue() -> JobQueue:
    return JobQueue(open_database(settings().data))


@st.cache_resource(show_spinner=False)
def shared_reviews() -> Reviews:
    return Reviews(open_database(settings().data))


@st.cache_resource(show_spinner=False)
def shared_codes() -> Codes:
    return Codes(open_database(settings().data))


@st.cache_resource(show_spinner=False)
def shared_camera_reviews() -> CameraReviews:
    return CameraReviews(open_database(settings().data))


@st.cache_resource(show_spinner=False)
def shared_clip_reviews() -> ClipReviews:
    return ClipReviews(open_database(settings().data))


@st.cache_resource(show_spinner=False)
def shared_batches() -> Batches:
    return Batches()


@st.cache_resource(show_spinner=False)
def shared_search() -> SpotSearch:
    return SpotSearch(settings().data.search, search_text.encode)


@st.cache_resource(show_spinner=False)
def shared_searches() -> SavedSearches:
    return SavedSearches(open_database(settings().data))


@st.cache_resource(show_spinner=False)
def shared_selections() -> Selections:
    return Selections(open_database(settings().data))


@st.cache_resource(show_spinner=False)
def shared_reading() -> VideoReading:
    return VideoReading(settings().data)


@st.cache_resource(show_spinner=False)
def shared_class_presets() -> ClassPresets:
    return ClassPresets(open_database(settings().data))


@st.cache_resource(show_spinner=False)
def shared_playlists() -> Playlists:
    return Playlists(open_database(settings().data))


def shared_settings() -> Settings:
    return settings()
