"""Every reader, given sound files made hostile: it reads them or says in a sentence why not, and never falls over.

``TOUCHLINE_FUZZ_SECONDS`` is how long each reader is tried; what fails is told with its seed and kept nowhere else.
"""

from __future__ import annotations

import os
import random
import time
import warnings
import zlib
from pathlib import Path

import pytest

from benchmarks.attacks.damage import damaged
from benchmarks.attacks.readers import Reader, readers
from spotting_core.base.errors import TouchlineError

SECONDS = float(os.environ.get("TOUCHLINE_FUZZ_SECONDS", "0.7"))
FIRST = int(os.environ.get("TOUCHLINE_FUZZ_SEED", "0"))
READERS = list(readers())


@pytest.mark.parametrize("reader", READERS, ids=lambda r: r.name)
def test_a_sound_file_is_read(reader: Reader, tmp_path: Path) -> None:
    reader.read(reader.put(tmp_path))


@pytest.mark.parametrize("reader", READERS, ids=lambda r: r.name)
@pytest.mark.filterwarnings("ignore")
def test_a_hostile_file_is_read_or_refused_in_a_sentence(reader: Reader, tmp_path: Path) -> None:
    until, seed = time.monotonic() + SECONDS * (2 if reader.foreign else 1), FIRST
    while time.monotonic() < until:
        seed += 1
        content = damaged(reader.content, random.Random(seed + zlib.crc32(reader.name.encode())))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reader.read(reader.put(tmp_path, content))
        except TouchlineError as error:
            if not str(error).endswith(".") or len(str(error)) > 20_000:
                pytest.fail(f"seed {seed}: no sentence: {str(error)[:600]}")
        except Exception as error:
            pytest.fail(f"seed {seed}: {type(error).__name__}: {error}\n{content[:600]!r}", pytrace=True)
