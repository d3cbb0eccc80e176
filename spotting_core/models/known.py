"""Models of the user's own that were used here: by hash, so that what they made can be explained later.

``models.json`` of the data directory says where their folders are, and those of ensembles that were kept; an analysis
itself names no path.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spotting_core.base.assets import asset
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import locked, read_json, write_json
from spotting_core.media.fingerprint import file_hash
from spotting_core.models.card import ADAPTED, CARD_FILE, WEIGHTS_FILE, models_available, read_card, settings_hash
from spotting_core.models.identity import VISION_MODEL

log = logging.getLogger(__name__)

FILE = "models.json"


def remember(folder: Path, sha256: str, data: DataDirectory) -> None:
    """Keep where the folder of a model or an ensemble is; bundled ones are found without.

    What lay in the folder before is forgotten: it is no longer there.
    """
    folder = folder.absolute()
    if folder.parent == asset("weights"):
        return
    if str(folder) in _own(data).get(sha256, ()):
        return
    with locked(data.root / f".{FILE}.lock"):
        known = {k: [f for f in folders if f != str(folder)] for k, folders in _own(data).items()}
        known[sha256] = [*known.get(sha256, ()), str(folder)]
        write_json(data.root / FILE, {k: folders for k, folders in known.items() if folders})


def forget(folder: Path, data: DataDirectory) -> None:
    """No longer keep where a folder is."""
    text = str(folder.absolute())
    with locked(data.root / f".{FILE}.lock"):
        left = {k: [f for f in folders if f != text] for k, folders in _own(data).items()}
        write_json(data.root / FILE, {k: folders for k, folders in left.items() if folders})


def known_models(data: DataDirectory, task: str | None = None) -> dict[str, Path]:
    """Folders by the name that is shown: the bundled models, then those used from folders of the user's own.

    Arguments:
        task: of which they have to be, and for any match: a model adapted to one is found by what it spotted there. All
            of every task where None.
    """
    own = {name: folder for name, folder in _folders(data).items() if (folder / WEIGHTS_FILE).is_file()}
    every = {**models_available(), **own}
    return {name: folder for name, folder in every.items() if task is None or _is_for_any_match(folder, task)}


def _is_for_any_match(folder: Path, task: str) -> bool:
    try:
        card = read_card(folder)
    except TouchlineError:
        return False
    return card.task == task and ADAPTED not in card.training


def task_of(folder: Path) -> str | None:
    """The task of the model in a folder; None where nobody can say."""
    try:
        return read_card(folder).task
    except TouchlineError:
        return None


def known_ensembles(data: DataDirectory) -> dict[str, Path]:
    """Folders of the ensembles that were kept or used here, by the name that is shown: a card without weights."""
    return {name: folder for name, folder in _folders(data).items() if not (folder / WEIGHTS_FILE).is_file()}


def _folders(data: DataDirectory) -> dict[str, Path]:
    """Folders of the user's own in which a card still lies, by the name that is shown."""
    named: dict[str, Path] = {}
    for sha256, folders in _own(data).items():
        for folder in (Path(text) for text in folders):
            if (folder / CARD_FILE).is_file():
                added = folder.parent == data.models  # by a name of its own
                name = folder.name if added else f"{folder.name} ({sha256[:8]})"
                named[name if name not in named else f"{name}, in {folder.parent.name}"] = folder
    return named


def folder_of(model: Mapping[str, Any], data: DataDirectory) -> Path | None:
    """Folder of the model that an analysis names (``AnalysisRecord.model``), or None if it is not here.

    Of the same weights under several settings it is the one with those of the analysis.
    """
    own, bundled = _own(data).get(str(model["sha256"]), ()), models_available().get(str(model["folder"]))
    folders = [f for f in (*map(Path, reversed(own)), bundled) if f is not None and (f / CARD_FILE).is_file()]
    return next((f for f in folders if "settings" not in model or _settings(f) == model["settings"]), None)


def _settings(folder: Path) -> str | None:
    try:
        return settings_hash(read_card(folder).config)
    except TouchlineError:
        return None


def entity_model_of(model: Mapping[str, Any], data: DataDirectory) -> str | None:
    """SHA-256 of the vision-language model whose picture embeddings an analysis holds, or None if nobody can say.

    An analysis says it itself (``AnalysisRecord.model``); for older ones, the card of the very model that made them.
    """
    if "entities" in model:
        return str(model.get(VISION_MODEL, model["entities"]))
    folder = folder_of(model, data)
    try:
        if folder is None or file_hash(folder / WEIGHTS_FILE) != model["sha256"]:
            return None
        described = read_json(folder / CARD_FILE).get("entities")
    except (TouchlineError, OSError):
        return None
    return str(described.get(VISION_MODEL, described["sha256"])) if described else None


def _own(data: DataDirectory) -> dict[str, list[str]]:
    """Folders by the hash of the weights in them: of the same weights under several settings there are several."""
    path = data.root / FILE
    try:
        known = read_json(path) if path.is_file() else {}
    except TouchlineError as error:  # it is written again by the next analysis
        log.warning("the list of models used here is not read: %s", error)
        known = {}
    if not isinstance(known, dict):
        return {}
    listed = {str(k): [v] if isinstance(v, str) else v for k, v in known.items()}  # earlier versions kept one folder
    return {k: [f for f in v if isinstance(f, str)] for k, v in listed.items() if isinstance(v, list)}
