"""Which entities the rules tie to each class: what an explanation of it should point at.

assets/classes/<table>.entities.csv     class,entity; a row each, * for every class that has no row of its own
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError

_OTHERS = "*"


def decisive_entities(table: str, label: str) -> tuple[str, ...]:
    """Names of the entities that decide a class of a bundled class table; none where nobody said.

    Errors:
        BadInputError: the file is damaged.
    """
    rules = _rules(table)
    return rules.get(label, rules.get(_OTHERS, ()))


@lru_cache(maxsize=8)
def _rules(table: str) -> Mapping[str, tuple[str, ...]]:
    path = asset("classes", f"{table}.entities.csv")
    if not path.is_file():
        return {}
    rules: dict[str, tuple[str, ...]] = defaultdict(tuple)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                rules[row["class"]] += (row["entity"],)
            except (KeyError, TypeError) as error:
                raise BadInputError(
                    f"this is no table of entities ({error})", where=path, fix="Columns: class, entity"
                ) from error
    return dict(rules)
