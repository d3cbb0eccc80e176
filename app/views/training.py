"""Training from the Review view: on what is known now or on a data set, from a model on; and what came of it."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from app.library.library import Match
from app.settings import DEMO, settings
from app.state import shared_library, shared_queue, shared_settings
from app.views import page
from app.views.evaluate_charts import share, signed, signed_interval
from app.views.label_curve import held_out, label_curve
from app.views.review_actions import signed_in
from spotting_core.base.counts import count_of
from spotting_core.base.errors import TouchlineError
from spotting_core.data_sets.data_set import DataSet, DataSets
from spotting_core.data_sets.freeze import known_now
from spotting_core.evaluation.intervals import FEW_UNITS, Interval
from spotting_core.jobs.queue import FAILED, Job
from spotting_core.jobs.training import STEPS, TRAINING, TrainingParameters
from spotting_core.models.card import BUNDLED, Card, read_card
from spotting_core.models.known import known_models
from spotting_core.store.database import open_database
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.training.comparison import ChangedMoment, Comparison
from spotting_core.training.label_counts import check_labelled, named_classes, unlabelled_classes

_MOST = 30  # changed moments that are listed
_NOW = "What is known now"
_EVERYTHING_HELP = (
    "For matches that look unlike what the model knows: the videos are read again, and all of the network learns but "
    "its first layers. It takes far longer."
)
_DIALOG = ("review", "training")
_LEFT_OUT = "left_out_of_data_set"  # in the session: id of the data set that was frozen last, and what was left out
_DEMO_NEVER = "What is said of the demo match is never learned from."
_BUT_THE_DEMO = (
    "There is no match yet but the demo. Add one in the Library, analyse it, and say what happens in it. " + _DEMO_NEVER
)


def training_row() -> None:
    """The button that opens the dialog, and how a training is going."""
    live = shared_queue().all_live([TRAINING.name])
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="training_row"):
        st.button(
            "Train", help="Have a model learn from what people said, and compare it with the one before.",
            on_click=page.open_dialog, args=_DIALOG,
        )  # fmt: skip
        if live:
            st.caption(f"Training {page.plain(live[0].title)}: {page.progress_text(live[0])}")
    if page.is_open(*_DIALOG):
        training_dialog()


@st.dialog("Train", width="large", on_dismiss=page.close_dialog)
def training_dialog() -> None:
    """A training under way, or a new one, and what came of the last one."""
    live = shared_queue().all_live([TRAINING.name])
    st.fragment(run_every=1.0 if live else None)(_content)(bool(live))


def _content(was_live: bool) -> None:
    live = shared_queue().all_live([TRAINING.name])
    if bool(live) != was_live:
        st.rerun(scope="app")
    if live:
        _under_way(live[0])
        return
    last = shared_queue().latest(TRAINING.name)
    if last is not None:
        _ended(last)
    label_curve()
    if last is not None:
        st.divider()
    _new()


def _under_way(job: Job) -> None:
    st.html(f'<div class="tl-name">{page.escape(job.title)}</div>')
    st.progress(job.progress, text=page.progress_text(job))
    cancel = shared_queue().cancel
    st.button("Cancel", key="cancel_training", disabled=job.cancelling, on_click=cancel, args=(job.id,))
    _show_notes_of(job)


def _ended(job: Job) -> None:
    """What came of the last training, or why it ended."""
    if job.state == FAILED:
        st.error(f"The training of {page.plain(job.title)} failed. {page.plain(job.error)}")
    elif TRAINING.resumable(job):
        st.caption(f"The training of {page.plain(job.title)} was cancelled at {job.progress:.0%}.")
        if st.button("Resume"):
            _ask(TRAINING.read(job))
    elif (comparison := TRAINING.comparison(job, shared_settings().data)) is not None:
        st.html(f'<div class="tl-name">{page.escape(job.title)}</div>')
        st.html(comparison_table(comparison))
        by_path = {match.path: match for match in shared_library().matches()}
        st.html(changes_list(comparison, by_path))
        st.caption("The new model is among those of Analyse with, in the Model dialog. No match was switched to it.")
    _show_notes_of(job)


def _new() -> None:
    """What is to be learned from, and by which model."""
    data = shared_settings().data
    models = list(known_models(data, SPOTTING.name))
    sets = {one.name: one for one in DataSets(data).all()}
    model = st.selectbox("From this model on", models, index=models.index(BUNDLED) if BUNDLED in models else 0)
    chosen = st.selectbox("Learn from", [_NOW, *sets], help="What people labelled and reviewed, as a data set.")
    if chosen == _NOW:
        name = _known_now(shared_library().matches())
    else:
        name = chosen
        _show_notes(sets[chosen], str(model))
    everything = _looks_at_pictures(model) and st.checkbox("Also what looks at the pictures", help=_EVERYTHING_HELP)
    if not st.button("Train", type="primary", key="start_training", disabled=not name):
        return
    try:
        if chosen == _NOW:
            data_set = _frozen(name, str(model))
        else:
            data_set = sets[chosen]
            _check_labelled(data_set, str(model))
    except TouchlineError as problem:
        page.error(problem)
        return
    _ask(TrainingParameters(str(model), data_set.id, data_set.name, STEPS, everything))


def _known_now(matches: Sequence[Match]) -> str:
    """The name for a data set of what is known now; empty where there is nothing that could be known."""
    own = [match for match in matches if not match.is_demo]
    if not own:
        st.caption(_BUT_THE_DEMO)
        return ""
    name = st.text_input("Name of the data set", key="new_data_set")
    if len(own) < len(matches):
        st.caption(_DEMO_NEVER)
    return name


def _card(model: str) -> Card | None:
    """The card of a model; None of one whose card cannot be read."""
    try:
        return read_card(known_models(shared_settings().data)[model])
    except (TouchlineError, KeyError):
        return None


def _check_labelled(data_set: DataSet, model: str) -> None:
    """Refuse what has no label of any class of a model; one whose card cannot be read is refused once it is asked."""
    if (card := _card(model)) is not None:
        check_labelled(data_set, card.classes)


def _looks_at_pictures(model: str) -> bool:
    """Whether a model has a part that could learn from pictures; not of one whose card cannot be read."""
    card = _card(model)
    return card is not None and card.input.size is not None


def _frozen(name: str, model: str) -> DataSet:
    """What is known now as a data set; what was left out of it is kept, to be read beside its training.

    One that the model cannot learn from is not kept, but what is to be known of it is said.
    """
    data = settings().data
    author = signed_in() or getpass.getuser()
    known = known_now(name.strip(), author, open_database(data), data, never={DEMO})
    if known.data_set.matches:  # else keeping it is refused
        for note in data_set_notes(known.data_set, model, known.left_out):
            st.caption(page.plain(note))
        _check_labelled(known.data_set, model)
    kept = DataSets(data).keep(known.data_set)
    st.session_state[_LEFT_OUT] = (kept.id, dict(known.left_out))
    return kept


def data_set_notes(data_set: DataSet, model: str, left_out: Mapping[str, int]) -> list[str]:
    """What is to be known of a data set before a model learns from it, in sentences.

    Arguments:
        model: as ``known_models`` names it; left_out: reason, as a clause, to how much was not frozen.
    """
    notes = [
        f"Contradiction: {match.title}, {sentence}. These seconds are left out."
        for match in data_set.matches
        for sentence in match.disputed
    ]
    notes += [f"Left out: {number} × {reason}." for reason, number in left_out.items()]
    card = _card(model)
    missing = unlabelled_classes(data_set, card.classes) if card is not None else []
    if missing:
        notes.append(f"Without a label: {named_classes(missing)}. What was watched counts as without them.")
    return notes


def _show_notes(data_set: DataSet, model: str) -> None:
    frozen, left_out = st.session_state.get(_LEFT_OUT, ("", {}))
    for note in data_set_notes(data_set, model, left_out if frozen == data_set.id else {}):
        st.caption(page.plain(note))


def _show_notes_of(job: Job) -> None:
    """The same of what a training learns from; nothing where that can no longer be read."""
    try:
        parameters = TRAINING.read(job)
        data_set = DataSets(shared_settings().data).get(parameters.data_set)
    except TouchlineError:  # asked for by another version, or deleted
        return
    _show_notes(data_set, parameters.model)


def _ask(parameters: TrainingParameters) -> None:
    try:
        TRAINING.ask(shared_queue(), parameters)
    except TouchlineError as problem:
        page.error(problem)
        return
    st.rerun()


def comparison_table(comparison: Comparison) -> str:
    """What became of a model on what was held out, as markup."""
    measured_on = held_out(comparison.minutes)
    if comparison.before is None or comparison.after is None:
        return f'<div class="tl-facts">On {measured_on} no action is labelled: nothing can be compared.</div>'
    gain = _gain(comparison.before, comparison.after, comparison.difference)
    head = (
        f"On {measured_on}, with {count_of(comparison.actions, 'action')}, {comparison.metric} average-mAP went from "
        f"{share(comparison.before)} to {share(comparison.after)}, {gain}: {_verdict(comparison.difference)}."
    )
    if any(
        difference is None for difference in (comparison.difference, *(row.difference for row in comparison.classes))
    ):
        head += f" {_few(comparison)}"
    rows = "".join(
        f"<tr><th>{page.escape(row.label)}</th><td>{row.truths}</td><td>{share(row.before)}</td>"
        f"<td>{share(row.after)}</td><td>{_gain(row.before, row.after, row.difference)}</td>"
        f"<td>{_verdict(row.difference)}</td></tr>"
        for row in comparison.classes
    )
    titles = "".join(f"<th>{title}</th>" for title in ("Class", "Actions", "Before", "After", "Difference", ""))
    table = f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="tl-facts">{head}</div><div class="tl-table" {page.scrolled("Figures")}>{table}</div>'


def changes_list(comparison: Comparison, by_path: Mapping[Path, Match]) -> str:
    """The moments of which the new model says otherwise, each a link to the player, as markup.

    Arguments:
        by_path: matches of the library; of one that is not in it the moment is named and no link.
    """
    if not comparison.changes:
        return '<div class="tl-facts">At a confidence of .50 both spot the same there.</div>'
    rows = "".join(
        f"<li>{_changed(change, by_path.get(Path(change.path)))}</li>" for change in comparison.changes[:_MOST]
    )
    more = len(comparison.changes) - _MOST
    rest = f'<div class="tl-facts">And {more} more.</div>' if more > 0 else ""
    head = '<div class="tl-facts">What changed there at a confidence of .50:</div>'
    return f'{head}<ul class="tl-changes">{rows}</ul>{rest}'


def _changed(change: ChangedMoment, match: Match | None) -> str:
    title = match.title if match is not None else Path(change.path).name
    words = f"{page.escape(change.label)}, {page.escape(change.clock)}, {page.escape(title)}"
    if match is None:
        return f"{change.became}: {words}"
    where = urlencode({"match": match.id, "half": change.half, "t": f"{change.time / 1e6:.3f}", "class": change.label})
    return f'{change.became}: <a href="match?{where}" target="_self">{words}</a>'


def _gain(before: float, after: float, difference: Interval | None) -> str:
    """By how much a figure rose, with its interval where there is one."""
    return signed(after - before) if difference is None else signed_interval(difference)


def _few(comparison: Comparison) -> str:
    """Why of some figures no interval is given."""
    were = "was" if comparison.units == 1 else "were"
    rest = " Have other minutes watched, then train again." if comparison.difference is None else ""
    return (
        f"{count_of(comparison.units, comparison.unit)} with actions {were} held out: of what lies in fewer than "
        f"{FEW_UNITS} it cannot be said whether a difference is more than chance.{rest}"
    )


def _verdict(difference: Interval | None) -> str:
    if difference is None:
        return "too few to say"
    if not difference.without_zero:
        return "no more than chance"
    return "better" if difference.value > 0 else "worse"
