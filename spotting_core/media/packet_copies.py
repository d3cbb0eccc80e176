"""Packets of a video for a copy of it: in the order of their times, on the clock of its time table."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from heapq import merge
from operator import itemgetter
from typing import Any

import av

from spotting_core.media.times import TimeTable
from spotting_core.media.video import packets

TimedPackets = Iterator[tuple[int, "av.Packet[Any]"]]
"""Packets with their decode times, microseconds."""


def mux_in_order(out: av.container.OutputContainer, pictures: TimedPackets, sounds: TimedPackets) -> None:
    """Write packets of pictures and sound in the order of their times."""
    for _, packet in merge(pictures, sounds, key=itemgetter(0)):
        out.mux(packet)


def moved_packets(
    table: TimeTable,
    source: av.container.InputContainer,
    stream: av.VideoStream | av.AudioStream,
    copy: av.stream.Stream,
    *,
    begin: int = 0,
) -> TimedPackets:
    """Packets of a stream on the table's clock, for their copy; sound from before the first frame is left out.

    Arguments:
        begin: where in the copy the first frame comes, microseconds.
    """
    rate = stream.average_rate if isinstance(stream, av.VideoStream) else None
    for packet in timed_packets(packets(source, stream, table.clock), rate or Fraction(25)):
        assert packet.time_base is not None
        shift = round((table.start - begin) / 1e6 / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts - shift
        packet.dts = None if packet.dts is None else packet.dts - shift
        if stream.type == "audio" and (packet.pts is None or packet.pts * packet.time_base * 1_000_000 < begin):
            continue
        packet.stream = copy
        assert packet.dts is not None
        yield int(packet.dts * packet.time_base * 1_000_000), packet


def timed_packets(packets: Iterator[av.Packet], rate: Fraction) -> Iterator[av.Packet]:
    """Give a decode time to leading packets that lack one (Matroska with B-frames).

    Skipping them, as is often done, loses the first key frame.
    """
    held: dict[int, list[av.Packet]] = {}
    for packet in packets:
        if packet.size == 0:  # the flush at the end; not the same as a packet without a decode time
            continue
        index = packet.stream.index
        if packet.dts is None:
            held.setdefault(index, []).append(packet)
            continue
        waiting = held.pop(index, [])
        if waiting and packet.time_base is not None:
            step = max(1, int(1 / rate / packet.time_base))
            for number, earlier in enumerate(waiting):
                earlier.dts = packet.dts - (len(waiting) - number) * step
        yield from (*waiting, packet)
