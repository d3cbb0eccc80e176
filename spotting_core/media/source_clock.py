"""The clock of a file made one that rises: where it starts again, what follows goes on from where it was.

The clock of a transport stream starts again where recordings were joined or an encoder began anew, and after 26.5
hours (33 bits) it wraps; a camera that is set in between jumps ahead. Whoever reads packets lets them go through a
``SourceClock``, so that everybody has the same times. Where the breaks are is found in the pictures and kept with the
time table; sound is moved as the pictures beside it are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import av

_BACK = 1_000_000  # microseconds that a decode time must go back to be a new clock: damaged files tremble by less
_AHEAD = 3600 * 1_000_000  # and ahead: a lost stretch is shorter
_USUAL_STEP = 40_000
_MOST_BREAKS = 10_000
_MICROSECOND = 1_000_000


@dataclass(frozen=True)
class ClockBreak:
    """Where a file's clock starts again.

    Arguments:
        at: microseconds of our clock, of the first picture after it, from the file's first one on.
        shift: microseconds by which the file's clock is moved from there on, in all.
        back: whether it goes back there, else ahead.
    """

    at: int
    shift: int
    back: bool = True


class SourceClock:
    """Moves the times of packets as they come, in the order of the file from its beginning.

    Arguments:
        breaks: those that are known; None to find them in the stream of pictures.
    """

    def __init__(self, breaks: Sequence[ClockBreak] | None = None) -> None:
        self._known = breaks
        self.found: list[tuple[int, int, bool]] = []
        """Time of the picture on our clock, before that of the file's first is taken off; shift; whether back."""
        self._last: dict[int, int] = {}
        self._step: dict[int, int] = {}
        self._passed: dict[int, int] = {}

    def move(self, packet: av.Packet[Any]) -> None:
        """Put a packet on our clock."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        if stamp is None or packet.time_base is None:
            return
        index, base = packet.stream.index, packet.time_base
        time = round(stamp * base * _MICROSECOND)
        last = self._last.get(index)
        if last is not None and not -_BACK <= time - last <= _AHEAD:
            self._break(packet, last, time)
        elif last is not None and time > last:
            self._step[index] = time - last
        self._last[index] = time
        shift = self._shift(index)
        if shift:
            ticks = round(shift / _MICROSECOND / base)
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks

    def _break(self, packet: av.Packet[Any], last: int, time: int) -> None:
        index = packet.stream.index
        number = self._passed.get(index, 0)
        if self._known is None and number == len(self.found) and number < _MOST_BREAKS:
            shift = last + self._shift(index) + self._step.get(index, _USUAL_STEP) - time
            assert packet.time_base is not None
            shown = time if packet.pts is None else round(packet.pts * packet.time_base * _MICROSECOND)
            self.found.append((shown + shift, shift, time < last))
        if number < (len(self.found) if self._known is None else len(self._known)):
            self._passed[index] = number + 1

    def _shift(self, index: int) -> int:
        number = self._passed.get(index, 0)
        if not number:
            return 0
        return self.found[number - 1][1] if self._known is None else self._known[number - 1].shift
