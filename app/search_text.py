"""Understanding the words of a text query: the bundled vision-language model, loaded when the first one comes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from spotting_core.assets import asset
from spotting_core.errors import TouchlineError
from spotting_core.files import read_json
from spotting_core.search.pictures import TextVector

if TYPE_CHECKING:  # the app starts without the deep learning
    from spotting_core.entities.vision_language import VisionLanguageModel


def encode(text: str) -> TextVector:
    """A text as the bundled model understands it.

    Errors:
        BadInputError: no words, or some that it was never taught.
    """
    from explain.text_similarity import encoded

    model = _model()
    return TextVector(encoded(text, model), model.sha256)


@lru_cache(maxsize=1)
def _model() -> VisionLanguageModel:
    from spotting_core.entities.vision_language import VisionLanguageModel

    return VisionLanguageModel.load()


def limits() -> str:
    """What a text query is worth, in a sentence, by the bundled model's card."""
    told = _retrieval()
    if told is None:
        return "How well words find their pictures was not measured."
    return (
        f"Phrases that the model was not taught find their frames among {told['frames']} rendered ones with a mean "
        f"average precision of {told['mean_average_precision']:.2f}; chance is {told['chance']:.2f}."
    )


@lru_cache(maxsize=1)
def _retrieval() -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = read_json(asset("weights", "entities", "card.json"))["scores"]["retrieval"]
    except (TouchlineError, KeyError, TypeError):
        return None
    return found
