"""Videos in which streams begin that their head did not name: read as far as they can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.media.decode import read_frame
from spotting_core.media.ingest import ingest
from tests.videos import make_video, steady

_PACKET = 188  # bytes of a packet of MPEG-TS


def with_a_stream_more(path: Path) -> bytes:
    """The file with a table in its middle that names a second picture stream, and packets of it."""
    content = path.read_bytes()
    packets = [bytearray(content[at : at + _PACKET]) for at in range(0, len(content), _PACKET)]
    middle = len(packets) // 2
    for packet in packets[middle:]:
        number = (packet[1] & 0x1F) << 8 | packet[2]
        if number == 0x100:  # of the first stream: now of one that nobody has named
            packet[1], packet[2] = packet[1] & 0xE0 | 0x02, 0x22
    return b"".join(bytes(p) for p in packets)


def test_a_stream_that_begins_midway_ends_the_video_there(tmp_path: Path, data: DataDirectory) -> None:
    path = make_video(tmp_path / "a.ts", steady(75))
    path.write_bytes(with_a_stream_more(path))
    try:
        table = ingest(path, data).table
    except BadInputError as error:
        pytest.fail(f"nothing of it was read: {error}")
    assert 10 < len(table) < 75
    assert read_frame(path, table, len(table) - 1).shape == (180, 320, 3)
