"""Analysing a match with an ensemble: each member alone, then the average of what they said.

Members may sample at other rates: their scores are interpolated in time to the fastest one's samples. A member's
displacement counts by its confidence; one without says that the action is at its sample.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

import numpy as np

from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis, AnalysisRecord, HalfAnalysis, write_record
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import write_array
from spotting_core.domain.classes import class_files, keep_classes
from spotting_core.evaluation.official_splits import SPLITS
from spotting_core.inference.analyse import analyse_match, check_rate, check_target, put_in_place
from spotting_core.inference.domain_notice import domain_notice
from spotting_core.inference.window_store import describe
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.source import MatchSource
from spotting_core.models.ensemble import Ensemble
from spotting_core.models.load import LoadedModel
from spotting_core.samples.progress import AnalysisProgress, ReportProgress
from spotting_core.samples.reader import finds_features, require_features
from spotting_core.tasks.registry import layer_task

_FAINT = 1e-6  # confidence: below it a displacement says nothing


class AnalysisOptions(TypedDict, total=False):
    """What an analysis can be given, whoever makes it; see ``analyse_match``."""

    out: Path | None
    rate: float | None
    report: ReportProgress | None
    features: Path | None


def analyse(
    source: MatchSource, model: LoadedModel | Ensemble, data: DataDirectory, **options: Unpack[AnalysisOptions]
) -> Analysis:
    """Analyse a match with what was loaded: ``analyse_match`` or ``analyse_with_ensemble``, which say what is given."""
    if isinstance(model, Ensemble):
        return analyse_with_ensemble(source, model, data, **options)
    return analyse_match(source, model, data, **options)


def analyse_with_ensemble(
    source: MatchSource,
    ensemble: Ensemble,
    data: DataDirectory,
    *,
    out: Path | None = None,
    rate: float | None = None,
    report: ReportProgress | None = None,
    features: Path | None = None,
) -> Analysis:
    """Analyse a match with every member and average; members' own analyses are kept in the data directory.

    Arguments:
        features: folder with the features of some members; the others', and all where not given, are the match's own.

    Errors:
        BadInputError: see ``analyse_match``, also features that no member reads; CancelledError: ``report`` returned
            False.
    """
    check_rate(rate, ensemble.card.input.rate, None)
    if out is not None:
        check_target(out)
    if features is not None and not any(m.inputs.features for m in ensemble.members):
        raise BadInputError("none of the models reads features", where=features, fix="Leave out --features")
    if features is not None:
        require_features(features, source, ensemble.members)
    parts = []
    for number, member in enumerate(ensemble.members):
        one = _part_of(report, number, len(ensemble.members))
        own = features if features is not None and finds_features(member, source, features) else None
        parts.append(analyse_match(source, member, data, report=one, features=own))
    key = joint_hash([ensemble.sha256, *(p.record.identity.key for p in parts)])
    target = out or data.analysis(source.content_hash(data), key)
    if out is None and (target / ANALYSIS_FILE).is_file():
        return Analysis.open(target)
    return put_in_place(target, lambda work: _write(work, ensemble, parts, source), anew=out is not None)


def _part_of(report: ReportProgress | None, number: int, members: int) -> ReportProgress | None:
    """Progress of one member as that of the whole."""
    if report is None:
        return None

    def report_part(progress: AnalysisProgress) -> bool:
        done, total = number * progress.total + progress.done, members * progress.total
        return report(replace(progress, done=done, total=total, stage=f"{progress.stage} ({number + 1} of {members})"))

    return report_part


def _write(target: Path, ensemble: Ensemble, parts: Sequence[Analysis], source: MatchSource) -> None:
    for left in target.glob("half*"):  # by work that was stopped here
        shutil.rmtree(left)
    for table in class_files(target):
        table.unlink()
    fastest = max(parts, key=lambda p: p.record.rate)
    shapes: dict[str, Any] = {}
    for half in fastest.halves:
        confidence, displacement = averaged([p.half(half.half) for p in parts], half.times)
        arrays: dict[str, np.ndarray] = {"times": half.times, "frames": half.frames}
        arrays["scores"] = confidence.astype(np.float16)
        if displacement is not None:
            arrays["displacement"] = displacement.astype(np.float16)
        replayed = [(one.times, one.replay) for p in parts if (one := p.half(half.half)).replay is not None]
        if replayed:
            known = [_at(values[:, None], times, half.times)[:, 0] for times, values in replayed]
            arrays["replay"] = np.mean(known, axis=0).astype(np.float16)
        folder = target / f"half{half.half}"
        for name, values in arrays.items():
            write_array(folder / f"{name}.npy", values)
            shapes[name] = describe(name, values)
    keep_classes(target, ensemble.classes)
    write_record(target, _record(ensemble, parts, fastest.record, shapes, source))
    analysis = Analysis.open(target)
    analysis.write_results(layer_task(analysis.record.task))


def averaged(members: Sequence[HalfAnalysis], times: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Mean confidence of a half's members at some times, and their displacement weighted by confidence.

    Arguments:
        times: int64 (T,) microseconds. Returns float32 (T, C) twice, the latter None where no member has one.
    """
    confidences = np.stack([_at(m.scores, m.times, times) for m in members])  # (members, T, C)
    confidence: np.ndarray = confidences.mean(0)
    if all(m.displacement is None for m in members):
        return confidence, None
    moved = np.zeros_like(confidence)
    for member, own in zip(members, confidences, strict=True):
        if member.displacement is not None:
            moved += own * _at(member.displacement, member.times, times)
    return confidence, moved / np.maximum(confidences.sum(0), _FAINT)


def _at(values: np.ndarray, known: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(K, C) at ``known`` times, interpolated to others: float32 (T, C)."""
    if np.array_equal(known, times):
        return values
    columns = [np.interp(times, known, values[:, k]) for k in range(values.shape[1])]
    return np.stack(columns, axis=1).astype(np.float32)


def _record(
    ensemble: Ensemble,
    parts: Sequence[Analysis],
    fastest: AnalysisRecord,
    shapes: dict[str, Any],
    source: MatchSource,
) -> AnalysisRecord:
    card = ensemble.card
    widths = [p.record.model.get("suppression") for p in parts]
    own: dict[str, Any] = {"suppression": min(float(w) for w in widths if w)} if all(widths) else {}
    methods = {p.record.model.get("suppression_method", "") for p in parts}
    if len(methods) == 1 and "" not in methods:
        own["suppression_method"] = methods.pop()
    if splits := sorted({split for p in parts for split in p.record.model.get(SPLITS, ())}):
        own[SPLITS] = splits  # what one of them was trained on the average knows
    timings: dict[str, float] = {}
    for part in parts:
        for stage, seconds in part.record.timings.items():
            timings[stage] = round(timings.get(stage, 0.0) + seconds, 2)
    return replace(
        fastest,
        model={
            "name": card.name,
            "system": card.system,
            "sha256": ensemble.sha256,
            "settings": joint_hash(p.record.identity.key for p in parts),
            "domain": card.domain,
            "folder": card.system,
            "members": card.config["members"],
            **own,
        },
        class_table=ensemble.members[0].classes.name,
        arrays=shapes,
        timings=timings,
        notice=domain_notice(card, source),
        unlikeness=None,  # each member has its own
    )
