"""What is known of a match before its analysis, what that will be, how long it takes here, and what to make of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_queue, shared_reading, shared_settings
from app.views import page
from app.views.add_model import BROADCAST_MODELS, name_place
from app.views.clock_choice import clock_of_all
from spotting_core.base.counts import count_of
from spotting_core.base.durations import about
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import load_classes
from spotting_core.inference.domain_notice import domain_notice
from spotting_core.jobs.analysis import ANALYSIS, AnalysisParameters
from spotting_core.jobs.queue import DONE, RUNNING
from spotting_core.jobs.trial import TRIAL, TrialParameters
from spotting_core.media.ingest import Media
from spotting_core.models.card import BROADCAST, Card, read_card
from spotting_core.models.known import known_models
from spotting_core.preflight.kept_pace import kept_pace
from spotting_core.preflight.machine import measured_speed
from spotting_core.score_bug.score_fit import score_text
from spotting_core.tasks.registry import layer_task
from spotting_core.tasks.spotting import SPOTTING

_BROADCASTS_HELP = (
    "The dialog opens with the address of E2E-Spot's smaller model for SoccerNet, and says what lies there before "
    f"anything is fetched. Its larger one: {BROADCAST_MODELS[1]}. docs/published_models.md lists what else can be read."
)


def unanalysed_facts(match: Match, model: str) -> None:
    """Lines on a match and on its analysis by a model; none while its videos are being read, or cannot be."""
    try:
        source = source_of(match.path)
        read = [shared_reading().media(half.path) for half in source.halves]
        folder = known_models(shared_settings().data, SPOTTING.name)[model]
        card = read_card(folder)
    except TouchlineError:  # which the page tells, or the analysis
        return
    media = [one for one in read if one is not None]
    if not media or len(media) < len(read):
        return
    with st.container(key="unanalysed_facts", gap=None):
        st.caption(page.plain(" ".join(filter(None, [_videos(media), _clock(match)]))))
        layers = _layers(match, model, card)
        _, measuring = _time(match, media, model, folder)
        shown = st.fragment(run_every=1.0)(_until_measured) if measuring else _work
        shown(match, media, model, folder, layers)
    notice = domain_notice(card, source)
    if notice is not None:
        _unlike_training(match, notice)


def _videos(media: Sequence[Media]) -> str:
    shapes = "; ".join(dict.fromkeys(map(_shape, media)))
    lengths = " and ".join(page.length(one.table.duration) for one in media)
    return f"{count_of(len(media), 'video')} of {lengths}: {shapes}."


def _shape(media: Media) -> str:
    rate = f", {media.info.rate:.4g} frames a second" if media.info.rate else ""
    return f"{media.info.width}×{media.info.height}{rate}"


def _clock(match: Match) -> str:
    """Where the halves lie in the files, and the last score, as the clock of the broadcast shows them; empty where it
    has not been read, or none is known."""
    parts = load_classes().parts
    clock = clock_of_all(match, parts)
    if clock is None or clock.why_unknown is not None:
        return ""
    halves = [f"{parts.title_with_extra_time(half.half)} from {half}" for half in clock.halves]
    scores = [stretch.score for file in clock.files.values() for stretch in file.score.stretches]
    words = [*halves, *([f"score {score_text(scores[-1])} in the end"] if scores else [])]
    return f"By its clock {', '.join(words)}." if words else ""


def _layers(match: Match, model: str, card: Card) -> str:
    """What the Analyse button will have found."""
    others = ANALYSIS.others(AnalysisParameters(str(match.path), (model,)))
    first = f"entities and {SPOTTING.noun}" if card.entities else SPOTTING.noun
    nouns = [layer_task(task).noun for task in others]
    after = f", then {' and '.join(filter(None, [', '.join(nouns[:-1]), nouns[-1]]))}" if nouns else ""
    return f"To be found: {first}{after}."


def _until_measured(match: Match, media: Sequence[Media], model: str, folder: Path, layers: str) -> None:
    """The work, until it is known how long it takes; the page is made again then."""
    if not _work(match, media, model, folder, layers):
        st.rerun(scope="app")


def _work(match: Match, media: Sequence[Media], model: str, folder: Path, layers: str) -> bool:
    """What will be found and how long that takes; returns whether the latter is still being measured."""
    time, measuring = _time(match, media, model, folder)
    st.caption(page.plain(f"{layers} {time}"))
    return measuring


def _time(match: Match, media: Sequence[Media], model: str, folder: Path) -> tuple[str, bool]:
    """How long a model will take for a match here, as a sentence, and whether that is being measured.

    Where nothing is known of it a trial on some seconds of the match is asked for, once.
    """
    data, queue = shared_settings().data, shared_queue()
    length = sum(one.table.duration for one in media) / 1e6
    if (speed := measured_speed(data, read_card(folder).name)) is not None:
        return f"{model} will take {about(speed * length)} here, as its earlier analyses did.", False
    if (pace := kept_pace(media, folder, data)) is not None:
        return f"{model} will take {about(pace * length)} here, by a trial on some seconds of it.", False
    parameters = TrialParameters(str(match.path), model)
    job = queue.latest(TRIAL.key(parameters))
    if job is None or job.state == DONE:  # what it left is gone
        job = TRIAL.ask(queue, parameters, match.id)
    if not job.live:  # it failed, or was not wanted
        return f"{model} was not timed here yet.", False
    when = "is being measured" if job.state == RUNNING else "will be measured once nothing else is under way"
    return f"How long {model} takes here {when}.", True


def _unlike_training(match: Match, notice: str) -> None:
    """That a model was trained on other pictures than those of a match, and what can be done."""
    better = [name for name, folder in _spotting_models().items() if read_card(folder).domain == BROADCAST]
    with st.container(key="unanalysed_notice", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f":material/info: {page.plain(notice)}", width="content")
        if better:
            st.caption(page.plain(f"Trained on broadcasts: {', '.join(better)}."), width="content")
        else:
            words, asked = "Add a model of broadcasts", (match.id,)
            st.button(words, type="tertiary", help=_BROADCASTS_HELP, on_click=_open_models, args=asked)


def _spotting_models() -> dict[str, Path]:
    return known_models(shared_settings().data, SPOTTING.name)


def _open_models(match_id: str) -> None:
    """Open the Model dialog where a model is added, with one that was trained on broadcasts."""
    name_place(BROADCAST_MODELS[0])
    page.open_dialog(match_id, "model")
