"""What formats allow, in pairs: nothing is read wrongly, and what was tried is documented."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from benchmarks.format_variations.__main__ import BEGIN, DOCUMENT, END
from benchmarks.format_variations.files import VARIATIONS, Variations
from benchmarks.format_variations.pairwise import pairwise
from benchmarks.format_variations.tried import READ, Tried, as_markdown, tried


@pytest.fixture(scope="module")
def results() -> list[Tried]:
    return list(tried())


def test_every_pair_of_values_meets() -> None:
    features = {"a": "12", "b": "345", "c": "67", "d": "89"}
    cases = pairwise(features)
    assert len(cases) < 24
    for (one, ones), (other, others) in combinations(features.items(), 2):
        assert {(c[one], c[other]) for c in cases} == set(product(ones, others))


@pytest.mark.parametrize("one", VARIATIONS, ids=lambda v: v.form)
def test_no_variation_is_read_wrongly(one: Variations, results: list[Tried]) -> None:
    own = [t for t in results if t.form == one.form]
    assert own
    assert [t for t in own if t.result != READ] == []


def test_what_was_tried_is_documented(results: list[Tried]) -> None:
    table = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert table == as_markdown(results), "run make tried"
