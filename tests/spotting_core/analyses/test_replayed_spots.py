"""Which spots lie in replays, which of them are seen nowhere else, and which replays show an action."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.analyses.replayed_spots import LIVE, ONLY_REPLAYED, REPLAYED, replay_marks, replays_of
from spotting_core.domain.cameras import LABELLED, Link, Shot
from spotting_core.domain.spots import Spot

SECOND = 1_000_000
MAIN, CLOSE = "Main camera center", "Close-up player or field referee"


def shot(start: float, end: float, replay: bool = False, half: int = 1) -> Shot:
    return Shot(half, round(start * SECOND), round(end * SECOND), CLOSE if replay else MAIN, replay)


def spot(seconds: float, label: str = "Goal", confidence: float | None = 0.9, half: int = 1) -> Spot:
    return Spot(half, round(seconds * SECOND), label, confidence)


def cameras(links: dict[tuple[int, int], Link] | None = None) -> MatchCameras:
    """Replays from 20 to 30 s and from 40 to 50 s of the first half, and from 5 to 10 s of the second."""
    shots = (
        shot(0, 20), shot(20, 30, True), shot(30, 40), shot(40, 50, True), shot(50, 200),
        shot(0, 5, half=2), shot(5, 10, True, half=2),
    )  # fmt: skip
    return MatchCameras(shots, LABELLED, links or {}, {})


GOAL_AT_10 = Link(1, 10 * SECOND, "Goal")
LINKED = {(1, 30 * SECOND): GOAL_AT_10}


def marks(*spots: Spot, links: dict[tuple[int, int], Link] | None = None) -> list[str]:
    return replay_marks(spots, cameras(links), spots)


def test_a_spot_in_the_replay_of_an_action_that_was_spotted_is_replayed() -> None:
    assert marks(spot(10.5), spot(22), links=LINKED) == [LIVE, REPLAYED]
    assert marks(spot(14.9), spot(22), links=LINKED) == [LIVE, REPLAYED]
    assert marks(spot(15.1), spot(22), links=LINKED) == [LIVE, ONLY_REPLAYED]  # more than five seconds from the action


def test_the_bounds_of_a_replay_belong_to_the_shot_that_begins_there() -> None:
    assert marks(spot(19.99), spot(20), spot(29.99), spot(30), links=LINKED)[0::3] == [LIVE, LIVE]
    assert LIVE not in marks(spot(19.99), spot(20), spot(29.99), spot(30), links=LINKED)[1:3]


def test_what_is_seen_nowhere_else_is_forward_once_and_by_its_surest_spot() -> None:
    assert marks(spot(22, confidence=0.6), spot(28, confidence=0.8), links=LINKED) == [REPLAYED, ONLY_REPLAYED]
    assert marks(spot(22), spot(10, "Foul"), links=LINKED) == [ONLY_REPLAYED, LIVE]  # of another class


def test_without_a_link_the_action_is_looked_for_in_the_minute_before() -> None:
    assert marks(spot(35), spot(42)) == [LIVE, REPLAYED]
    assert marks(spot(42), spot(60)) == [ONLY_REPLAYED, LIVE]  # what comes after it is another one
    assert marks(spot(8, half=2), spot(42, half=1)) == [ONLY_REPLAYED, ONLY_REPLAYED]


def test_what_is_not_sure_enough_shows_no_action() -> None:
    spots = [spot(10, confidence=0.1), spot(22)]
    assert replay_marks(spots, cameras(LINKED), spots[1:]) == [LIVE, ONLY_REPLAYED]
    assert replay_marks(spots, cameras(LINKED), [replace(spots[0], confidence=None)]) == [LIVE, REPLAYED]


def test_where_no_camera_is_known_everything_is_live() -> None:
    assert replay_marks([spot(22)], None, []) == [LIVE]
    assert marks(spot(500)) == [LIVE]  # past the last shot
    assert marks() == []


def test_the_replays_of_an_action_are_those_linked_to_it() -> None:
    links = {**LINKED, (1, 50 * SECOND): Link(1, 11 * SECOND, "Goal"), (2, 10 * SECOND): Link(2, 10 * SECOND, "Goal")}
    assert [s.start for s in replays_of(spot(12), cameras(links))] == [20 * SECOND, 40 * SECOND]
    assert replays_of(spot(12, "Foul"), cameras(links)) == []
    assert replays_of(spot(40), cameras(links)) == []


@given(
    st.lists(st.tuples(st.floats(0, 199), st.sampled_from(["Goal", "Foul"]), st.floats(0.01, 1.0)), max_size=12),
    st.booleans(),
)
def test_a_mark_says_where_a_spot_lies_and_never_depends_on_the_order(rows: list, linked: bool) -> None:
    spots = [spot(seconds, label, sure) for seconds, label, sure in {r[2]: r for r in rows}.values()]
    known = cameras(LINKED if linked else None)
    forward = replay_marks(spots, known, spots)
    inside = [known.shot_at(s.half, s.time) for s in spots]
    assert [mark != LIVE for mark in forward] == [shot is not None and shot.replay for shot in inside]
    backward = replay_marks(spots[::-1], known, spots)
    assert backward == forward[::-1]
    assert replay_marks(spots, known, []).count(REPLAYED) <= forward.count(REPLAYED) + forward.count(ONLY_REPLAYED)
