"""How far two reviewers of a match agree, in the Evaluate view, and where they do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.comparing.prediction_sets import PredictionSets, spots_of
from app.components.evaluate_lists import error_list
from app.library.library import Library, Match
from app.state import shared_reviews
from app.views import page
from app.views.evaluate_charts import bounds, share
from app.views.evaluate_task import choice_select
from app.views.shown import drawn, picture_at
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.agreement import Agreement, Pair, agreement, pairs_of_files
from spotting_core.evaluation.intervals import Interval
from spotting_core.evaluation.other_formats import LABELS
from spotting_core.reviewing.reviewers import Verdicts, pairs_of_reviewers, verdicts_of_match

REVIEWERS = "reviewers"
_LABELS = "labels"
_APART = 500_000  # microseconds from which a difference in time is listed
_SHOWN = 60


@dataclass(frozen=True)
class Rater:
    """Somebody who says what is true in a match: a reviewer with verdicts, or a file of what stands."""

    name: str
    verdicts: Verdicts | None
    standing: tuple[Spot, ...]


def reviewers_button() -> None:
    """Leads to the reviewers."""
    if st.button("Reviewers", icon=":material/group:", help="How far two reviewers of a match agree"):
        page.go("evaluate", of=REVIEWERS)


def show_reviewers(library: Library, sets: PredictionSets) -> None:
    """The page of two reviewers."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="evaluate_bar"):
        st.html(
            page.headline("Evaluate", "two reviewers"),
            width="content",
        )
        of_match = {m.id: m for m in library.matches() if len(raters_of(library, sets, m)) > 1}
        match = choice_select("Match", {k: m.title for k, m in of_match.items()}, "evaluate_reviewed", 250)
        raters = raters_of(library, sets, of_match[match]) if match else {}
        names = {key: rater.name for key, rater in raters.items()}
        first = choice_select("First", names, "evaluate_first", 190)
        others = {k: n for k, n in names.items() if k != first}
        second = choice_select("Second", others, "evaluate_second", 190)
        st.space("stretch")
        if st.button("Systems", icon=":material/analytics:", help="How well systems spot"):
            page.go("evaluate")
    if not (match and first and second):
        st.info(
            "No match has two reviewers yet. Review one in the Match view under two names, or import label files that "
            "two people have written, each as a zip of game folders."
        )
        return
    pairs, candidates = pairs_of(raters[first], raters[second])
    found = agreement(pairs, candidates=candidates)
    classes = _classes(library, of_match[match])
    with st.container(border=True, key="tl_card_agreement", gap="small"):
        st.html(figures(found, raters[first].name, raters[second].name))
        if candidates:
            st.caption("Of spots that both have judged. Whoever came second saw what the first had said.")
    with st.container(border=True, key="tl_card_apart", gap="small"):
        st.html('<div class="tl-card-title">Where they differ</div>')
        both = raters[first], raters[second]
        rows = [row for pair in pairs if (row := _row(pair, of_match[match], *both, classes))]
        error_list(rows[:_SHOWN], "They agree on everything.", key="evaluate_apart")
        if len(rows) > _SHOWN:
            st.caption(f"{_SHOWN:d} of {len(rows):d} are shown.")


def raters_of(library: Library, sets: PredictionSets, match: Match) -> dict[str, Rater]:
    """All that say what is true in a match, by key: reviewers, its labels, imported labels."""
    raters = {
        f"name:{name}": Rater(name, verdicts, tuple(_spots(verdicts)))
        for name, verdicts in verdicts_of_match(shared_reviews(), match.id).items()
    }
    try:
        labels = library.truth(match)
    except TouchlineError:
        labels = []
    if labels:
        raters[_LABELS] = Rater("Labels of the match", None, tuple(labels))
    names = load_classes().names
    for one in sets.all(LABELS):
        try:
            spots = spots_of(one, match, names)
        except TouchlineError:
            continue
        if spots:
            raters[f"set:{one.id}"] = Rater(one.name, None, tuple(spots))
    return raters


def _spots(verdicts: Verdicts) -> list[Spot]:
    return sorted(Spot(j.half, j.time, j.label) for j in verdicts.values() if j is not None)


def pairs_of(first: Rater, second: Rater) -> tuple[list[Pair], bool]:
    """What two raters make of the same moments, and whether both were asked of each."""
    if first.verdicts is not None and second.verdicts is not None:
        return pairs_of_reviewers(first.verdicts, second.verdicts), True
    return pairs_of_files(first.standing, second.standing), False


def _classes(library: Library, match: Match) -> ClassTable:
    return next((a.classes for a in library.analyses(match)), load_classes())


def figures(found: Agreement, first: str, second: str) -> str:
    """The figures as markup."""
    cells = [
        ("Both", str(found.both), f"of {found.pairs}"),
        (f"Only {first}", str(found.first_only), ""),
        (f"Only {second}", str(found.second_only), ""),
        ("Verdict, kappa", *_figure(found.verdict))
        if found.verdict is not None
        else ("Found by both", *_figure(found.found)),
        ("Class, kappa", *_figure(found.label)),
        ("Same class", *_figure(found.same_label)),
        (f"{second} later by, median", *_time(found.time)),
        ("Apart, median", *_time(found.apart)),
    ]
    inner = "".join(
        f'<div><div class="tl-cap">{page.escape(caption)}</div><span class="tl-figure">{value}</span>'
        f'<span class="tl-more">{more}</span></div>'
        for caption, value, more in cells
    )
    return f'<div class="tl-figures tl-apart">{inner}</div>'


def _figure(interval: Interval | None) -> tuple[str, str]:
    return ("–", "not defined") if interval is None else (_share(interval.value), _bounds(interval))


def _share(value: float) -> str:
    return share(value) if value >= 0 else f"−{share(-value)}"


def _bounds(interval: Interval) -> str:
    return bounds(interval) if interval.low >= 0 else f"({_share(interval.low)} to {_share(interval.high)})"


def _time(interval: Interval | None) -> tuple[str, str]:
    if interval is None:
        return "–", "not defined"
    return f"{_seconds(interval.value)} s", f"({_seconds(interval.low)} to {_seconds(interval.high)})"


def _seconds(microseconds: float) -> str:
    return f"{microseconds / 1e6:.2f}".replace("-", "−")


def _row(pair: Pair, match: Match, first: Rater, second: Rater, classes: ClassTable) -> dict[str, Any] | None:
    """A difference as a row of a list; None where the two agree."""
    one, other = pair
    there = one or other
    if there is None or there.label not in classes:
        return None
    if one is None or other is None:
        who, not_who = (first, second) if one is not None else (second, first)
        kind, text = "one", f"{who.name}, not {not_who.name}"
    elif one.label != other.label:
        kind, text = (
            "class",
            f"{second.name}: {classes.get(other.label).short if other.label in classes else other.label}",
        )
    elif abs(late := other.time - one.time) >= _APART:
        kind, text = "apart", f"{second.name} {abs(late) / 1e6:.1f} s {'later' if late > 0 else 'earlier'}"
    else:
        return None
    query = {"match": match.id, "half": there.half, "t": f"{there.time / 1e6:.3f}", "class": there.label}
    return {
        "kind": kind,
        **drawn(classes.get(there.label)),
        "clock": classes.parts.match_clock(there.half, there.time),
        "text": text,
        "link": f"match?{urlencode(query)}",
        "picture": picture_at(match, there.half, there.time),
    }
