"""Faithfulness as it was measured for a model: ``faithfulness.json`` in its folder.

Written by ``touchline faithfulness --keep``; the app and the command line choose their default by it and tell
beside every explanation what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explain.attribution import ENTITY, SPACE
from explain.methods import DEFAULT_IN_TIME, METHODS
from spotting_core.base.files import read_json
from spotting_core.models.known import folder_of

if TYPE_CHECKING:
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.models.load import LoadedModel

FILE = "faithfulness.json"
FAITHFUL, BETTER_THAN_RANDOM, NO_BETTER = "faithful", "better than random", "no better than random"
TOO_FEW = "too few spots"
FEWEST_SPOTS = 8
"""Fewer say nothing of a method: an interval over them spans little more than the least and the greatest of them."""
DEFAULT_KINDS = (SPACE, ENTITY)
"""Kinds of explanation among which the default is chosen: those that say where."""


def measured(folder: Path, sha256: str) -> Mapping[str, Any] | None:
    """The table of a model, or None if nobody measured it, or measured other weights."""
    path = folder / FILE
    content = read_json(path) if path.is_file() else None
    return _judged(content) if content is not None and content["sha256"] == sha256 else None


def _judged(content: dict[str, Any]) -> dict[str, Any]:
    """A table that may have been kept when fewer spots were enough."""
    methods = {
        name: row if row.get("spots", FEWEST_SPOTS) >= FEWEST_SPOTS else {**row, "verdict": TOO_FEW}
        for name, row in content["methods"].items()
    }
    default = content["default"]
    judged = default is not None and methods.get(default, {}).get("verdict") != TOO_FEW
    return {**content, "methods": methods, "default": default if judged else None}


def measured_of(analysis: Analysis, data: DataDirectory) -> Mapping[str, Any] | None:
    """The table of the model that made an analysis, or None if the model is not here or was not measured."""
    folder = folder_of(analysis.record.model, data)
    return measured(folder, str(analysis.record.model["sha256"])) if folder is not None else None


def default_map(content: Mapping[str, Any] | None) -> str | None:
    """The method that a table puts first, if it was measured to be faithful and says where in the picture."""
    name = content["default"] if content else None
    if not name or name not in METHODS or METHODS[name].kind != SPACE:
        return None
    return str(name) if content and content["methods"][name]["verdict"] == FAITHFUL else None


def default_of(model: LoadedModel) -> str:
    """The method that the model's table puts first; occlusion in time where there is no table."""
    content = measured(model.folder, model.sha256)
    return str(content["default"]) if content and content["default"] else DEFAULT_IN_TIME


WORDS = {
    FAITHFUL: ("good", "Faithful"),
    BETTER_THAN_RANDOM: ("neutral", "Rough"),
    NO_BETTER: ("bad", "No better than chance"),
    TOO_FEW: ("open", "Not tested"),
}
"""What a verdict is called in front of people, and how it is coloured."""
_MEANING = {
    FAITHFUL: "On average it finds what the model decides by, better than chance and than the middle of the picture.",
    BETTER_THAN_RANDOM: "On average it is better than chance, but not than pointing at the middle of the picture.",
    NO_BETTER: "On average it is no better than chance: what it shows is not what the model decides by.",
    TOO_FEW: "It was measured on too few spots to say how well it agrees with the model.",
}


def chip(content: Mapping[str, Any] | None, method: str) -> dict[str, str]:
    """What is told of a method's faithfulness: ``state`` (good, neutral, bad, open), ``text``, ``meaning``,
    ``hint`` (all of it), ``numbers``."""
    row = content["methods"].get(method) if content else None
    if content is None or row is None:
        hint = "Run touchline faithfulness SOURCE --keep to measure how well this method agrees with the model."
        return {"state": "open", "text": "Not tested", "meaning": hint, "hint": hint, "numbers": ""}
    deletion, random = _short(row["deletion"]["mean"]), _short(row["deletion_random"]["mean"])
    insertion, other = _short(row["insertion"]["mean"]), _short(row["insertion_random"]["mean"])
    hint = (
        f"{_MEANING[row['verdict']]} Area under the curve over {row['spots']} spots of {content['source']}: deletion "
        f"{deletion} (random {random}, centred blob {_short(row['deletion_centre']['mean'])}), insertion {insertion} "
        f"(random {other}, centred blob {_short(row['insertion_centre']['mean'])}). Rank correlation with the same "
        f"model of random weights {_short(row['sanity']['mean'])}, under noise {_short(row['stability']['mean'])}."
    )
    numbers = f"deletion {deletion} vs {random}, insertion {insertion} vs {other}"
    state, text = WORDS[row["verdict"]]
    return {"state": state, "text": text, "meaning": _MEANING[row["verdict"]], "hint": hint, "numbers": numbers}


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.2f}"
