"""Presets of classes that people keep."""

from __future__ import annotations

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.store.class_presets import ClassPresets
from spotting_core.store.database import Database


def test_presets_are_kept_replaced_and_forgotten(database: Database) -> None:
    presets = ClassPresets(database)
    presets.keep(" Late drama ", ["Goal", "Red card"])
    presets.keep("Flow", ["Clearance"])
    assert presets.all() == {"Flow": ("Clearance",), "Late drama": ("Goal", "Red card")}
    presets.keep("Flow", ["Goal"])
    presets.remove("Late drama")
    presets.remove("Late drama")
    assert presets.all() == {"Flow": ("Goal",)}
    presets.remove("Flow")


@pytest.mark.parametrize(("name", "labels"), [("", ["Goal"]), ("  ", ["Goal"]), ("x" * 61, ["Goal"]), ("a\nb", ["Goal"]), ("fine", [])])  # fmt: skip
def test_what_cannot_be_kept_is_refused(database: Database, name: str, labels: list[str]) -> None:
    with pytest.raises(BadInputError, match="a preset needs"):
        ClassPresets(database).keep(name, labels)
