"""Which classes a page shows: the one control of them, its presets, and the choice in the page's address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.components.class_filter import class_chips
from app.state import shared_class_presets
from app.views import page
from app.views.addressed import BETWEEN, put, several_of, take
from app.views.shown import drawn
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.class_presets import known, presets_of
from spotting_core.domain.classes import ClassTable

WORD = "classes"
_ALL = "all"


def class_choice(
    classes: ClassTable,
    key: str,
    *,
    counts: Mapping[str, int] | None = None,
    addressed: bool = True,
    usual: Sequence[str] = (),
) -> tuple[str, ...]:
    """Ask for classes; none are all.

    Arguments:
        key: of the choice in the session, which may hold names of classes at first.
        counts: how many spots of each there are; classes without any are not offered then.
        addressed: whether the page's address keeps the choice.
        usual: what is chosen before anybody has chosen.
    """
    offered = [c for c in classes if counts is None or counts.get(c.name)]
    names = tuple(c.name for c in offered)
    chosen = chosen_classes(names, key, addressed=addressed, usual=usual)
    data = {
        "classes": [{"name": c.name, **drawn(c), "count": None if counts is None else counts[c.name]} for c in offered],
        "presets": presets_data(classes, names),
        "chosen": list(chosen),
    }

    def choose(labels: Sequence[str]) -> None:
        st.session_state[key] = [str(label) for label in labels]

    class_chips(data, key=f"{key}_chips", on_chosen=choose, on_presets=keep_preset)
    return chosen


def class_popover(classes: ClassTable, key: str, column: Any = st, *, usual: Sequence[str] = ()) -> tuple[str, ...]:
    """The same below a button that names what is chosen.

    Arguments:
        column: where the button stands.
        usual: what is chosen before anybody has chosen.
    """
    chosen = chosen_classes(classes.names, key, usual=usual)
    with column.popover(page.plain(title_of(chosen, classes)), icon=":material/filter_list:"):
        return class_choice(classes, key, usual=usual)


def chosen_classes(
    names: Sequence[str], key: str, *, addressed: bool = True, usual: Sequence[str] = ()
) -> tuple[str, ...]:
    """The classes that are chosen, of those there are, in their order; none for all of them.

    Arguments:
        usual: what is chosen before anybody has chosen, and where nothing that was chosen is there.
    """
    if addressed:
        take(WORD, key, lambda word: [] if word == _ALL else several_of(*names)(word) or None)
    wanted = st.session_state.get(key)
    chosen = _narrowed(usual, names) if wanted is None else _narrowed(wanted, names)
    if wanted and not any(name in wanted for name in names):
        chosen = _narrowed(usual, names)
    if addressed:
        put(WORD, key, BETWEEN.join(chosen) or _ALL, BETWEEN.join(_narrowed(usual, names)) or _ALL)
    return chosen


def _narrowed(wanted: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Those of some names that are wanted; none where all of them are."""
    chosen = tuple(name for name in names if name in wanted)
    return () if len(chosen) == len(names) else chosen


def presets_data(classes: ClassTable, names: Sequence[str]) -> list[dict[str, Any]]:
    """The presets of a class table and those that people have kept, of the classes that are offered."""
    own = shared_class_presets().all()
    presets = {**presets_of(classes), **own}
    return [
        {"title": title, "labels": list(labels), "own": title in own}
        for title, labels in known(presets, names).items()
        if len(labels) < len(names)
    ]


def title_of(chosen: Sequence[str], classes: ClassTable) -> str:
    """What is chosen, in a few words."""
    if not chosen:
        return "All classes"
    for preset in presets_data(classes, classes.names):
        if set(preset["labels"]) == set(chosen):
            return str(preset["title"])
    return classes.get(chosen[0]).short if len(chosen) == 1 else f"{len(chosen)} classes"


def keep_preset(change: Mapping[str, Any]) -> None:
    """Keep classes by a name, {keep, labels}, or forget those of a name, {forget}."""
    try:
        if change.get("keep"):
            shared_class_presets().keep(str(change["keep"]), [str(name) for name in change["labels"]])
        if change.get("forget"):
            shared_class_presets().remove(str(change["forget"]))
    except TouchlineError as problem:
        st.toast(page.plain(problem))
