"""What runs ahead of its reader waits for it, and is over when it is closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from spotting_core.media.read_ahead import Ahead


@pytest.mark.parametrize(("weight", "waiting"), [(1, 9), (4, 3), (50, 1)])
def test_no_more_waits_than_may_weigh_so_much(weight: int, waiting: int) -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(40):
            made.append(number)
            yield number

    held = []
    taken = []
    for number in Ahead(items(), 9, lambda _: weight):
        threading.Event().wait(0.002)  # time to go as far as it may
        taken.append(number)
        held.append(len(made) - len(taken))
    assert taken == list(range(40))
    assert waiting <= max(held) <= waiting + 1  # and one that is to be put there


def test_one_event_stops_all_that_share_it() -> None:
    stopped, begun = threading.Event(), [threading.Event(), threading.Event()]
    going_on: list[int] = []

    def items(own: threading.Event) -> Iterator[int]:
        own.set()
        stopped.wait()
        yield 1
        going_on.append(1)

    both = [Ahead(items(own), stopped=stopped) for own in begun]
    for own in begun:
        own.wait()
    both[0].close()
    both[1].close()
    assert not going_on
    assert not [thread for thread in threading.enumerate() if thread.name == "decode-ahead"]
