"""The Explain view: one spot, queries in several ways, side by side; what if; and what words find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from app.components.explanation import explanation
from app.library.library import Match
from app.state import shared_library, shared_queue, shared_settings
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.explanation import Shown, ShownMethod, explanation_data, first_by_measure, heads_of
from app.views.shown import chosen_analysis, match_of_address, shown_spots, source_of_address, spot_id
from app.workspace.panels.why import chosen_spot
from explain.attribution import ENTITY, SPACE, TIME
from explain.jobs.explanation import EXPLANATION, ExplanationParameters
from explain.jobs.figures import FIGURES, FiguresParameters
from explain.jobs.what_if import WHAT_IF, WhatIfParameters
from explain.jobs.words import WORDS, WordsParameters
from explain.kept import explanation_file, method_of_text, unsupported
from explain.methods import DEFAULT_IN_TIME, METHODS, method_and_parameters
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD
from spotting_core.jobs.queue import DONE, FAILED

ABLATION, HEADS = "entity-ablation", "entity-heads"
IN_PLACE = [m.name for m in METHODS.values() if m.kind in (SPACE, ENTITY) and m.name not in (ABLATION, HEADS)]
IN_TIME = [m.name for m in METHODS.values() if m.kind == TIME]
BY_METHODS, BY_MODELS, BY_HEADS = "Methods", "Models", "Heads"
_NEAR = 1_000_000  # microseconds within which a moment belongs to a spot
_KEY = "explanation"


def show() -> None:
    """The page."""
    library = shared_library()
    match = match_of_address(library)
    analyses = library.analyses(match) if match is not None else []
    if match is None or not analyses:
        st.info("There is nothing to explain yet: this match has not been analysed." if match else "No such match.")
        if st.button("Open the library"):
            page.go("library")
        return
    page.title("Explain", match.title)
    source_of_address(match, analyses)
    analysis = chosen_analysis(analyses)
    spots = shown_spots(match, analysis, DEFAULT_THRESHOLD)
    spot = _spot_of_address(match, analysis, spots)
    if spot is None:
        st.info("No spot was found in this match. Name a moment and a class in the address: ?half=1&t=743&class=Goal.")
        return
    if analysis.record.averages:
        _members(analysis, analyses, spot)
        return
    with st.container(key="explain_page"):
        single = [a for a in analyses if not a.record.averages]
        mode, method = _header(match, analysis, spot, spots, shared_methods(single))
        cards = _cards(analysis, single, mode, method)
        if mode == BY_MODELS:
            _few_models(analysis, single, method)
        if mode == BY_HEADS and not cards:
            name = page.plain(analysis.record.model["name"])
            st.info(f"{name} has no attention among entities, so there are no heads to show.")
        lines, unfit = _lines(analysis, single, cards, mode), _unfit(analysis, mode)
        _ask(match, spot, [*cards, *lines], analysis)
        waiting = _waiting(match, analysis, spot, [*cards, *lines])
        st.fragment(run_every=1.0 if waiting else None)(_body)(match, analysis, spot, cards, lines, unfit)


def shared_methods(analyses: Sequence[Analysis]) -> list[str]:
    """Methods that show where, of those that the most models have; so each has two models to compare where any has."""
    counts = {name: sum(METHODS[name].lacking(one) is None for one in analyses) for name in IN_PLACE}
    most = max(counts.values(), default=0)
    return [name for name, count in counts.items() if count and count >= min(2, most)]


def _few_models(analysis: Analysis, single: Sequence[Analysis], method: str | None) -> None:
    """Why fewer than two models stand beside each other."""
    if len(single) < 2:
        st.info(
            f"Only {page.plain(analysis.record.model['name'])} has analysed this match. Open Model in the Match "
            "view to analyse it with another one; both are then shown here side by side."
        )
    elif method is None or sum(METHODS[method].lacking(a) is None for a in single) < 2:
        st.info(
            "These models have no method in common that shows where: one looks at pictures, another reads features. "
            "What each says over time stands below."
        )


def _members(analysis: Analysis, analyses: Sequence[Analysis], spot: Spot) -> None:
    """In place of the page, for the average of several models: the same moment in one of them."""
    model = analysis.record.model
    st.info(
        f"{page.plain(model['name'])} is the average of several models, each of which has reasons of its own. Which "
        f"of them is to explain {page.plain(spot.label)} at {page.plain(analysis.clock(spot.half, spot.time))}?"
    )
    hashes = [member["sha256"] for member in model["members"]]
    members = {str(a.record.model["sha256"]): a for a in reversed(analyses) if a.record.model["sha256"] in hashes}
    for member in model["members"]:
        own = members.get(member["sha256"])
        name = page.plain(member["name"])
        words = None if own else f"{name} alone has not analysed this match."
        if st.button(name, key=f"explain_{member['sha256'][:12]}", disabled=own is None, help=words):
            st.session_state["analysis"] = str(own.folder) if own else None
            st.rerun()


# --- which spot ---------------------------------------------------------------------------------------


def _spot_of_address(match: Match, analysis: Analysis, spots: Sequence[Spot]) -> Spot | None:
    """The spot at the address's moment, or that moment itself; without one, the spot that is chosen in the Match view,
    else the most confident card or spot."""
    query = st.query_params
    try:
        half, time, label = int(query["half"]), round(float(query["t"]) * 1e6), query["class"]
        part, column = analysis.half(half), analysis.classes.index(label)
    except (KeyError, ValueError, TouchlineError):
        chosen = chosen_spot(match, analysis)
        if chosen is not None:
            return chosen
        rare = [s for s in spots if analysis.classes.get(s.label).group == "cards"] or list(spots)
        return max(rare, key=lambda s: s.confidence or 0, default=None)
    own = [s for s in spots if s.half == half and s.label == label and abs(s.time - time) <= _NEAR]
    if own:
        return min(own, key=lambda s: abs(s.time - time))
    time = min(max(0, time), int(part.times[-1]))
    return Spot(half, time, label, confidence=float(part.scores[part.voting_sample(time, column), column]))


def _open(match: Match, spot: Spot) -> None:
    source = {"source": st.query_params["source"]} if "source" in st.query_params else {}
    st.query_params.from_dict({
        "match": match.id, "half": str(spot.half), "t": f"{spot.seconds:.6f}", "class": spot.label, **source,
    })  # fmt: skip


# --- the header ---------------------------------------------------------------------------------------


def _header(
    match: Match, analysis: Analysis, spot: Spot, spots: Sequence[Spot], shared: Sequence[str]
) -> tuple[str, str | None]:
    """The bar over the cards; what is compared, and by which method where that is models.

    Arguments:
        shared: methods by which models can be compared.
    """
    action = analysis.classes.get(spot.label)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="explain_bar"):
        title = f"{action.short} at {analysis.clock(spot.half, spot.time)}"
        part = analysis.classes.parts.title(spot.half)
        facts = f"{match.title}, {part}, confidence {spot.confidence or 0:.2f}, {analysis.record.model['name']}"
        st.html(
            page.headline(title, facts),
            width="content",
        )
        _steps(match, spot, spots)
        st.space("stretch")
        _class_choice(match, analysis, spot)
        take("compare", "explain_mode", one_of(BY_MODELS, BY_HEADS), BY_METHODS)
        mode = st.segmented_control(
            "Compare", [BY_METHODS, BY_MODELS, BY_HEADS], required=True, key="explain_mode",
            label_visibility="collapsed", help="Methods on a model, models by a method, or heads.",
        )  # fmt: skip
        put("compare", "explain_mode", mode, BY_METHODS)
        method = next(iter(first_by_measure(analysis, shared)), None)
        if mode == BY_MODELS and method is not None:
            method = st.selectbox(
                "Method", shared, format_func=lambda name: METHODS[name].title, index=shared.index(method),
                label_visibility="collapsed", width=170,
            )  # fmt: skip
        drawing = shared_queue().live(FIGURES.key(FiguresParameters.of(match.path, analysis, spot))) is not None
        st.fragment(run_every=1.0 if drawing else None)(_export)(match, analysis, spot, drawing)
    return str(mode), method


def _steps(match: Match, spot: Spot, spots: Sequence[Spot]) -> None:
    """To the spots before and after."""
    order = sorted(spots, key=lambda s: (s.half, s.time))
    before = [s for s in order if (s.half, s.time) < (spot.half, spot.time)]
    after = [s for s in order if (s.half, s.time) > (spot.half, spot.time)]
    if st.button("", icon=":material/chevron_left:", disabled=not before, help="The spot before", key="explain_before"):
        _open(match, before[-1])
        st.rerun()
    if st.button("", icon=":material/chevron_right:", disabled=not after, help="The spot after", key="explain_after"):
        _open(match, after[0])
        st.rerun()
    if st.button("", icon=":material/play_arrow:", help="Show it in the match", key="explain_play"):
        page.go("match", match=match.id, half=str(spot.half), t=f"{spot.seconds:.3f}", **{"class": spot.label})


def _class_choice(match: Match, analysis: Analysis, spot: Spot) -> None:
    """Any class can be asked for at this moment, spotted or not."""
    names = list(analysis.classes.names)
    chosen = st.selectbox(
        "Class", names, index=names.index(spot.label), format_func=lambda n: analysis.classes.get(n).short,
        label_visibility="collapsed", width=150, key=f"explain_class_{spot_id(spot)}",
        help="Why this moment is, or is not, of a class.",
    )  # fmt: skip
    if chosen != spot.label:
        _open(match, replace(spot, label=str(chosen)))
        st.rerun()


def _export(match: Match, analysis: Analysis, spot: Spot, drawing: bool) -> None:
    """Figures (PNG, SVG) and arrays of what is shown, in one zip.

    Arguments:
        drawing: whether they were being drawn when the page was made, which is made again when that changes.
    """
    with st.popover("Export", icon=":material/ios_share:"):
        parameters = FiguresParameters.of(match.path, analysis, spot)
        [made] = FIGURES.leaves(parameters, shared_settings().data)
        job = shared_queue().latest(FIGURES.key(parameters))
        if job is not None and job.live:
            if not drawing:
                st.rerun(scope="app")
            st.progress(job.progress, text=page.plain(job.stage or "Waiting for its turn"))
            return
        if drawing:
            st.rerun(scope="app")
        if job is not None and job.state == FAILED:
            st.error(page.plain(job.error))
        if made.is_file():
            name = f"{analysis.clock(spot.half, spot.time).replace(':', '-')} {spot.label}.zip".replace(">", "")
            st.download_button("Download", made.read_bytes(), file_name=name, mime="application/zip", type="primary")
        st.caption("A figure of every explanation of this spot as PNG and SVG, and its arrays as .npz.")
        if st.button("Draw again" if made.is_file() else "Draw the figures"):
            FIGURES.ask(shared_queue(), parameters, match.id)
            st.rerun(scope="app")


# --- asking and waiting -------------------------------------------------------------------------------


def _cards(analysis: Analysis, analyses: Sequence[Analysis], mode: str, method: str | None) -> list[ShownMethod]:
    if mode == BY_MODELS:
        having = [a for a in analyses if method is not None and METHODS[method].lacking(a) is None]
        return [ShownMethod(a, str(method), str(a.record.model["name"]), METHODS[str(method)].title) for a in having]
    if mode == BY_HEADS:
        note = "attention among the kept entities"
        return [
            ShownMethod(analysis, f"{HEADS}: {head}", f"Head {head}", note) for head in range(1, heads_of(analysis) + 1)
        ]
    return [
        ShownMethod(analysis, n) for n in first_by_measure(analysis, IN_PLACE) if METHODS[n].lacking(analysis) is None
    ]


def _unfit(analysis: Analysis, mode: str) -> list[tuple[str, str]]:
    """Titles of the methods that are not offered, and why."""
    if mode != BY_METHODS:
        return []
    reasons = {name: METHODS[name].lacking(analysis) for name in IN_PLACE}
    return [(METHODS[name].title, reason) for name, reason in reasons.items() if reason is not None]


def _lines(
    analysis: Analysis, analyses: Sequence[Analysis], cards: Sequence[ShownMethod], mode: str
) -> list[ShownMethod]:
    """What the panel of moments shows beside the cards; every model says which moments it needs."""
    if mode == BY_MODELS:
        return [ShownMethod(a, DEFAULT_IN_TIME, f"{a.record.model['name']} in time") for a in analyses]
    if mode == BY_HEADS or not cards:
        return []
    return [ShownMethod(analysis, name) for name in IN_TIME if METHODS[name].lacking(analysis) is None]


def _ask(match: Match, spot: Spot, cards: Sequence[ShownMethod], analysis: Analysis) -> None:
    """Have computed what is missing; what failed or was cancelled is asked for again by a person only."""
    for one in _analyses_of(cards):
        wanted = _methods_of(one, cards, analysis)
        parameters = ExplanationParameters.of(match.path, one, spot, methods=wanted)
        if _missing(one, spot, wanted) and _unasked(EXPLANATION.key(parameters)):
            EXPLANATION.ask(shared_queue(), parameters, match.id)
    text = st.session_state.get("explain_words")
    if not text or not _missing(analysis, spot, [method_of_text(text)]):
        return
    words = WordsParameters.of(match.path, analysis, spot, text=text)
    if _unasked(WORDS.key(words)):
        WORDS.ask(shared_queue(), words, match.id)


def _unasked(key: str) -> bool:
    job = shared_queue().latest(key)
    return job is None or job.state == DONE


def _analyses_of(cards: Sequence[ShownMethod]) -> list[Analysis]:
    return list({str(c.analysis.folder): c.analysis for c in cards}.values())


def _methods_of(one: Analysis, cards: Sequence[ShownMethod], analysis: Analysis) -> tuple[str, ...]:
    """What is asked of one analysis: what is there at once first, what takes longest last."""
    wanted = [c.method for c in cards if c.analysis.folder == one.folder]
    if one.folder == analysis.folder:
        wanted += [ABLATION, "entity-attention"]
    return tuple(sorted(dict.fromkeys(wanted), key=lambda text: method_and_parameters(text)[0].cost))


def _missing(analysis: Analysis, spot: Spot, methods: Sequence[str]) -> bool:
    data = shared_settings().data
    return any(
        not explanation_file(data, analysis, spot, name).is_file() and unsupported(data, analysis, spot, name) is None
        for name in methods
    )


def _explained(
    match: Match, analysis: Analysis, spot: Spot, cards: Sequence[ShownMethod]
) -> list[ExplanationParameters]:
    """What the jobs that explain the spot are asked for, one of each analysis."""
    return [
        ExplanationParameters.of(match.path, one, spot, methods=_methods_of(one, cards, analysis))
        for one in _analyses_of(cards)
    ]


def _jobs(match: Match, analysis: Analysis, spot: Spot, cards: Sequence[ShownMethod]) -> dict[str, str]:
    """Keys of the jobs that explain the spot, by the folder of their analysis."""
    return {parameters.analysis: EXPLANATION.key(parameters) for parameters in _explained(match, analysis, spot, cards)}


def _waiting(match: Match, analysis: Analysis, spot: Spot, cards: Sequence[ShownMethod]) -> bool:
    keys = list(_jobs(match, analysis, spot, cards).values())
    edit, text = _edit_of(match, spot), st.session_state.get("explain_words")
    keys += [WHAT_IF.key(WhatIfParameters.of(match.path, analysis, spot, edit=edit))] if edit else []
    keys += [WORDS.key(WordsParameters.of(match.path, analysis, spot, text=text))] if text else []
    return any(shared_queue().live(key) is not None for key in keys)


def _edit_of(match: Match, spot: Spot) -> Mapping[str, Any] | None:
    """The edit that was drawn for this spot; words, unlike it, go with the user from spot to spot."""
    owner, edit = st.session_state.get("explain_edit", (None, None))
    return edit if owner == (match.id, spot_id(spot)) else None


# --- the component ------------------------------------------------------------------------------------


def _body(
    match: Match,
    analysis: Analysis,
    spot: Spot,
    cards: list[ShownMethod],
    lines: list[ShownMethod],
    unfit: list[tuple[str, str]],
) -> None:
    queries = [*cards, *lines]
    waiting = _waiting(match, analysis, spot, queries)
    if st.session_state.get("explain_waited", False) and not waiting:
        st.session_state["explain_waited"] = False
        st.rerun(scope="app")
    st.session_state["explain_waited"] = waiting
    shown = Shown(
        match, analysis, spot, cards, lines, _edit_of(match, spot), st.session_state.get("explain_words"),
        _jobs(match, analysis, spot, queries), unfit,
    )  # fmt: skip
    explanation(
        explanation_data(shown),
        key=f"{_KEY}-{match.id}",
        on_event=lambda event: _handle_event(match, analysis, spot, queries, event),
    )
    if st.session_state.pop("explain_again", False):
        st.rerun(scope="app")


def _handle_event(
    match: Match, analysis: Analysis, spot: Spot, cards: Sequence[ShownMethod], event: Mapping[str, Any]
) -> None:
    queue = shared_queue()
    if event["what"] == "edit":
        st.session_state["explain_edit"] = ((match.id, spot_id(spot)), event["edit"])
        WHAT_IF.ask(queue, WhatIfParameters.of(match.path, analysis, spot, edit=event["edit"]), match.id)
    elif event["what"] == "words" and event["text"].strip():
        text = " ".join(event["text"].lower().split())
        st.session_state["explain_words"] = text
        WORDS.ask(queue, WordsParameters.of(match.path, analysis, spot, text=text), match.id)
    elif event["what"] == "reset":
        st.session_state.pop("explain_edit", None)
    elif event["what"] == "cancel":
        for key in _jobs(match, analysis, spot, cards).values():
            if (job := queue.live(key)) is not None:
                queue.cancel(job.id)
    elif event["what"] == "retry":
        for parameters in _explained(match, analysis, spot, cards):
            EXPLANATION.ask(queue, parameters, match.id)
    st.session_state["explain_again"] = True
