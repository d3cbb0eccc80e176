"""What all published checkpoints have in common: the file, what nobody can read off it, and the model that it becomes.

Each project of others has one module of this room, an ``Adapter``: whether a file is of that project, and what the
file becomes. ``registry`` knows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.signs import Signs, shape_text
from spotting_core.domain.classes import DEFAULT_TABLE, ClassTable, load_classes
from spotting_core.features.sets import input_of
from spotting_core.models.card import BROADCAST, Card
from spotting_core.models.network import Network
from spotting_core.models.registry import AnySystem, SystemConfig

TRAIN, VALID, TEST = "train", "valid", "test"
AS_STATED = "as its publication states"
"""A licence that nobody here can name."""


@dataclass(frozen=True)
class Checkpoint:
    """A published file.

    Arguments:
        path: where it lies; state: its tensors by name.
        settings: what the configuration beside it says, or nothing.
        name: of the folder or publication that it comes from, which often tells the experiment.
        class_list: the list of classes beside it, or None; prompts: of the entities that it reads.
    """

    path: Path
    state: Mapping[str, Tensor]
    settings: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    class_list: Path | None = None
    prompts: Path | None = None


@dataclass(frozen=True)
class Choices:
    """What who adds a model says of it; empty where nothing is said.

    Arguments:
        classes: a class table's name or file, or a list of names in the order of the scores.
        features: the feature set that it was trained on.
        system: which of the systems it is of; code: which folder of the public code, where weights fit several.
        rate: samples a second that it was trained at.
        prompts: what its entities are called: a file with one name a line, or a prompt file of ours.
    """

    classes: str = ""
    features: str = ""
    system: str = ""
    code: str = ""
    rate: float = 0.0
    prompts: str = ""


@dataclass(frozen=True)
class Adopted:
    """A published checkpoint as a model of ours.

    Arguments:
        network: with its weights.
        card: without where the file came from, which ``adding`` writes.
    """

    network: Network
    card: Card
    classes: ClassTable


@dataclass(frozen=True)
class Adapter:
    """One project whose checkpoints are read.

    Arguments:
        name: as it is called; code: licence of its code; weights: of its weights.
        signs: by which a file is known to be of it; adopt: what the file becomes.
    """

    name: str
    code: str
    weights: str
    signs: Signs
    adopt: Callable[[Checkpoint, Choices], Adopted]

    @property
    def licence(self) -> str:
        """Of code and weights, in a sentence for the card."""
        return f"weights: {self.weights}; code: {self.code}"


@dataclass(frozen=True)
class ScoreColumns:
    """The classes of a checkpoint whose scores are in an order of their own.

    Arguments:
        order: for each class of the table the column, counted without the background, that its scores are in.
    """

    table: ClassTable
    order: Sequence[int]


def score_columns(
    checkpoint: Checkpoint, choices: Choices, count: int, *, is_sorted: bool | None = None
) -> ScoreColumns:
    """The classes of a checkpoint of ``count`` classes, and the columns that their scores are in.

    The classes of SoccerNet-v2 are those of its bundled table, whatever list names them.

    Arguments:
        is_sorted: whether its public code sorts the names that it is given, or keeps their order; where nothing is
            said a list (``class.txt``) is in the order of the scores, and a class table was sorted.

    Errors:
        BadInputError: nobody can say which they are, or they are of another number.
    """
    chosen = choices.classes or str(checkpoint.class_list or "")
    table = columns_table(checkpoint, chosen, count)
    if is_sorted is None:
        is_sorted = Path(chosen).suffix != ".txt"
    columns = sorted(table.names) if is_sorted else list(table.names)
    default = load_classes(DEFAULT_TABLE)
    table = default if set(columns) == set(default.names) else table
    return ScoreColumns(table, [columns.index(name) for name in table.names])


def columns_table(checkpoint: Checkpoint, chosen: str, count: int) -> ClassTable:
    """The class table of a checkpoint of ``count`` classes: the chosen one, else that of SoccerNet-v2 where it fits.

    Errors:
        BadInputError: nobody can say which it is, or it is of another number of classes.
    """
    default = load_classes(DEFAULT_TABLE)
    if not chosen and count != len(default):
        raise unnamed_classes(checkpoint, count)
    table = load_classes(chosen) if chosen else default
    if len(table) != count:
        raise BadInputError(
            f"this model has {count} classes, {chosen} names {len(table)}",
            where=checkpoint.path,
            fix="Give the classes that it was trained with",
        )
    return table


def unnamed_classes(checkpoint: Checkpoint, count: int) -> BadInputError:
    """What is said of a checkpoint of ``count`` classes that nobody can name."""
    fix = "Name them in the order of its scores, one a line, no background, in a class.txt beside it, or by --classes"
    return BadInputError(
        f"this model has {count} classes, and no file beside it names them", where=checkpoint.path, fix=fix
    )


def pictures_card(
    checkpoint: Checkpoint,
    kind: AnySystem,
    config: SystemConfig,
    table: ClassTable,
    *,
    project: str,
    code: str,
    licence: str,
    splits: Sequence[str] = (),
    entities: Mapping[str, Any] | None = None,
    notes: tuple[str, ...] = (),
) -> Card:
    """The card of a published model of pictures.

    Arguments:
        project: as people call it; code: what wrote the checkpoint; licence: of the weights.
        splits: of SoccerNet, on which it was trained; none where nobody says.
        entities: what its card says of them, of a model that reads some; notes: what a user must know.
    """
    settings, inputs = asdict(config), kind.inputs(config)
    return Card(
        name=checkpoint.name or " ".join(filter(None, [project, settings.get("backbone")])),
        system=kind.name,
        paper=kind.paper,
        config=settings,
        class_table=table.name,
        classes=table.names,
        input=input_of([], config.rate, inputs.pictures, inputs.normalisation),
        window=config.window,
        entities=None if entities is None else dict(entities),
        training={"data": "published checkpoint", "code": code, **({"splits": list(splits)} if splits else {})},
        scores={},
        domain=BROADCAST,
        licence=licence,
        notes=notes,
    )


def renamed(state: Mapping[str, Tensor], pairs: Sequence[tuple[str, str]]) -> dict[str, Tensor]:
    """The tensors by other names.

    Arguments:
        pairs: what stands in a name, and what is to stand there instead, one after the other.
    """
    own = {}
    for name, value in state.items():
        for theirs, ours in pairs:
            name = name.replace(theirs, ours)
        own[name] = value
    return own


def require_shapes(checkpoint: Checkpoint, project: str, shapes: Mapping[str, Sequence[int | None]]) -> None:
    """Refuse a checkpoint without some tensors, or with others of their names: those that sizes are read off, and those
    that are put into our layout.

    Arguments:
        shapes: of each tensor by its name; None for an axis of any length.

    Errors:
        BadInputError: names the first that is missing or of another shape, and both shapes.
    """
    for name, wanted in shapes.items():
        value = checkpoint.state.get(name)
        if value is None:
            raise not_published(project, f"{name} is missing", checkpoint.path)
        if value.ndim != len(wanted) or any(n != (w or max(n, 1)) for n, w in zip(value.shape, wanted, strict=True)):
            other = f"{name} is {shape_text(value.shape)}, not {shape_text(wanted)}"
            raise not_published(project, other, checkpoint.path)


def not_published(project: str, what: str, path: Path) -> BadInputError:
    """What is said of a checkpoint that is not as its project publishes them; what: names the tensor, and why."""
    sentence = f"these weights are not as {project} publishes them: {what}"
    return BadInputError(sentence, where=path, fix="Give the file as it was published")


def require_weights(network: Network, state: Mapping[str, Tensor], checkpoint: Checkpoint, project: str) -> None:
    """Load weights, every one of them and of no other shape.

    Arguments:
        state: tensors of the checkpoint in our names and shapes.

    Errors:
        BadInputError: names the first that is missing, unknown or of another shape; by the name that its file has for
            it where it is the file's own.
    """
    theirs = {id(value): name for name, value in checkpoint.state.items()}
    own = network.state_dict()
    missing, surplus = sorted(own.keys() - state.keys()), sorted(state.keys() - own.keys())
    if missing or surplus:
        unknown = [theirs.get(id(state[name]), name) for name in surplus]
        first = f"{missing[0]} is missing" if missing else f"{unknown[0]} has no place"
        counted = f"{first} ({len(missing)} missing, {len(surplus)} unknown)"
        raise not_published(project, counted, checkpoint.path)
    for name, value in own.items():
        if value.shape != state[name].shape:
            read, wanted = shape_text(state[name].shape), shape_text(value.shape)
            other = f"{theirs.get(id(state[name]), name)} is {read}, not {wanted}"
            raise not_published(project, other, checkpoint.path)
    network.load_state_dict(dict(state))
