"""What a text query is worth: frames ranked by phrases that the model was never taught, against truth.

Every phrase of ``assets/prompts/held_out.toml`` ranks frames of rendered matches by the greatest similarity of
any place in them, or by that of the whole picture. Average precision over that order is told beside chance, the share
of frames that are right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.base.nesting import parse_toml
from spotting_core.base.report_done import ReportDone
from spotting_core.computing.number_format import in_bfloat16
from spotting_core.entities.captions import region_facts
from spotting_core.entities.measure import average_precision
from spotting_core.entities.truth import TrueFrame, TrueMatch, games_with_boxes
from spotting_core.entities.vision_language import VisionLanguageModel
from spotting_core.media.decode import decode_samples, resize_image
from spotting_core.media.source import open_match
from spotting_core.media.times import read_time_table

_RATE = 0.25
_LEAST_HEIGHT = 4.0  # pixels, of a box that counts as shown
_BATCH = 4
_WIDTH = 640


@dataclass(frozen=True)
class Phrase:
    """A text and what must be true of a region it names."""

    text: str
    facts: frozenset[str]


def held_out_phrases() -> list[Phrase]:
    content = parse_toml(asset("prompts", "held_out.toml").read_bytes(), "held_out.toml")
    return [Phrase(row["text"], frozenset(row["facts"])) for row in content["phrase"]]


def measure_retrieval(folder: Path, model: VisionLanguageModel, report: ReportDone | None = None) -> dict[str, Any]:
    """Rank the frames of all rendered matches below a folder by each phrase.

    Returns ``frames``, ``mean_average_precision``, ``chance`` and per phrase its average precision, chance and
    how many frames are right.

    Errors:
        BadInputError: the model has no grid of similarities, or there is no rendered match.
    """
    if model.pyramid is None:
        raise BadInputError("text queries are measured on models with a pyramid", where=model.name)
    phrases = held_out_phrases()
    queries = model.encode_texts([p.text for p in phrases])
    scores, right = [], []
    games = games_with_boxes(folder)
    for done, game in enumerate(games):
        if report:
            report(done, len(games))
        for half in open_match(game).halves:
            truth = TrueMatch(game, half.half)
            table = read_time_table(half.path)
            frames = table.samples(_RATE)
            for batch in decode_samples(half.path, table, frames, batch=_BATCH):
                scores.append(_scores(model, batch.images, queries))
                right += [_right(truth, truth[int(frames[s])], phrases) for s in batch.samples]
    return _summary(phrases, np.concatenate(scores), np.array(right))


@dataclass(frozen=True)
class EmbeddedHalf:
    """A half whose samples' pictures have embeddings.

    Arguments:
        frames: int32 (T,), frame number of each sample; embeddings: (T, E), unit length.
    """

    half: int
    frames: np.ndarray
    embeddings: np.ndarray


def measure_pictures(
    game: Path, halves: Iterable[EmbeddedHalf], model: VisionLanguageModel, every: int = 2
) -> dict[str, Any]:
    """Rank samples of a rendered match by each phrase, by embeddings of their pictures.

    Arguments:
        game: folder of the match, with its truth.
        every: which samples are ranked; every second one is one a second.

    Returns what ``measure_retrieval`` does.
    """
    phrases = held_out_phrases()
    queries = model.encode_texts([p.text for p in phrases]).cpu().numpy()  # (K, E)
    scores, right = [], []
    for half in halves:
        truth = TrueMatch(game, half.half)
        scores.append(np.asarray(half.embeddings[::every], np.float32) @ queries.T)
        right += [_right(truth, truth[int(frame)], phrases) for frame in half.frames[::every]]
    return _summary(phrases, np.concatenate(scores), np.array(right))


@torch.inference_mode()
def _scores(model: VisionLanguageModel, images: np.ndarray, queries: torch.Tensor) -> np.ndarray:
    assert model.pyramid is not None
    height = round(images.shape[1] * _WIDTH / images.shape[2] / 8) * 8
    pixels = model.normalise(np.stack([resize_image(image, _WIDTH, height) for image in images]))
    with in_bfloat16(model.device):
        dense, _ = model.pyramid.dense(pixels)
        return model.pyramid.similarity(dense.embedding, queries).float().amax((2, 3)).cpu().numpy()


def _right(truth: TrueMatch, frame: TrueFrame, phrases: list[Phrase]) -> list[bool]:
    shown = [
        region_facts(truth, frame, i)
        for i in range(len(frame.names))
        if frame.boxes[i, 3] - frame.boxes[i, 1] >= _LEAST_HEIGHT
    ]
    return [any(phrase.facts <= facts for facts in shown) for phrase in phrases]


def _summary(phrases: list[Phrase], scores: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    rows = {}
    for k, phrase in enumerate(phrases):
        if not right[:, k].any():
            continue
        rows[phrase.text] = {
            "average_precision": round(average_precision(scores[:, k], right[:, k], int(right[:, k].sum())), 4),
            "chance": round(float(right[:, k].mean()), 4),
            "right": int(right[:, k].sum()),
        }
    return {
        "frames": len(scores),
        "mean_average_precision": round(float(np.mean([r["average_precision"] for r in rows.values()])), 4),
        "chance": round(float(np.mean([r["chance"] for r in rows.values()])), 4),
        "phrases": rows,
    }
