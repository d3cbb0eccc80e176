"""A published model becomes one of this data directory: fetched, read, put into our layout, and remembered.

Everything is made in a folder of its own that takes its place when it is whole, so nothing is half there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json, whole_folder
from spotting_core.checkpoints.adopted import Adapter, Adopted, Checkpoint, Choices
from spotting_core.checkpoints.download import Remote, fetch
from spotting_core.checkpoints.registry import adapter_of
from spotting_core.checkpoints.sources import CLASS_LIST, PROMPTS, SETTINGS, Offer
from spotting_core.computing.checkpoint_file import read_checkpoint
from spotting_core.domain.classes import keep_classes
from spotting_core.media.fingerprint import file_hash, joint_hash
from spotting_core.models.card import CARD_FILE, models_available
from spotting_core.models.known import forget, remember
from spotting_core.models.load import load_model, save_model

_NAME = re.compile(r"[\w][\w .+-]{0,79}")

ReportFetched = Callable[[str, int, int | None], None]
"""``report(file, bytes so far, bytes of all or None)``; raises to stop."""


@dataclass(frozen=True)
class Wanted:
    """What is to be added.

    Arguments:
        name: of the model here; that of its publication where empty.
        sha256: of the file of weights, where it is known beforehand.
        local_network: see ``sources.offer_of``.
    """

    offer: Offer
    choices: Choices
    name: str = ""
    sha256: str = ""
    local_network: bool = False


def add_model(wanted: Wanted, data: DataDirectory, report: ReportFetched = lambda *_: None) -> Path:
    """Fetch a model where it lies elsewhere, and write its folder in the data directory.

    Errors:
        BadInputError: it cannot be fetched or read, it is of no known project, something has to be said of it, or
            another model has its name; CancelledError: ``report``. Nothing is half added.
    """
    name = _name_of(wanted)
    place = data.models / name
    if place.exists() or name in models_available():
        raise BadInputError(
            f"there is a model called {name} already",
            where=place,
            fix="Give another name with --name, or remove that one",
        )
    weights, beside = _fetched(wanted, data, report)
    sha256 = file_hash(weights)
    if wanted.sha256 and sha256 != wanted.sha256.lower():
        _throw_away(wanted, data)
        raise BadInputError(f"this file has the hash {sha256}, not {wanted.sha256}", where=weights, fix=_OTHER_FILE)
    checkpoint = checkpoint_of(weights, beside, wanted.offer.name)
    adapter = adapter_of(checkpoint)
    adopted = adopt(adapter, checkpoint, wanted.choices)
    origin = {"source": wanted.offer.source, "file": weights.name, "file_sha256": sha256, "project": adapter.name}
    card = replace(adopted.card, name=name, training={**adopted.card.training, **origin})
    with whole_folder(place) as folder:
        keep_classes(folder, adopted.classes)
        save_model(folder, adopted.network, card, precise=True)
        model = load_model(folder)
    remember(place, model.sha256, data)
    _throw_away(wanted, data)
    return place


def adopt(adapter: Adapter, checkpoint: Checkpoint, choices: Choices) -> Adopted:
    """What a checkpoint becomes; one that is only named like a project's is refused as any other."""
    try:
        return adapter.adopt(checkpoint, choices)
    except (KeyError, IndexError, RuntimeError) as error:  # a tensor of fewer dimensions, or none
        raise BadInputError(
            f"these weights are named as those of {adapter.name}, and are no such weights ({type(error).__name__})",
            where=checkpoint.path,
            fix="Give the file as it was published",
        ) from error


_OTHER_FILE = "It is another file than the one that was meant, or damaged"


def remove_model(name: str, data: DataDirectory) -> Path:
    """Remove a model that was added; what was analysed by it stays.

    Errors:
        BadInputError: none of this name was added.
    """
    place = data.models / name
    if not _NAME.fullmatch(name) or not (place / CARD_FILE).is_file():
        known = ", ".join(added_models(data)) or "none"
        raise BadInputError("no model of this name was added", where=name, fix=f"Added are: {known}")
    forget(place, data)
    shutil.rmtree(place)
    return place


def added_models(data: DataDirectory) -> dict[str, Path]:
    """Folders of the models that were added, by name."""
    return {card.parent.name: card.parent for card in sorted(data.models.glob(f"*/{CARD_FILE}"))}


def checkpoint_of(weights: Path, beside: Mapping[str, Path], name: str) -> Checkpoint:
    """A file of weights with what lies beside it.

    Errors:
        BadInputError: one of them cannot be read.
    """
    settings: Any = read_json(beside[SETTINGS], "configuration") if SETTINGS in beside else {}
    if not isinstance(settings, dict):
        raise BadInputError("this configuration is not an object", where=beside[SETTINGS], fix="Take it away")
    return Checkpoint(weights, read_checkpoint(weights), settings, name, beside.get(CLASS_LIST), beside.get(PROMPTS))


def _name_of(wanted: Wanted) -> str:
    name = wanted.name or re.sub(r"[^\w.+-]+", "-", wanted.offer.name).strip("-.")[:80]
    if not _NAME.fullmatch(name) or ".." in name:
        raise BadInputError(
            f"a model cannot be called {name!r}", fix="Letters, digits, spaces and . + - _ are fine: --name my-model"
        )
    return name


def _downloads(wanted: Wanted, data: DataDirectory) -> Path:
    return data.downloads / f"{_name_of(wanted)}-{joint_hash([wanted.offer.source])[:8]}"


def _throw_away(wanted: Wanted, data: DataDirectory) -> None:
    """What was fetched goes; what lay here stays."""
    if wanted.offer.elsewhere:
        shutil.rmtree(_downloads(wanted, data), ignore_errors=True)


def _fetched(wanted: Wanted, data: DataDirectory, report: ReportFetched) -> tuple[Path, dict[str, Path]]:
    """The file of weights and those beside it by name, on this machine."""
    data.ensure()

    def here(file: Path | Remote) -> Path:
        if isinstance(file, Path):
            return file
        return fetch(
            file,
            _downloads(wanted, data),
            lambda done, whole: report(file.name, done, whole),
            local_network=wanted.local_network,
        )

    beside = {path.name: path for path in map(here, wanted.offer.beside)}
    return here(wanted.offer.weights), beside
