"""Understanding the words of a text query: the bundled vision-language model, loaded when the first one comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from spotting_core.base.assets import asset
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import read_json
from spotting_core.media.fingerprint import file_hash, joint_hash
from spotting_core.search.pictures import TextVector

if TYPE_CHECKING:  # the app starts without the deep learning
    from spotting_core.entities.vision_language import VisionLanguageModel


def encode(text: str) -> TextVector:
    """A text as the bundled model understands it.

    Errors:
        BadInputError: no words, or some that it was never taught.
    """
    from explain.text_similarity import encoded

    model = _model(_identity())
    with _one_thread():
        return TextVector(encoded(text, model), model.sha256)


@contextmanager
def _one_thread() -> Iterator[None]:
    """A few words are a few milliseconds of work: threads that wait for each other on a busy processor take longer."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _identity() -> str:
    """What the bundled model is: the hash of its files, whose content is read again only when they change."""
    files = sorted(path for path in asset("weights", "entities").iterdir() if path.is_file())
    return joint_hash(file_hash(path) for path in files)


@lru_cache(maxsize=1)
def _model(identity: str) -> VisionLanguageModel:
    """The bundled model, loaded anew when it has become another one."""
    from spotting_core.entities.vision_language import VisionLanguageModel

    return VisionLanguageModel.load()


def limits() -> str:
    """What a text query is worth, in a sentence, by the bundled model's card."""
    scores = _retrieval()
    if scores is None:
        return "How well words find their pictures was not measured."
    return (
        "Phrases that the model was not taught find their rendered frames with a mean average precision of "
        f"{scores['mean_average_precision']:.2f} by places in the picture (chance: {scores['chance']:.2f}); whole "
        "pictures, which are compared here, are coarser."
    )


@lru_cache(maxsize=1)
def _retrieval() -> Mapping[str, Any] | None:
    try:
        retrieval: Mapping[str, Any] = read_json(asset("weights", "entities", "card.json"))["scores"]["retrieval"]
    except (TouchlineError, KeyError, TypeError):
        return None
    return retrieval
