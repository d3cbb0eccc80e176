"""UGLF's checkpoints: E2E-Spot's tensors, and those that join a sample's environment with its entities (``_fuse``).

The ``config.json`` beside a file says by ``label_type`` what its scores are: ``one_hot`` means sigmoids, anything else
a softmax. The entities are GLIP's, of files beside each match (``entities.published_files``); what their numbers mean
no file says, so the prompts are asked for. The norm behind which both are joined (``_obj_env_norm``) is in the file,
and nothing computes with it.

Of the norms inside the two encoders no description says which they are; their names do: ``alpha`` is the norm by the
deviation, ``weight`` a LayerNorm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import (
    Adapter,
    Adopted,
    Checkpoint,
    Choices,
    pictures_card,
    renamed,
    require_shapes,
    require_weights,
    score_columns,
)
from spotting_core.checkpoints.e2e_spot import (
    backbone_of,
    head_weights,
    require_heads,
    require_pictures,
    sampled_at,
    shape_settings,
    trained_splits,
    trunk_weights,
)
from spotting_core.checkpoints.signs import Signs
from spotting_core.entities.published_files import GLIP, prompt_names
from spotting_core.media.fingerprint import joint_hash
from spotting_core.models.decoding import SIGMOID, SOFTMAX
from spotting_core.models.published_uglf import DEVIATION, LAYER
from spotting_core.models.registry import system

NAME, SYSTEM = "UGLF", "published-uglf"
_FUSE, _HEAD = "_fuse.", "_pred_fine._fc_out._fc_out"
_ENTITIES, _FEED = "_fuse._obj_linear.weight", "_fuse._obj_fuser.encoder_layers.0.ff_1.linear_1.weight"
_UNUSED = "_fuse._obj_env_norm."
_FOOTBALL = 17  # classes
_KEPT_APART = {True: 2, False: 1}  # samples within which one spot of a class stays, in football and elsewhere
_ONE_HOT = "one_hot"
_PAIRS = (
    ("_fuse._env_linear.", "fusion.environment."),
    ("_fuse._obj_linear.", "fusion.entity."),
    ("_fuse._env_norm.", "fusion.environment_norm."),
    ("_fuse._obj_norm.", "fusion.entity_norm."),
    ("_fuse._env_obj_fuser.", "fusion.join."),
    ("_fuse._obj_fuser.", "fusion.among."),
    (".encoder_layers.0.attn.", ".attention."),
    (".encoder_layers.0.", "."),
)


def fusion_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of the fusion in our names, without those that nothing computes with."""
    own = {n: v for n, v in state.items() if n.startswith(_FUSE) and not n.startswith(_UNUSED)}
    return renamed(own, _PAIRS)


def _activation(checkpoint: Checkpoint) -> str:
    """What the scores are.

    Errors:
        BadInputError: nobody can say.
    """
    kind = checkpoint.settings.get("label_type")
    if not isinstance(kind, str):
        raise BadInputError(
            "no file says whether the scores of this model are sigmoids or a softmax",
            where=checkpoint.path,
            fix="Put the published config.json beside the checkpoint: its label_type says it",
        )
    return SIGMOID if kind == _ONE_HOT else SOFTMAX


def _entity_names(checkpoint: Checkpoint, choices: Choices) -> tuple[str, ...]:
    """What the entities are called.

    Errors:
        BadInputError: nobody can say.
    """
    prompts = choices.prompts or checkpoint.prompts
    if not prompts:
        raise BadInputError(
            f"this model reads the entities of {GLIP} by their numbers, and no file beside it names them",
            where=checkpoint.path,
            fix="Name them in the order of their numbers, one a line, in a prompts.txt beside it, or by --prompts",
        )
    return prompt_names(prompts)


def _fusion_settings(checkpoint: Checkpoint) -> dict[str, Any]:
    """Sizes of the fusion by its tensors, and its loss by the configuration."""
    state, known = checkpoint.state, checkpoint.settings
    given = {f"focal_{name}": known[name] for name in ("alpha", "gamma") if isinstance(known.get(name), int | float)}
    return {
        "dim": state[_ENTITIES].shape[0],
        "embed_dim": state[_ENTITIES].shape[1],
        "feed_forward": state[_FEED].shape[0],
        "encoder_norm": DEVIATION if "_fuse._obj_fuser.encoder_layers.0.norm_1.alpha" in state else LAYER,
        **{name: float(value) for name, value in given.items()},
    }


def adopt(checkpoint: Checkpoint, choices: Choices) -> Adopted:
    """The checkpoint as a model of the system ``published-uglf``.

    Errors:
        BadInputError: another backbone, head, number of classes or layout; or something that no file says.
    """
    require_pictures(checkpoint, NAME, _FUSE)
    require_heads(checkpoint, NAME, _HEAD)
    require_shapes(checkpoint, NAME, dict.fromkeys((_ENTITIES, _FEED), (None, None)))
    backbone, activation = backbone_of(checkpoint, NAME), _activation(checkpoint)
    names = _entity_names(checkpoint, choices)
    count = checkpoint.state[f"{_HEAD}.bias"].shape[0] - 1
    football = count == _FOOTBALL
    columns = score_columns(checkpoint, choices, count)
    rate, kind = sampled_at(checkpoint, choices, football=football), system(SYSTEM)
    config = kind.configure(
        classes=columns.table.names,
        backbone=backbone,
        rate=rate,
        suppression=(2 * _KEPT_APART[football] + 1) / rate,
        activation=activation,
        **shape_settings(checkpoint, football=football),
        **_fusion_settings(checkpoint),
    )
    network = kind.build(config)
    trunk = trunk_weights({n: v for n, v in checkpoint.state.items() if n.startswith("_features.")})
    own = trunk | fusion_weights(checkpoint.state) | head_weights(checkpoint.state, columns)
    require_weights(network, own, checkpoint, NAME)
    card = pictures_card(
        checkpoint,
        kind,
        config,
        columns.table,
        project=NAME,
        code="UGLF, over jhong93/spot",
        licence=ADAPTER.licence,
        splits=trained_splits(checkpoint) if football else (),
        entities={"model": GLIP, "sha256": joint_hash(names), "names": list(names), "files": GLIP},
        notes=(f"Its entities come from files of {GLIP}: 1.pt and 2.pt beside the videos, or --features FOLDER",),
    )
    return Adopted(network, card, columns.table)


ADAPTER = Adapter(NAME, "BSD-3-Clause", "no licence is stated", Signs((f"{_HEAD}.bias",), (_FUSE,)), adopt)
