"""Text similarity: where and when the pictures look like words that somebody typed.

The vision-language model that finds the entities says of every place how well it fits a text, and of every
sample of the match how well the whole picture does. It explains no score of the spotting model; it shows
what the words find in the pictures. Words that the model was never taught are named instead of drawn.

Paper: Zhou et al., "Extract Free Dense Labels from CLIP" (ECCV 2022) for similarity per place.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from explain.attribution import SPACE, Attribution
from explain.explained_window import closer_pictures
from explain.probe import GRID, Probe
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json
from spotting_core.computing.number_format import in_bfloat16
from spotting_core.entities.finder import language_model_of
from spotting_core.entities.vision_language import BUNDLED, VisionLanguageModel, entity_model_folder

NAME = "text-similarity"
SPAN = 4  # samples to either side of the anchor
_BATCH = 3
_WORD = re.compile(r"[a-z0-9]+")

DEFAULT_TEXTS = {
    "Yellow card": "a yellow card held up",
    "Red card": "a red card held up",
    "Yellow->red card": "a red card held up",
    "Corner": "a corner flag",
    "Goal": "the goal",
    "Penalty": "the goal",
    "Offside": "an assistant referee",
    "Foul": "the referee",
}
_OTHER_TEXT = "the ball"


def default_text(label: str) -> str:
    """What is looked for where nobody typed anything: the thing that the rules tie to the class."""
    return DEFAULT_TEXTS.get(label, _OTHER_TEXT)


def unknown_words(text: str, model: VisionLanguageModel) -> list[str]:
    """Words of a text that the model's card does not list; none where the card lists no words."""
    folder = entity_model_folder(model.name)
    card = folder / "card.json" if folder is not None else Path()
    known = read_json(card).get("words") if card.is_file() else None
    if known is None:
        return []
    return [word for word in dict.fromkeys(_WORD.findall(text.lower())) if word not in set(known)]


def check_text(text: str, model: VisionLanguageModel) -> None:
    """Refuse a text that the model cannot know.

    Errors:
        BadInputError: no words, or some that it was never taught.
    """
    if not _WORD.search(text.lower()):
        raise BadInputError("there are no words to look for", fix="Type a few words, for example: a yellow card")
    unknown = unknown_words(text, model)
    if unknown:
        raise BadInputError(
            f"the model {model.name} was never taught {_listed(unknown)}",
            fix="Use words for entities, kit colours, places, cameras and cards",
        )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def encoded(text: str, model: VisionLanguageModel) -> np.ndarray:
    """A text that the model knows, as a direction to compare pictures with: float32 (E,), unit length.

    Errors:
        BadInputError: see ``check_text``.
    """
    check_text(text, model)
    return model.encode_texts([text])[0].cpu().numpy()


def timeline(text: str, model: VisionLanguageModel, embeddings: np.ndarray) -> np.ndarray:
    """Cosine similarity of every sample's picture to a text: float32 (T,).

    Arguments:
        embeddings: (T, E), unit length (``image_embeddings.npy``).

    Errors:
        BadInputError: see ``check_text``; embeddings of another model.
    """
    query = encoded(text, model)
    if embeddings.shape[1] != len(query):
        raise BadInputError(f"the pictures have embeddings of {embeddings.shape[1]} numbers, the text of {len(query)}")
    likeness: np.ndarray = np.asarray(embeddings, np.float32) @ query
    return likeness


def explain(probe: Probe, label: str, *, text: str = "", span: int = SPAN) -> Attribution:
    """How well every place of the frames within ``span`` of the anchor fits a text; 0 elsewhere.

    Errors:
        BadInputError: see ``check_text``.
    """
    began = time.perf_counter()
    name = language_model_of(probe.model.card.entities) or BUNDLED
    model = VisionLanguageModel.load(name, probe.model.device.type)
    text = text or default_text(label)
    check_text(text, model)
    near = probe.window.near(span)
    maps = similarity_maps(text, model, closer_pictures(probe.window, near))
    values = np.zeros((len(probe.window.times), *GRID), np.float32)
    values[near] = maps
    return probe.attribution(
        NAME,
        label,
        SPACE,
        values,
        baseline=f"none: similarity to “{text}”",
        held_fixed="the spotting model, which is not asked",
        score_baseline=float("nan"),
        scale=(0.0, 1.0),
        began=began,
    )


@torch.inference_mode()
def similarity_maps(text: str, model: VisionLanguageModel, pictures: np.ndarray) -> np.ndarray:
    """Greatest similarity in every cell of the grid: float32 (n, rows, columns), 0 to 1.

    Arguments:
        pictures: uint8 (n, H, W, 3) at the source's own size.
    """
    query = model.encode_texts([text])
    maps = []
    for start in range(0, len(pictures), _BATCH):
        pixels = model.normalise(pictures[start : start + _BATCH])
        with in_bfloat16(model.device):
            if model.pyramid is not None:
                dense, _ = model.pyramid.dense(pixels)
                values = model.pyramid.similarity(dense.embedding, query)[:, 0].sigmoid()
            else:
                patches, _ = model.patches(F.interpolate(pixels, size=(224, 224), mode="bilinear"))
                values = torch.einsum("behw,e->bhw", patches, query[0]).clamp_min(0)
        maps.append(F.adaptive_max_pool2d(values.float()[:, None], GRID)[:, 0].cpu().numpy())
    return np.concatenate(maps)
