"""ball-action-spotting's checkpoints (lRomul/ball-action-spotting): of the ball's two classes, and of 15 actions.

A file holds the weights twice, as they were averaged in training (``nn_state_dict``), which are read, and as they were
trained. Of what stands beside them nothing is read: the number of pictures follows from the classifier's width, every
other size from a tensor. The names of the classes are in no file. The network is that of ``published_ball_action`` by
other names.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import (
    TRAIN,
    VALID,
    Adapter,
    Adopted,
    Checkpoint,
    Choices,
    ScoreColumns,
    not_published,
    pictures_card,
    renamed,
    require_shapes,
    require_weights,
    score_columns,
    unnamed_classes,
)
from spotting_core.checkpoints.signs import Signs
from spotting_core.models.published_ball_action import APART, GROUP, RATE
from spotting_core.models.registry import system

NAME, SYSTEM = "ball-action-spotting", "published-ball-action"
_STEM, _BLOCKS = "conv2d_encoder.conv_stem.weight", "conv3d_encoder."
_WIDEN, _SQUEEZE = f"{_BLOCKS}0.conv_pw.weight", f"{_BLOCKS}0.se.conv_reduce.weight"
_STACK, _POWER, _HEAD = "conv3d_projection.0.weight", "global_pool.p", "classifier.weight"
_STEP = 2  # samples from one picture to the next
_BALL, _ACTIONS = 2, 15  # classes
_TABLES = {_BALL: "soccernet-ball", _ACTIONS: "soccernet-v2-one-card"}
_LUMA = (
    "What is published of it was measured on the luma of every frame as NVIDIA's decoder hands it out; here that is "
    "computed from decoded colours"
)
_FOLDS = (
    "Trained on six of the seven labelled matches of SoccerNet's ball actions of 2023, fold 0 to 6 without Leeds-West "
    "Bromwich, Hull-Sheffield Wednesday, Brentford-Bristol City, Blackburn-Nottingham, Middlesbrough-Preston, "
    "Stoke-Huddersfield and Reading-Fulham; of the test matches, which are the last two, each is new to one fold alone"
)
_ONE_CARD = (
    "Its Card is every card: it learned from grey pictures, in which yellow and red are one. It learned from the "
    "visible actions of SoccerNet's training and validation matches but for 23 of them"
)
_NOTES = {_BALL: (_LUMA, _FOLDS), _ACTIONS: (_LUMA, _ONE_CARD)}


def _sizes(checkpoint: Checkpoint) -> dict[str, Any]:
    """The sizes that the tensors tell.

    Errors:
        BadInputError: tensors of other shapes than a network of the publication can have.
    """
    state = checkpoint.state
    plane = (None, None, 1, 1, 1)
    require_shapes(checkpoint, NAME, {_WIDEN: plane, _SQUEEZE: plane, _STACK: (None, None, 1, 1), _POWER: (1,)})
    require_shapes(checkpoint, NAME, {_HEAD: (None, None), "classifier.bias": (len(state[_HEAD]),)})
    (stack, dim), width = state[_STACK].shape[:2], state[_HEAD].shape[1]
    if not stack or not dim or width % stack:
        raise not_published(NAME, f"{_HEAD} reads {width} numbers, of which {stack} are no group", checkpoint.path)
    pictures = GROUP * (width // stack)
    blocks = (re.match(re.escape(_BLOCKS) + r"(\d+)\.", name) for name in state)
    return {
        "pictures": pictures,
        "step": _STEP,
        "before": pictures // 2 * _STEP,
        "after": pictures // 2 * _STEP,
        "dim": dim,
        "layers": max(int(block[1]) + 1 for block in blocks if block),
        "expansion": state[_WIDEN].shape[0] // dim,
        "squeezed": state[_SQUEEZE].shape[0],
        "stack": stack,
    }


def _columns(checkpoint: Checkpoint, choices: Choices) -> ScoreColumns:
    """The classes in the order of the scores.

    Errors:
        BadInputError: nobody can say which they are, or they are of another number.
    """
    count = len(checkpoint.state[_HEAD])
    chosen = choices.classes or str(checkpoint.class_list or "") or _TABLES.get(count, "")
    if not chosen:
        raise unnamed_classes(checkpoint, count)
    return score_columns(checkpoint, replace(choices, classes=chosen), count, is_sorted=False)


def adopt(checkpoint: Checkpoint, choices: Choices) -> Adopted:
    """The checkpoint as a model of the system ``published-ball-action``.

    Errors:
        BadInputError: another number of classes or layout; or something that no file says.
    """
    sizes, columns = _sizes(checkpoint), _columns(checkpoint, choices)
    kind, rate, count = system(SYSTEM), choices.rate or RATE, len(checkpoint.state[_HEAD])
    try:
        config = kind.configure(
            classes=columns.table.names, rate=rate, suppression=2 * APART / rate, mirrored=count == _BALL, **sizes
        )
    except BadInputError as error:  # sizes that go together in no network
        raise not_published(NAME, error.what, checkpoint.path) from error
    pairs = (
        ("conv2d_encoder.", "trunk."),
        ("conv2d_projection.", "of_group."),
        (_BLOCKS, "over_time."),
        (".bn3d.", "."),
        ("conv3d_projection.", "of_stack."),
        (_POWER, "pool.power"),
        ("classifier.", "head_class."),
    )
    own = renamed(checkpoint.state, pairs)
    for part in ("head_class.weight", "head_class.bias"):
        own[part] = own[part][list(columns.order)].clone()
    network = kind.build(config)
    require_weights(network, own, checkpoint, NAME)
    card = pictures_card(
        checkpoint, kind, config, columns.table,
        project=NAME, code="lRomul/ball-action-spotting", licence=ADAPTER.licence,
        splits=[TRAIN, VALID] if count == _ACTIONS else [], notes=_NOTES.get(count, (_LUMA,)),
    )  # fmt: skip
    return Adopted(network, card, columns.table)


SIGNS = Signs((_STEM, _STACK, _POWER, _HEAD, "classifier.bias"), ("conv2d_projection.", _BLOCKS))
ADAPTER = Adapter(NAME, "MIT", "no licence is stated", SIGNS, adopt)
