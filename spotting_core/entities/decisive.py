"""Which entities the rules tie to each class: what an explanation of it should point at.

assets/classes/<table>.entities.csv     class,entity; a row each, * for every class that has no row of its own
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from spotting_core.domain.classes import rows_beside

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
    rules: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for row in rows_beside(table, "entities", ("class", "entity")):
        rules[row["class"]] += (row["entity"],)
    return dict(rules)
