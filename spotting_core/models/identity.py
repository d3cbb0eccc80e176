"""Which model said something: all that decides its scores beside the match itself.

Every key, file and comparison goes by this one identity. Weights alone do not tell: the same weights say other things
in another window, of other features, of entities that another model found, or in another precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from spotting_core.media.fingerprint import joint_hash

SEES_PLACES = "sees_places"
"""What an analysis tells of a model that attends to single places of a picture; it decides no scores."""
READS_PEOPLE = "reads_people"
"""The same of one that reads who stands where on the pitch."""
VISION_MODEL = "vision_model"
"""The SHA-256 of what embeds pictures, on a card beside that of its entities and in an analysis; decides no score."""
_SHORT = 8


@dataclass(frozen=True)
class ModelIdentity:
    """Hashes; empty where there is nothing, or where an analysis of an earlier version does not say.

    Arguments:
        weights: of the weights, or of those of the members of an average.
        settings: of the configuration.
        reads: of what gives it its features.
        entities: of the vision-language model that finds its entities, and of what judges what it proposes.
        precision: in which networks computed, "half" or "single".
    """

    weights: str
    settings: str = ""
    reads: str = ""
    entities: str = ""
    precision: str = ""

    @classmethod
    def of(cls, model: Mapping[str, Any], precision: str | None) -> ModelIdentity:
        """The identity that an analysis tells; model: of its record."""
        hashes = {name: str(model.get(name, "")) for name in ("settings", "reads", "entities")}
        return cls(str(model["sha256"]), precision=precision or "", **hashes)

    @property
    def key(self) -> str:
        """One hash of all."""
        return joint_hash(f"{name}={value}" for name, value in asdict(self).items())

    @property
    def short(self) -> str:
        """The beginning of the key, by which people tell models of one name apart."""
        return self.key[:_SHORT]

    @property
    def in_any_precision(self) -> ModelIdentity:
        """The same model whatever the machine computed in: its scores differ by hundredths, its spots by little."""
        return replace(self, precision="")

    @property
    def of_any_match(self) -> ModelIdentity:
        """The same model whichever files of a match it reads: those of another match are others."""
        return replace(self, reads="")

    @property
    def review_sources(self) -> tuple[str, ...]:
        """By what reviews name the model that made a spot: by this model in any precision, or, those of an earlier
        version, by its weights."""
        return self.in_any_precision.key, self.weights
