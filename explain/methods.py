"""The methods by name, behind one interface: a model, a window, a class in; an ``Attribution`` out.

What a method is called and what kind of answer it gives is known without loading it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from explain.attribution import ENTITY, TIME, Attribution
from spotting_core.errors import BadInputError

if TYPE_CHECKING:
    from explain.given import Given
    from spotting_core.models.load import LoadedModel

DEFAULT_IN_TIME = "temporal-occlusion"


@dataclass(frozen=True)
class Method:
    """One way to explain; its module has ``explain(model, given, label, **parameters)``.

    Arguments:
        name: as users write it; title: as they read it.
        kind: of its values (see ``Attribution``).
        needs_entities: whether it fits only models that attend to entities.
    """

    name: str
    title: str
    kind: str
    needs_entities: bool = False

    def supports(self, model: LoadedModel) -> str | None:
        """None if the method fits a model, else the reason why not."""
        return "this model has no entities" if self.needs_entities and not model.card.entities else None

    def explain(self, model: LoadedModel, given: Given, label: str, **parameters: object) -> Attribution:
        """Explain a class at a window's anchor."""
        module = import_module(f"explain.{self.name.replace('-', '_')}")
        found: Attribution = module.explain(model, given, label, **parameters)
        return found


METHODS = {
    method.name: method
    for method in (
        Method("temporal-occlusion", "Occlusion in time", TIME),
        Method("entity-attention", "Entity attention", ENTITY, needs_entities=True),
        Method("entity-ablation", "Without the entity", ENTITY, needs_entities=True),
    )
}


def explain(
    model: LoadedModel, given: Given, label: str, *, method: str = DEFAULT_IN_TIME, **parameters: object
) -> Attribution:
    """Explain a class at a window's anchor by a method's name.

    Errors:
        BadInputError: no such method or class, or a method that does not fit the model (says why).
    """
    if method not in METHODS:
        raise BadInputError(f"there is no method {method!r}", fix=f"Known methods: {', '.join(METHODS)}")
    chosen = METHODS[method]
    reason = chosen.supports(model)
    if reason is not None:
        raise BadInputError(f"{chosen.title} does not fit {model.card.name}: {reason}")
    model.classes.index(label)
    return chosen.explain(model, given, label, **parameters)
