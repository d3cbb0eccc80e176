"""The card of a model: what it is, what it reads, what it was trained on, how well it does, where it may be used.

A model is a folder of ``card.json`` and ``model.safetensors``; ``load`` reads both and checks them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from spotting_core.base.assets import asset
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, NewerFormatError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, PositiveNumber, validated
from spotting_core.domain.classes import ClassTable, classes_in
from spotting_core.media.fingerprint import joint_hash
from spotting_core.models.bounds import card_problem

FORMAT = 1
CARD_FILE, WEIGHTS_FILE = "card.json", "model.safetensors"
BUNDLED = "entity-attention"
_OWN_FILES = (CARD_FILE, WEIGHTS_FILE, "comparison.json", "faithfulness.json")  # hold for these weights alone
ADAPTED = "adapted"
"""In ``training`` of a card: the match that a model was adapted to."""
SIMULATED, BROADCAST = "simulated", "broadcast"


@dataclass(frozen=True)
class CardInput:
    """What a model reads.

    Arguments:
        kind: video, features, or both.
        rate: samples per second.
        size: (width, height) of pictures; mean, std: by which they are normalised.
        dim: numbers per sample of all feature sets; feature: their names, joined by +; sets: each as ``FeatureSet``.
    """

    kind: str
    rate: PositiveNumber
    size: tuple[int, int] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    dim: int | None = None
    feature: str | None = None
    sets: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Card:
    """What a model says of itself; see the module.

    Arguments:
        name: shown to people.
        system: name in the registry; config: its settings.
        class_table: name of the class table; classes: its names in order.
        entities: model, sha256 and prompts of what finds its entities, or None.
        training: data, seed, commit, command, hours, device.
        scores: split, loose, tight, official, per_class, interval.
        domain: ``simulated`` or ``broadcast``.
        task: of its system; spotting where an earlier version wrote the card.
    """

    name: str
    system: str
    paper: str
    config: Mapping[str, Any]
    class_table: str
    classes: tuple[str, ...]
    input: CardInput
    window: int
    entities: Mapping[str, Any] | None
    training: Mapping[str, Any]
    scores: Mapping[str, Any]
    domain: str
    licence: str
    format: int = FORMAT
    notes: tuple[str, ...] = field(default=())
    task: str = "spotting"


def models_available() -> dict[str, Path]:
    """Bundled models by name, of every task."""
    models = {}
    for path in sorted(asset("weights").glob(f"*/{CARD_FILE}")):
        if "system" in read_json(path) and (path.parent / WEIGHTS_FILE).is_file():
            models[path.parent.name] = path.parent
    return models


def model_folder(name: str | Path) -> Path:
    """Folder of a model given by path, by the name of a bundled one, or by that of one that was added.

    Errors:
        BadInputError: none of them.
    """
    for folder in (Path(name), asset("weights", str(name)), DataDirectory.default().models / name):
        if (folder / CARD_FILE).is_file():
            return folder
    known = ", ".join(models_available()) or "none"
    raise BadInputError(
        "there is no model of this name or in this folder",
        where=name,
        fix=f"Bundled models: {known}; a folder needs {CARD_FILE}",
    )


def companion_files(folder: Path) -> list[Path]:
    """What lies in a model's folder and holds for other weights of it too: its prompts, its reductions."""
    return [path for path in folder.iterdir() if path.is_file() and path.name not in _OWN_FILES]


def read_card(folder: Path) -> Card:
    """Read a card.

    Errors:
        BadInputError: missing, not JSON, a field missing, or a value that cannot be; NewerFormatError.
    """
    path = folder / CARD_FILE
    content = read_json(path, "model card")
    if not isinstance(content, dict):
        raise BadInputError("this model card is not an object", where=path)
    version = content.get("format")
    if not isinstance(version, int):
        raise BadInputError(
            "this model card has no format number", where=path, fix="Make the model with touchline train"
        )
    if version > FORMAT:
        raise NewerFormatError(path, version, FORMAT)
    fix = "Copy the model folder again"
    try:
        card = validated(Card, content)
    except InvalidContentError as error:
        raise BadInputError(f"this model card cannot be used ({error})", where=path, fix=fix) from error
    if problem := card_problem(card):
        raise BadInputError(f"this model card cannot be used ({problem})", where=path, fix=fix)
    return card


def settings_hash(config: Mapping[str, Any]) -> str:
    """Hash of a card's configuration."""
    return joint_hash([json.dumps(config, sort_keys=True)])


def write_card(folder: Path, card: Card) -> None:
    write_json(folder / CARD_FILE, asdict(card))


def check_classes(card: Card, where: Path) -> ClassTable:
    """The card's class table, whose names and order must be those of the card.

    Errors:
        BadInputError: another order, or other names; names the first difference.
    """
    table = classes_in(where, card.class_table)
    if table.names != card.classes:
        why = "in another order" if sorted(table.names) == sorted(card.classes) else "different"
        raise BadInputError(
            f"the model's classes and those of the class table {table.name!r} are {why}: "
            f"{first_difference(card.classes, table.names)}",
            where=where,
            fix="Give the class table that the model was trained with; scores would be read as other classes",
        )
    return table


def first_difference(ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    for i, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if a != b:
            return f"number {i} is {a!r} here and {b!r} there"
    return f"{len(ours)} classes here and {len(theirs)} there"


def check_same_classes(cards: Sequence[Card]) -> None:
    """Whether systems can be averaged.

    Errors:
        BadInputError: their classes differ.
    """
    first = cards[0]
    for other in cards[1:]:
        if other.classes != first.classes:
            raise BadInputError(
                f"{first.name} and {other.name} have other classes: " + first_difference(first.classes, other.classes),
                fix="Average systems of one class table",
            )
