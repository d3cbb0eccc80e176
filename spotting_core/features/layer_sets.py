"""Feature sets that the bundled spotting model leaves in its layer of a match: nothing is decoded or computed for them.

* ``layer-environment``: its environment features, the global view of each frame;
* ``layer-pictures``: the embedding of the whole picture by the vision-language model;
* ``layer-entities``: of each entity how many there are, how sure the surest is, its height, width and place, and how
  much of the picture all of them take (see ``ENTITY_NUMBERS``);
* ``layer-spots``: the confidence of each class at the samples of its spots, zero elsewhere.

What makes them of a layer is ``inference.layer_features``, which keeps them as files of the match's videos and analyses
a match that has no such layer yet.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from spotting_core.base.data_directory import DataDirectory
from spotting_core.features.extractor import ExtractorSpec
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.ingest import Media
from spotting_core.models.card import BUNDLED, CARD_FILE, model_folder, read_card

LAYER = "layer"
ENVIRONMENT, PICTURES, ENTITIES, SPOTS = "layer-environment", "layer-pictures", "layer-entities", "layer-spots"
LAYER_SETS = (ENVIRONMENT, PICTURES, ENTITIES, SPOTS)
ENTITY_NUMBERS = ("count", "confidence", "height", "width", "x", "y", "area")
"""Of each entity: how many, in tens; the surest one's confidence, size and middle, as shares of the picture; and the
area of all of them."""


@lru_cache(maxsize=1)
def layer_widths() -> dict[str, int]:
    """How many numbers a sample of each set has.

    Errors:
        BadInputError: the bundled model cannot be loaded.
    """
    from spotting_core.models.load import load_model
    from spotting_core.models.network import EnvironmentNetwork

    model = load_model(BUNDLED)
    entities = model.card.entities
    assert isinstance(model.network, EnvironmentNetwork), "the bundled model looks at pictures"
    assert entities is not None, "and at entities"
    entity_card = json.loads((model_folder(entities["model"]) / CARD_FILE).read_text(encoding="utf-8"))
    return {
        ENVIRONMENT: model.network.environment.dim,
        PICTURES: int(entity_card["embed_dim"]),
        ENTITIES: len(ENTITY_NUMBERS) * len(entities["names"]),
        SPOTS: len(model.classes),
    }


@lru_cache(maxsize=1)
def layer_rate() -> float:
    """Samples a second of the layer."""
    return float(read_card(model_folder(BUNDLED)).input.rate)


@lru_cache(maxsize=1)
def layer_spec() -> ExtractorSpec:
    """What makes the layer: the bundled model with its settings and its entity model.

    Errors:
        BadInputError: the bundled model cannot be loaded.
    """
    from spotting_core.models.load import load_model

    model = load_model(BUNDLED)
    entities = model.card.entities or {}
    made_by = joint_hash([model.sha256, model.settings, str(entities.get("sha256", ""))])
    return ExtractorSpec(LAYER, BUNDLED, "", (0, 0), (), (), made_by)


def layer_file(media: Media, data: DataDirectory, name: str, made_by: ExtractorSpec) -> Path:
    """Where a set of a half is kept."""
    return data.media(media.hash) / f"{name}-{made_by.sha256[:16]}.npy"
