"""The Model dialog: which analysis is shown, what stands beside it, and another one by another model."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import streamlit as st

from app.library.library import Match
from app.settings import DEMO
from app.state import shared_library, shared_queue, shared_settings
from app.views import page
from app.views.add_model import add_model, is_adding
from app.views.clock_choice import clock_choice
from app.views.shown import imported_sets, imported_shown
from app.work.analysing import ask_for_analysis, resumable, resume
from app.workspace.lanes.beside import ADDRESS, other_systems
from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.base.counts import count_of
from spotting_core.base.errors import TouchlineError
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.queue import FAILED, Job
from spotting_core.models.card import BUNDLED, check_same_classes, read_card
from spotting_core.models.known import folder_of, known_models
from spotting_core.tasks.registry import layer_task
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.training.few_labels import few_labels

_ADAPT_HELP = (
    "For a match that looks otherwise than those of the training: half of the means and variances inside the model "
    "become those of this match's pictures. No labels are needed. What it spots then is an analysis of its own."
)


@st.dialog("Model", on_dismiss=page.close_dialog)
def model_dialog(match: Match, analysis: Analysis, analyses: list[Analysis]) -> None:
    """Which analysis is shown, and another one by another model."""
    if analyses:
        _shown_choice(match, analysis, analyses)
    else:
        st.caption("No model has looked at the whole of this match yet.")
    st.divider()
    _analyse_with(match)
    clock_choice(match, analysis.classes.parts)
    with st.expander("Add a model of others", expanded=is_adding()):
        add_model()


def _shown_choice(match: Match, analysis: Analysis, analyses: list[Analysis]) -> None:
    """Which analysis is shown and used, and what stands beside it."""
    names = {str(a.folder): _layer_name(a, analysis.record.task) for a in analyses}
    alike = Counter(names.values())  # of one model, under other settings or of other features
    labels = {f: f"{n}, {_made(Path(f))}" if alike[n] > 1 else n for f, n in names.items()}
    labels |= {one.id: f"{one.name} (imported)" for one in imported_sets(match, analysis)}
    imported = imported_shown(match, analysis)
    now = imported[0].id if imported else str(analysis.folder)
    exact = [(a.record.model["name"], a.record.identity.short) for a in analyses]
    chosen = st.radio(
        "Spots shown", list(labels), format_func=lambda f: page.plain(labels[f]), index=list(labels).index(now),
        help=f"Exactly: {page.plain(', '.join(f'{name} is {short}' for name, short in exact))}.",
    )  # fmt: skip
    if chosen != now:
        own = any(chosen == str(a.folder) for a in analyses)
        st.session_state["imported"] = None if own else chosen
        if own:
            st.session_state["analysis"] = chosen
        page.close_dialog()
        st.rerun()
    if imported is None:
        _use_everywhere(match, analysis, analyses)
        _look(analysis)
        _learned_from(analysis)
    _beside_choice(match, analysis, analyses)


def _use_everywhere(match: Match, analysis: Analysis, analyses: list[Analysis]) -> None:
    """Which analysis of the shown one's task is used everywhere, and the shown one as that."""
    used = next(a for a in analyses if a.record.task == analysis.record.task)
    if used.folder == analysis.folder:
        st.caption("This is what Library, Clips, Search, Review, Statistics and the command line use of this match.")
        return
    st.caption(f"Everywhere else {page.plain(_layer_name(used, analysis.record.task))} is used of this match.")
    if st.button("Use for this match everywhere"):
        shared_library().choose(match, analysis)
        page.close_dialog()
        st.rerun()


def _look(analysis: Analysis) -> None:
    """How far this match looks from what the shown model was trained on."""
    unlikeness = analysis.record.unlikeness
    if unlikeness is None:
        return
    from spotting_core.inference.look import Look

    folder = folder_of(analysis.record.model, shared_settings().data)
    look = Look.of(unlikeness, read_card(folder)) if folder is not None else Look(unlikeness)
    st.caption(
        f"Look, by the model's own statistics: {page.plain(look.text)}.",
        help="How far means and variances inside the model are from those of its training. It says that pictures "
        "differ, not how much worse spots are.",
    )


def _learned_from(analysis: Analysis) -> None:
    """How many labels each class of the shown model was learned from, where its card says so."""
    folder = folder_of(analysis.record.model, shared_settings().data)
    training = read_card(folder).training if folder is not None else {}
    if (counts := training.get("labels")) is None:
        return
    every = ", ".join(f"{name} {count}" for name, count in counts.items())
    clauses = [f"Learned from {count_of(sum(counts.values()), 'label')}", few_labels(counts)]
    words = " ".join(f"{clause}." for clause in clauses if clause)
    st.caption(page.plain(words), help=f"By class: {page.plain(every)}.")


def _layer_name(layer: Analysis, shown: str) -> str:
    """The name of a layer among those that can be shown; of another task than the shown one it says which."""
    task = layer.record.task
    of_task = "" if task == shown else f", {layer_task(task).title.lower()}"
    return f"{layer.record.model['name']}{of_task}"


def _made(folder: Path) -> str:
    """What tells an analysis from others of the same model."""
    if folder.is_relative_to(DEMO):
        return "bundled"
    return f"made {datetime.fromtimestamp((folder / ANALYSIS_FILE).stat().st_mtime):%Y-%m-%d %H:%M:%S}"


def _beside_choice(match: Match, analysis: Analysis, analyses: list[Analysis]) -> None:
    """Which system stands beside the shown one; the page is made again when that changes."""
    others = {o.key: o.name for o in other_systems(match, analysis, analyses)}
    if not others:
        st.caption("Analyse with a second model, or import predictions, to lay another system beside this one.")
        return
    now = st.query_params.get(ADDRESS)
    names = {"": "Nothing", **others}
    keys = list(names)
    chosen = st.selectbox(
        "Beside it",
        keys,
        index=keys.index(now) if now in names else 0,
        format_func=lambda key: names[key],
        help="Its confidence hangs below each lane and its spots are discs; what one of the two has alone is ringed.",
    )
    if chosen != (now if now in names else ""):
        if chosen:
            st.query_params[ADDRESS] = chosen
        else:
            del st.query_params[ADDRESS]
        page.close_dialog()
        st.rerun()


def _analyse_with(match: Match) -> None:
    """Another analysis, by a model or by the average of several."""
    last = shared_queue().recent(match.id, ANALYSIS.name)
    if last is not None and last.state == FAILED:
        st.error(f"The last analysis failed. {page.plain(last.error)}")
    if last is not None and (share := resumable(last)):
        _resume_button(last, share)
    known = known_models(shared_settings().data, SPOTTING.name)
    names = list(known)
    models = st.multiselect(
        "Analyse with",
        names,
        default=names[default_model()],
        help="Of several models the scores are averaged, as a system of its own.",
    )
    adapts = len(models) == 1 and _has_environment(known[models[0]])
    adapt = st.checkbox("Adapt it to this match first", disabled=not adapts, help=_ADAPT_HELP) and adapts
    if st.button("Analyse", disabled=not models):
        try:
            check_same_classes([read_card(known[name]) for name in models])
        except TouchlineError as problem:
            page.error(problem)
            return
        ask_for_analysis(shared_queue(), shared_library(), match, models, adapt=adapt)
        page.close_dialog()
        st.rerun()


def _has_environment(folder: Path) -> bool:
    """Whether a model looks at pictures by what can be adapted to those of a match."""
    from spotting_core.models.registry import system  # which needs torch, without which the app starts

    try:
        return system(read_card(folder).system).has_environment
    except TouchlineError:  # choosing it tells
        return False


def _resume_button(last: Job, share: str) -> None:
    """A cancelled analysis, whose models may be others than the shown one, goes on where it was."""
    parameters = ANALYSIS.read(last)
    models = " + ".join(parameters.models) + (", adapted," if parameters.adapt else "")
    if st.button(f"Resume {page.plain(models)} from {page.plain(share)}"):
        resume(shared_queue(), last)
        page.close_dialog()
        st.rerun()


def default_model() -> int:
    """Which of the known models is chosen at first."""
    names = list(known_models(shared_settings().data, SPOTTING.name))
    return names.index(BUNDLED) if BUNDLED in names else 0
