"""The methods by name, behind one interface: a model, a window, a class in; an ``Attribution`` out.

What a method is called, what kind of answer it gives and which models it fits is known without computing
anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from explain.attribution import ENTITY, SPACE, TIME, Attribution
from spotting_core.base.errors import BadInputError
from spotting_core.base.extensions import EXPLANATIONS, extensions
from spotting_core.models.identity import READS_PEOPLE, SEES_PLACES

if TYPE_CHECKING:
    from explain.explained_window import ExplainedWindow
    from explain.probe import Probe
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.media.ingest import Media
    from spotting_core.models.card import Card
    from spotting_core.models.load import LoadedModel

DEFAULT_IN_TIME = "temporal-occlusion"
DEFAULT_OF_ENTITIES = "entity-ablation"

ENTITIES, ENVIRONMENT, PICTURES, FEATURES = "entities", "environment", "pictures", "features"
PLACES = "attention over places"
OVER_TIME = "attention over time"
PEOPLE = "people on the pitch"
_LACKING = {
    ENTITIES: "this model has no entities",
    ENVIRONMENT: "this model has no environment backbone",
    PICTURES: "this model reads features, not pictures",
    FEATURES: "this model reads pictures, not features",
    OVER_TIME: "this model has no temporal attention",
    PLACES: "this model has no attention over places",
    PEOPLE: "this model does not read who stands where on the pitch; "
    "one of assets/training/dense-unet-players.toml does",
}


@dataclass(frozen=True)
class Method:
    """One way to explain: ``explain(probe, label, **parameters)`` of the module of its name, or a function like it.

    Arguments:
        name: as users write it; title: as they read it.
        kind: of its values (see ``Attribution``).
        needs: what a model must have for it.
        note: its setting in a few words.
        unit: of its values.
        cost: about how often the model is asked for one explanation; cheap ones are computed first.
        function: of a method of another package.
    """

    name: str
    title: str
    kind: str
    needs: tuple[str, ...] = ()
    note: str = ""
    unit: str = ""
    cost: int = 100
    function: Callable[..., Attribution] | None = None

    def supports(self, model: LoadedModel) -> str | None:
        """None if the method fits a model, else the reason why not."""
        if model.inputs.windows > 1 and self.name not in OF_PAIRS:
            return "it judges a replay and a stretch together, and this method asks about one window"
        return next((_LACKING[need] for need in self.needs if not _has(model, need)), None)

    def unfit(self, card: Card) -> str | None:
        """The reason why the method does not fit a model, so far as its card alone tells before it is loaded."""
        from spotting_core.features.sets import reads_people

        return _LACKING[PEOPLE] if PEOPLE in self.needs and not reads_people(card.input) else None

    def lacking(self, layer: Analysis) -> str | None:
        """The reason why the method does not fit a layer's model, so far as the layer alone tells; else None."""
        features = "reads" in layer.record.model
        places = bool(layer.record.model.get(SEES_PLACES))
        people = layer.record.model.get(READS_PEOPLE)
        if PEOPLE in self.needs and features and people is None:
            return "its analysis is older than this method, so analyse the match again if the model reads players"
        there = {
            ENTITIES: layer.has("entities"), ENVIRONMENT: not features and not places, PICTURES: not features,
            FEATURES: features, OVER_TIME: True, PLACES: places, PEOPLE: bool(people),
        }  # fmt: skip
        return next((_LACKING[need] for need in self.needs if not there[need]), None)

    def explain(self, probe: Probe, label: str, **parameters: object) -> Attribution:
        """Explain a class at a window's anchor."""
        explain = self.function or import_module(f"explain.{self.name.replace('-', '_')}").explain
        attribution: Attribution = explain(probe, label, **parameters)
        return attribution


def _has(model: LoadedModel, need: str) -> bool:
    inputs = model.inputs
    if need == PEOPLE:
        from spotting_core.features.sets import reads_people

        return inputs.windows == 1 and reads_people(model.card.input, model.config.rate)
    if need in (OVER_TIME, PLACES):
        from explain.temporal_attention import encoder_of
        from spotting_core.models.network import AttentiveNetwork

        if isinstance(model.network, AttentiveNetwork):
            return need == OVER_TIME or model.network.sees_places
        return need == OVER_TIME and encoder_of(model.network) is not None
    return {
        ENTITIES: inputs.entities > 0,
        ENVIRONMENT: model.system.has_environment,
        PICTURES: inputs.pictures is not None,
        FEATURES: inputs.features > 0,
    }[need]


_OWN = {
    method.name: method
    for method in (
        Method("temporal-occlusion", "Occlusion in time", TIME, (),
               "one sample taken out at a time", "fall of the score", 70),
        Method("feature-gradient", "Gradient × features", TIME, (FEATURES,),
               "features by their gradient", "of the score", 2),
        Method("temporal-attention", "Temporal attention", TIME, (OVER_TIME,), "rollout over all layers", "weight", 1),
        Method("entity-heads", "Attention heads", ENTITY, (ENTITIES,),
               "mean of all heads", "share of the attention", 1),
        Method("entity-attention", "Entity attention", ENTITY, (ENTITIES,), "the model's own weights", "weight", 1),
        Method("gradient-attention", "Gradient × attention", ENTITY, (ENTITIES,),
               "weights by their gradient", "weight × slope", 2),
        Method("entity-ablation", "Without the entity", ENTITY, (ENTITIES,),
               "one kind taken out at a time, and two", "fall of the score", 15),
        Method("player-removal", "Without the player", ENTITY, (PEOPLE,),
               "one person taken off the pitch at a time", "fall of the score", 25),
        Method("grad-cam", "Grad-CAM", SPACE, (ENVIRONMENT,),
               "environment backbone, last stage", "of the logit's slope", 2),
        Method("integrated-gradients", "Integrated gradients", SPACE, (ENVIRONMENT,),
               "10 steps from blurred", "of the score", 20),
        Method("scene-shapley", "Shapley values of the scene", SPACE, (ENVIRONMENT, ENTITIES),
               "picture and entities, from an empty scene", "of the score", 13),
        Method("attention-rollout", "Attention rollout", SPACE, (PLACES,),
               "over places, then over time", "share of what is read", 1),
        Method("occlusion", "Occlusion", SPACE, (PICTURES,), "a patch of 2 by 2 cells", "fall of the score", 200),
        Method("text-similarity", "Text similarity", SPACE, (PICTURES,),
               "the vision-language model", "similarity", 15),
    )
}  # fmt: skip


METHODS = {**_OWN, **{m.name: m for m in extensions(EXPLANATIONS, Method) if m.name not in _OWN}}
"""By name: ours, then those of other packages."""

OF_PAIRS = (DEFAULT_IN_TIME, "feature-gradient")
"""Methods that ask about the stretch that is judged with a replay, and leave the replay as it is."""
READ_ONLY = ("text-similarity", "entity-heads")
"""Methods that explain no score: what words find, and what is read before the model keeps and weighs."""


def method_and_parameters(text: str) -> tuple[Method, dict[str, object]]:
    """A method and its parameter, written ``name`` or ``name: value``: entity-heads: 2, text-similarity: the ball.

    Errors:
        BadInputError: no such method, or a parameter that it does not have.
    """
    name, _, value = text.partition(":")
    method, value = method_named(name.strip()), value.strip()
    if not value:
        return method, {}
    if method.name == "text-similarity":
        return method, {"text": value}
    if method.name == "entity-heads" and value.isdecimal():
        return method, {"head": int(value)}
    fix = "Write it as in entity-heads: 2, or text-similarity: a yellow card"
    raise BadInputError(f"the method {method.name} has no parameter {value!r}", fix=fix)


def method_named(name: str) -> Method:
    """One method.

    Errors:
        BadInputError: no such method.
    """
    if name not in METHODS:
        raise BadInputError(f"there is no method {name!r}", fix=f"Known methods: {', '.join(METHODS)}")
    return METHODS[name]


def probe_at(analysis: Analysis, media: Media | None, model: LoadedModel, half: int, time: int) -> Probe:
    """The window of an analysed match around a moment (microseconds), ready to be asked; of what judges replays, of a
    moment in a replay, the stretch before its end.

    Errors:
        BadInputError: see ``window_around`` and ``replay_window``.
    """
    from explain.explained_replay import replay_window
    from explain.explained_window import window_around

    if model.inputs.windows > 1:
        return probe_of(model, replay_window(analysis, model, half, time))
    return probe_of(model, window_around(analysis, media, model, half, time))


def probe_of(model: LoadedModel, window: ExplainedWindow) -> Probe:
    """A model on a window, ready to be asked.

    Errors:
        BadInputError: the window holds other things than the model reads.
    """
    from explain.probe import Probe

    for need, there in ((PICTURES, len(window.pictures) > 0), (FEATURES, window.features is not None)):
        if _has(model, need) != there:
            lacking = _LACKING[need] if there else _LACKING[FEATURES if need == PICTURES else PICTURES]
            raise BadInputError(f"this window does not fit {model.card.name}: {lacking}")
    return Probe(model, window)


def explain(
    model: LoadedModel,
    window: ExplainedWindow,
    label: str,
    *,
    method: str = DEFAULT_IN_TIME,
    **parameters: object,
) -> Attribution:
    """Explain a class at the anchor of a window by a method's name.

    Errors:
        BadInputError: no such method or class, or a method or a window that does not fit the model (says why).
    """
    chosen = method_named(method)
    reason = chosen.supports(model)
    if reason is not None:
        raise BadInputError(f"{chosen.title} does not fit {model.card.name}: {reason}")
    model.classes.index(label)
    return chosen.explain(probe_of(model, window), label, **parameters)
