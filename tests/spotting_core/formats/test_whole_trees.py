"""Trees that are written whole or not at all, and gzips of every format."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.formats import registry
from spotting_core.formats.document import Document
from spotting_core.formats.registry import FORMATS

LABELS = {"annotations": [{"gameTime": "1 - 00:10", "position": "10000", "label": "Goal"}]}
TABLE = "game,half,seconds,label\nA,1,20,Goal\nB,1,{},Goal\n"
FILES = {
    "Labels-v2.json": json.dumps(LABELS),
    "spots.csv": "half,seconds,label\n1,10,Goal\n",
    "a.vtt": "WEBVTT\n\n00:10.000 --> 00:12.000\nGoal\n",
    "a.xml": "<file><ALL_INSTANCES><instance><ID>1</ID><start>10</start><end>12</end><code>Goal</code></instance>"
    "</ALL_INSTANCES></file>",
}


def test_a_source_that_is_refused_halfway_leaves_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "season"
    source.write_text(TABLE.format("soon"))
    with pytest.raises(BadInputError, match="'soon' is no number"):
        registry.write(target, registry.read(source), FORMATS["labels-v2"])
    assert not target.exists()
    source.write_text(TABLE.format(30))
    registry.write(target, registry.read(source), FORMATS["labels-v2"])
    before = (target / "A" / "Labels-v2.json").read_text()
    source.write_text(TABLE.format("soon").replace("20", "50"))
    with pytest.raises(BadInputError, match="'soon' is no number"):
        registry.write(target, registry.read(source), FORMATS["labels-v2"])
    assert (target / "A" / "Labels-v2.json").read_text() == before
    assert sorted(path.name for path in target.iterdir()) == ["A", "B"]


@pytest.mark.parametrize("name", FILES)
def test_a_gzip_is_read_as_what_is_in_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress(FILES[name].encode()))
    for source in (path, tmp_path):
        [document] = registry.read(source)
        assert isinstance(document, Document)
        assert [(spot.label, spot.seconds) for spot in document.spots] == [("Goal", 10.0)]


def test_gzips_beside_files_of_their_format_are_read_too(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv.gz", "one.vtt"):
        text = FILES["a.vtt" if name.endswith("vtt") else "spots.csv"].encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert len(list(registry.read(tmp_path, FORMATS["csv"]))) == 2


def test_a_target_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="the format to write cannot be told"):
        registry.guess_target(tmp_path / "spots.csv.gz")
