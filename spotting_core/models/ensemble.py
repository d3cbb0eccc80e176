"""Ensembles: the late average of several systems' scores, as a model of its own.

An ensemble has a card and no weights; its card names its members, with the hash of each, and what is averaged are
the scores that each gives alone (``inference.ensemble``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import ClassTable
from spotting_core.media.fingerprint import joint_hash
from spotting_core.models.card import (
    BROADCAST,
    SIMULATED,
    WEIGHTS_FILE,
    Card,
    CardInput,
    check_same_classes,
    model_folder,
    read_card,
    write_card,
)
from spotting_core.models.load import LoadedModel, load_model

ENSEMBLE = "ensemble"
_PAPER = "Late average of the members' scores, as in Soares et al., ICIP 2022"


@dataclass(frozen=True)
class Ensemble:
    """Loaded members; ``card`` describes them together."""

    members: tuple[LoadedModel, ...]
    card: Card

    @property
    def classes(self) -> ClassTable:
        """The class table of the members, as the first has it."""
        return self.members[0].classes

    @property
    def sha256(self) -> str:
        """Hash of the members' weights, in order."""
        return joint_hash(m.sha256 for m in self.members)


def load_models(names: Sequence[str | Path], device: str = "cpu") -> LoadedModel | Ensemble:
    """One model, or the ensemble of several; an ensemble among them stands for its members.

    Errors:
        BadInputError: see ``load_model``; also members of other classes, the same one twice, or a member whose
            weights are others than those on the ensemble's card.
    """
    members = [member for name in names for member in _members(model_folder(name), device)]
    if len(members) == 1:
        return members[0]
    return Ensemble(tuple(members), ensemble_card(members))


def _members(folder: Path, device: str) -> list[LoadedModel]:
    card = read_card(folder)
    if card.system != ENSEMBLE:
        return [load_model(folder, device)]
    members = []
    for member in members_named(card, folder):
        model = load_model(member["folder"], device)
        if model.sha256 != member["sha256"]:
            raise BadInputError(
                f"the weights of {member['name']} are {model.sha256[:12]}, "
                f"the ensemble was made of {member['sha256'][:12]}",
                where=model.folder,
                fix="Make the ensemble again, or bring back that model",
            )
        members.append(model)
    return members


def members_named(card: Card, folder: Path) -> list[dict[str, str]]:
    """The members that an ensemble's card names: at least name, sha256 and folder of each.

    Errors:
        BadInputError: it does not name them.
    """
    entries = card.config.get("members")
    keys = {"name", "folder", "sha256"}
    if not isinstance(entries, list) or not all(isinstance(e, dict) and keys <= e.keys() for e in entries):
        raise BadInputError("this ensemble's card does not name its members", where=folder, fix="Make it again")
    return entries


def ensemble_card(members: Sequence[LoadedModel]) -> Card:
    """The card of some members together.

    Errors:
        BadInputError: their classes or tasks differ, two are the same, or they judge no samples.
    """
    check_same_classes([m.card for m in members])
    first = members[0]
    tasks = sorted({m.system.task for m in members})
    if len(tasks) > 1:
        raise BadInputError(f"models of the tasks {' and '.join(tasks)} have no average", fix="Give models of one task")
    if any(m.inputs.windows > 1 for m in members):
        raise BadInputError("models of replays have no scores to average", where=first.folder, fix="Give one of them")
    if len({m.sha256 for m in members}) != len(members):
        raise BadInputError("the same model is given twice", where=first.folder, fix="Give each model once")
    rate = max(m.config.rate for m in members)
    return Card(
        name=" + ".join(m.card.name for m in members),
        system=ENSEMBLE,
        paper=_PAPER,
        config={"members": [_entry(m) for m in members]},
        class_table=first.card.class_table,
        classes=first.card.classes,
        input=CardInput(ENSEMBLE, rate),
        window=0,
        entities=None,
        training={m.card.name: m.card.training for m in members},
        scores={},
        domain=SIMULATED if any(m.card.domain == SIMULATED for m in members) else BROADCAST,
        licence=", ".join(sorted({m.card.licence for m in members})),
        task=first.system.task,
    )


def _entry(member: LoadedModel) -> dict[str, str]:
    return {
        "name": member.card.name,
        "system": member.card.system,
        "sha256": member.sha256,
        "folder": str(member.folder.resolve()),
    }


def save_ensemble(folder: Path, ensemble: Ensemble) -> None:
    """Write an ensemble as a model folder: its card alone.

    Errors:
        BadInputError: a model with weights lies there, whose card would be lost.
    """
    if (folder / WEIGHTS_FILE).exists():
        raise BadInputError("a model lies here already", where=folder, fix="Choose another place for the ensemble")
    write_card(folder, ensemble.card)
