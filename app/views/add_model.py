"""Adding a published model: what it is, before anything is fetched; then the fetching, which needs no page."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

from app.library.roots import is_below, names_of_roots
from app.state import shared_queue, shared_settings
from app.views import page
from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.checkpoints.download import Remote
from spotting_core.checkpoints.sources import Offer, offer_of
from spotting_core.jobs.adding_model import ADDING, AddingParameters
from spotting_core.jobs.queue import CANCELLED, DONE, FAILED, Job

BROADCAST_MODELS = tuple(
    f"https://raw.githubusercontent.com/jhong93/e2e-spot-models/HEAD/{file}"
    for file in ("soccer_rny002gsm_gru_rgb/checkpoint_088.pt", "soccer_rny008gsm_gru_rgb/checkpoint_140.pt")
)
"""Addresses of the E2E-Spot models that were trained on SoccerNet's broadcasts, the smaller first."""
_SOURCE, _JOB = "model_source", "model_job"  # in the session
_NAME, _CLASSES, _FEATURES, _SYSTEM, _CODE, _RATE, _PROMPTS = (
    "Name here", "Classes", "Features it reads", "Pooling", "Code that wrote it", "Samples a second", "Its entities",
)  # fmt: skip
_FIELDS = {
    "--name": _NAME, "--classes": _CLASSES, "--features": _FEATURES, "--system": _SYSTEM, "--code": _CODE,
    "--rate": _RATE, "--prompts": _PROMPTS,
}  # fmt: skip
"""Which field of the dialog is which option of ``touchline models add``, by which errors say what is to be given."""
_SHOWN = 12  # characters of a hash; all of them where it is pointed at
_POOLINGS = tuple(f"{kind}{end}" for kind in ("max", "average") for end in ("", "++"))


def is_adding() -> bool:
    """Whether a place is named, or a model is on its way or has just come."""
    return _JOB in st.session_state or bool(st.session_state.get(_SOURCE))


def name_place(source: str) -> None:
    """Have a place stand in the field when the dialog opens."""
    st.session_state[_SOURCE] = source


def add_model() -> None:
    """Where a model of others is named, described, and fetched."""
    job_id = st.session_state.get(_JOB)
    if job_id is not None:
        st.fragment(run_every=1.0)(_under_way)(str(job_id))
        return
    source = st.text_input(
        "Where it is published",
        placeholder="https://… or owner/name on the Hugging Face hub",
        help="The address of a file of weights, a repository of the hub, or a file or folder below a library folder. "
        "Nothing in it is run. docs/published_models.md lists what can be read.",
        key=_SOURCE,
    ).strip()
    if not source:
        return
    try:
        offer = _offer(source)
    except TouchlineError as problem:
        page.error(problem)
        return
    _facts(offer)
    _choices(source)


@st.cache_data(ttl=300, show_spinner="Asking what lies there…")
def _offer(source: str) -> Offer:
    """What lies at a source; a path has to be below a library folder."""
    path, roots = Path(source).expanduser(), shared_settings().roots
    if path.exists() and not is_below(path, roots):
        raise BadInputError("this is below no library folder", where=path, fix=names_of_roots(roots))
    return offer_of(source)


def _facts(offer: Offer) -> None:
    files = ", ".join(f.name for f in (offer.weights, *offer.beside))
    size = offer.size_text or "of a size that is not stated"
    st.markdown(f"**{page.plain(offer.name)}**: {page.plain(files)}, {page.plain(size)}")
    if isinstance(offer.weights, Remote):
        _hash(offer.weights.sha256)
        st.caption(f"Licence: {page.plain(offer.licence)}. Look at its page before you use it.")


def _hash(sha256: str) -> None:
    """The hash that the file of weights will be held against."""
    if sha256:
        st.caption(f"SHA-256: {page.plain(sha256[:_SHOWN])}…", help=page.plain(sha256))
    else:
        st.caption("SHA-256: not stated by its place.")


def _choices(source: str) -> None:
    from spotting_core.checkpoints.osl import OPENSPORTSLIB, OSL
    from spotting_core.checkpoints.sn_spotting import AWARE, POOLING
    from spotting_core.features.sets import SOCCERNET

    name = st.text_input(_NAME, placeholder="as it is published", max_chars=80).strip()
    with st.expander("What its files may not say"):
        tables = sorted(p.stem for p in asset("classes").glob("*.csv") if "." not in p.stem)
        classes = st.selectbox(
            _CLASSES,
            ["", *tables],
            format_func=_or_published,
            help="A list of its own, one name a line, is read from a class.txt beside the weights.",
        )
        features = st.selectbox(_FEATURES, ["", *SOCCERNET], format_func=_or_published)
        system = st.selectbox(_SYSTEM, ["", *_POOLINGS], format_func=_or_published)
        code = st.selectbox(_CODE, ["", OSL, OPENSPORTSLIB, POOLING, AWARE], format_func=_or_published)
        rate = st.number_input(_RATE, 0.0, 60.0, 0.0, help="0: those of its publication.")
        known = sorted(p.stem for p in asset("prompts").glob("*.toml"))
        prompts = st.selectbox(
            _PROMPTS,
            ["", *known],
            format_func=_or_published,
            help="What a model that reads entities of others calls them. A list of its own, one name a line in the "
            "order of their numbers, is read from a prompts.txt beside the weights.",
        )
    if st.button("Add", type="primary"):
        parameters = AddingParameters(source, name, classes, features, system, code, float(rate), prompts)
        job = ADDING.ask(shared_queue(), parameters)
        st.session_state[_JOB] = job.id
        st.rerun()


def _or_published(choice: str) -> str:
    return choice or "as its files say"


def _under_way(job_id: str) -> None:
    job = shared_queue().get(job_id)
    if job is None:
        _forget()
        return
    if job.live:
        st.progress(min(1.0, job.progress), text=page.plain(page.progress_text(job)))
        if st.button("Cancel", disabled=job.cancelling):
            shared_queue().cancel(job_id)
        return
    _ended(job)


def _ended(job: Job) -> None:
    if job.state == FAILED:
        st.error(page.plain(in_fields(job.error or "")))
    elif job.state == CANCELLED:
        st.info("Cancelled. What has come is kept; adding it again goes on from there.")
    else:
        st.success("It is among the models that a match can be analysed with.")
    if st.button("Add another" if job.state == DONE else "Back"):
        _forget()


def in_fields(error: str) -> str:
    """An error of ``touchline models add`` with the dialog's own fields in place of its options."""
    for option, field in _FIELDS.items():
        error = re.sub(rf"(?<![\w-]){option}(?![\w-])", f"“{field}”", error)
    return error


def _forget() -> None:
    st.session_state.pop(_JOB, None)
    st.rerun()
