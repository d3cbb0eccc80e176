"""The graph of players: numbers of nodes and edges by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spotting_core.domain.people import Role
from spotting_core.representations.player_graph import NODE, NODES, edges, nodes
from tests.pitch_views import STRAIGHT, TILTED, person, seen_by


def graph(*people: object, camera: object = STRAIGHT) -> np.ndarray:
    return nodes(seen_by(camera), [list(people)]).reshape(NODES, NODE)  # type: ignore[arg-type]


def test_a_node_is_eight_numbers() -> None:
    """The box is 1 % of the width by 5 % of the height: 12.8 by 36 pixels."""
    (first, *rest) = graph(person(10, -5, (254, 0, 127)))
    assert first == pytest.approx([1, -1, 0, 0.04608, 0.2, -0.1, 0, 0])
    assert not np.array(rest).any()


def test_the_last_two_numbers_are_where_the_camera_looks() -> None:
    """200 m away; where the middle is sky, the lower edge counts."""
    assert graph(person(0, 0), camera=TILTED)[0, 6:] == pytest.approx([0, -140 / 50])


def test_nodes_stand_from_left_to_right_and_the_surest_stay() -> None:
    many = [person(x, 0, confidence=0.5 if x == 3 else 1.0) for x in range(26, 0, -1)]
    places = graph(*many)[:, 4] * 50
    assert places == pytest.approx([x for x in range(1, 27) if x != 3])


def test_the_ball_is_no_node() -> None:
    assert not graph(person(0, 0, role=Role.BALL), person(1, 1, None)).any()
    assert not nodes(seen_by(None, STRAIGHT, confidence=0.7), [[person(0, 0)]] * 2).any()


def test_who_is_within_25_metres_is_joined() -> None:
    """In a row at 0, 24, 48 and 80 m: the first three are joined to their neighbours, the last one to nobody."""
    values = nodes(
        seen_by(STRAIGHT, STRAIGHT), [[person(x - 40, 0) for x in (0, 24, 48, 80)], [person(0, -12), person(7, 11.9)]]
    )
    real, joined = edges(torch.from_numpy(values).view(2, NODES, NODE))
    assert real.sum(1).tolist() == [4, 2]
    assert sorted(map(tuple, joined.T.tolist())) == [(0, 1), (1, 0), (1, 2), (2, 1), (4, 5), (5, 4)]


def test_25_metres_are_not_within() -> None:
    values = torch.from_numpy(nodes(seen_by(STRAIGHT), [[person(0, 0), person(0, 25.0)]])).view(1, NODES, NODE)
    assert edges(values)[1].shape == (2, 0)
