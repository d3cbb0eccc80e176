"""Which split of SoccerNet a game is of, so that no model is measured on what it was trained on.

``assets/soccernet_splits.csv`` has the games of the SoccerNet package's lists (``SoccerNetGames*.json``, MIT): no name,
but the first 16 digits of the SHA-256 of ``league/season/game``, and its split.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from spotting_core.base.assets import asset
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import read_json

SPLITS = "splits"
"""In the description of a model: the splits of SoccerNet that it was trained on."""
TRAINED = "was trained on it"
_DIGITS = 16
_ANALYSIS = "analysis.json"  # beside the predictions of an analysis


def split_of(game: str) -> str | None:
    """train, valid, test or challenge; None for a game that is not SoccerNet's.

    Arguments:
        game: a path or name that ends in ``league/season/game``.
    """
    name = "/".join(PurePath(game.replace("\\", "/")).parts[-3:])
    return _splits().get(hashlib.sha256(name.encode()).hexdigest()[:_DIGITS])


def trained_on(game: str, model: Mapping[str, Any]) -> str | None:
    """Why a model is not measured on a game, in a clause; None where it may be.

    Arguments:
        model: what an analysis says of its model.
    """
    known = model.get(SPLITS, ())
    split = split_of(game) if isinstance(known, Collection) and known else None
    return f"{model.get('name')} {TRAINED} (SoccerNet's {split} split)" if split and split in known else None


def model_beside(prediction_file: str) -> dict[str, Any]:
    """What the analysis says of its model in whose folder predictions lie; nothing where they are from elsewhere."""
    path = Path(prediction_file).with_name(_ANALYSIS)
    try:
        model = read_json(path).get("model", {}) if path.is_file() else {}
    except (TouchlineError, AttributeError):
        return {}
    return model if isinstance(model, dict) else {}


@cache
def _splits() -> dict[str, str]:
    with asset("soccernet_splits.csv").open(encoding="utf-8", newline="") as handle:
        return {row["game"]: row["split"] for row in csv.DictReader(handle)}
