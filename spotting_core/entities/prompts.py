"""The named entities and their texts, read from an editable file (``assets/prompts/<name>.toml``)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_content
from spotting_core.base.nesting import LARGEST_TOML, parse_toml
from spotting_core.media.fingerprint import joint_hash

DEFAULT_PROMPTS = "football"
_PROPOSED, _MOST_PROPOSED = 0.1, 8  # probability; of a name in a picture


@dataclass(frozen=True)
class EntityPrompt:
    """One entity: its name, the texts that name it, and how many regions of it are kept.

    Arguments:
        threshold: least probability of a region; detector_threshold: the same of a detector, None: its own.
        per_frame: most regions in one frame.
        colour: of its box on screen, ``#RRGGBB``.
        person: overlapping people keep only the best name.
    """

    name: str
    prompts: tuple[str, ...]
    threshold: float
    per_frame: int
    colour: str = "#FFFFFF"
    person: bool = False
    detector_threshold: float | None = None


@dataclass(frozen=True)
class PromptSet:
    """All entities, in the order of their ids."""

    name: str
    entities: tuple[EntityPrompt, ...]

    def __len__(self) -> int:
        return len(self.entities)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(e.name for e in self.entities)

    def doubtful(self) -> PromptSet:
        """The same entities, at a quarter of their thresholds."""
        return replace(self, entities=tuple(replace(e, threshold=e.threshold / 4) for e in self.entities))

    def proposing(self) -> PromptSet:
        """The same entities at a threshold that hardly any of them is below, and more of each: what is then judged by
        all else that was proposed (``rescoring``)."""
        return replace(
            self,
            entities=tuple(
                replace(e, threshold=_PROPOSED, per_frame=max(_MOST_PROPOSED, e.per_frame + 2)) for e in self.entities
            ),
        )

    def words(self) -> str:
        """Hash of what is looked for, whatever is made of how much it is like that."""
        return joint_hash(f"{e.name}|{'|'.join(e.prompts)}|{e.person}" for e in self.entities)

    def fingerprint(self) -> str:
        """Hash of all that changes which regions are found (colours do not)."""
        return joint_hash(
            f"{e.name}|{'|'.join(e.prompts)}|{e.threshold}|{e.per_frame}|{e.person}" for e in self.entities
        )


def load_prompts(prompts: str | Path = DEFAULT_PROMPTS) -> PromptSet:
    """Read a prompt file by the name of a bundled one or by path.

    Errors:
        BadInputError: missing, not TOML, no entity, or an entity without a name or prompt.
    """
    path = Path(prompts)
    if path.suffix != ".toml":
        path = asset("prompts", f"{prompts}.toml")
    if not path.is_file():
        raise BadInputError("no such prompt file", where=prompts, fix="Give a .toml file of entities")
    content = parse_toml(read_content(path, "prompt file", LARGEST_TOML), path, "prompt file")
    rows = content.get("entity", [])
    if not rows or not isinstance(rows, list):
        raise BadInputError("this prompt file names no entity", where=path, fix="Add an [[entity]] table")
    entities = tuple(_entity(path, number, row) for number, row in enumerate(rows, start=1))
    if len({e.name for e in entities}) != len(entities):
        raise BadInputError("two entities have the same name", where=path)
    return PromptSet(path.stem, entities)


def _entity(path: Path, number: int, row: dict) -> EntityPrompt:
    try:
        entity = EntityPrompt(
            name=str(row["name"]),
            prompts=tuple(str(p) for p in row["prompts"]),
            threshold=float(row.get("threshold", 0.25)),
            per_frame=int(row.get("per_frame", 5)),
            colour=str(row.get("colour", "#FFFFFF")),
            person=bool(row.get("person", False)),
            detector_threshold=None if row.get("detector_threshold") is None else float(row["detector_threshold"]),
        )
    except KeyError as error:
        raise BadInputError(f"entity {number} lacks {error.args[0]!r}", where=path) from error
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise BadInputError(f"entity {number} cannot be read ({error})", where=path) from error
    of_detectors = 0.5 if entity.detector_threshold is None else entity.detector_threshold
    thresholds = 0 < entity.threshold < 1 and 0 < of_detectors < 1
    if not entity.name or not entity.prompts or not thresholds or entity.per_frame < 1:
        raise BadInputError(
            f"entity {number} needs a name, a prompt, a threshold between 0 and 1 and at least one per frame",
            where=path,
        )
    return entity
