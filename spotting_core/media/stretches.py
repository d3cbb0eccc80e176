"""A file cut into stretches that begin at entry points, for several decoders at once.

One reader takes the packets from the container, in their order and on the one clock, and deals them out; nobody has to
seek, so containers without an index, and those whose index cannot be trusted, are cut like all others.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from spotting_core.computing.cores import usable_cores
from spotting_core.media.entry_points import entry_points
from spotting_core.media.frames import number_at, seek
from spotting_core.media.times import TimeTable, is_untimed
from spotting_core.media.video import open_video, readable_packets

_CORES = 4  # for each stretch that is decoded at a time: a decoder uses several, and networks want theirs
_MOST_STRETCHES = 4  # what is done under the interpreter's lock gains nothing from more
_MOST_THREADS = 8  # each holds a frame back, and the overlap has to be longer than that
_SHORTEST = 100  # frames: some of the next stretch are decoded beside them
_LONGEST = 1500  # packets that are held while no entry point comes
_HELD_BYTES = 64 << 20  # of a stretch's packets: where 100 frames and the overlap weigh more, nothing is cut
_OVERLAP = 64  # packets of the next stretch: until a decoder shows them it may hold 16 frames, and one a thread


@dataclass(frozen=True)
class CodedStretch:
    """Frames that one decoder decodes.

    Arguments:
        begin: number of its first frame.
        end: number of the first frame of the next stretch; None to the end of the file.
        packets: in the order of the file, from the one of ``begin`` on, with some of the next stretch; None of the
            first stretch, which is read as every file is.
    """

    begin: int
    end: int | None
    packets: tuple[av.Packet[Any], ...] | None = None


def stretch_count() -> int:
    """How many stretches are decoded at once: one for each four cores that this process may use, at most four."""
    return max(1, min(_MOST_STRETCHES, usable_cores() // _CORES))


def stretch_threads(stretches: int) -> int:
    """Threads of each decoder where so many decode at once."""
    return max(1, min(_MOST_THREADS, usable_cores() // stretches))


def cut(path: Path, table: TimeTable, start: int) -> Generator[CodedStretch, None, None]:
    """The stretches of a file from a frame on.

    They end early where nothing tells any longer where to cut: no entry point comes for long, the file breaks off, or
    what a decoder has to know is said once, in between; and where packets weigh too much to be held. Of a file that
    cannot be cut at all there are none.

    Errors:
        BadInputError: the file no longer opens.
    """
    with open_video(path) as (container, stream):
        is_entry = None if is_untimed(stream) else entry_points(stream)
        if is_entry is None:
            return
        if start:
            seek(container, stream, table, start, 1.0)
        held = _Held(start)
        for packet in readable_packets(container, stream, table.clock):
            if held.too_many or packet.has_sidedata("new_extradata") or packet.has_sidedata("param_change"):
                return
            entry = packet.size and held.asks_for_entry and is_entry(packet)
            held.add(packet, number_at(packet.pts, stream, table) if entry else None)
            if held.reach_far_enough:
                yield held.deal()
        if held.end_with_the_file:
            yield from held.deal_all()


class _Held:
    """Packets that are read and not yet dealt out, of a stretch and the beginning of the next one."""

    def __init__(self, begin: int) -> None:
        self._begin, self._is_first = begin, True
        self._packets: list[av.Packet[Any]] = []
        self._bytes = 0
        self._next: tuple[int, int] | None = None
        """Place of the packet at which the next stretch begins, and number of its frame."""

    @property
    def asks_for_entry(self) -> bool:
        return self._next is None

    @property
    def too_many(self) -> bool:
        return len(self._packets) > _LONGEST or self._bytes > _HELD_BYTES

    @property
    def reach_far_enough(self) -> bool:
        return self._next is not None and len(self._packets) - self._next[0] > _OVERLAP

    @property
    def end_with_the_file(self) -> bool:
        """Whether the last packet is the empty one that says so; none comes where a file breaks off."""
        return bool(self._packets) and not self._packets[-1].size

    def add(self, packet: av.Packet[Any], entry: int | None) -> None:
        """One packet more.

        Arguments:
            entry: number of its frame, if one may begin there.
        """
        if entry is not None and entry - self._begin >= _SHORTEST:
            self._next = len(self._packets), entry
        self._packets.append(packet)
        self._bytes += packet.size

    def deal(self) -> CodedStretch:
        """The stretch up to the next one; packets from there on stay."""
        place, end = self._next or (0, None)
        stretch = CodedStretch(self._begin, end, None if self._is_first else tuple(self._packets))
        if end is not None:
            self._begin, self._packets = end, self._packets[place:]
            self._bytes = sum(packet.size for packet in self._packets)
        self._is_first, self._next = False, None
        return stretch

    def deal_all(self) -> Iterator[CodedStretch]:
        """What is left."""
        if self._next is not None:
            yield self.deal()
        yield self.deal()
