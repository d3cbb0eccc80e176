"""Cases in which any two values of any two features meet, of which there are far fewer than of all combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product

Case = dict[str, str]
_Pair = tuple[str, str, str, str]


def pairwise(features: Mapping[str, Sequence[str]]) -> list[Case]:
    """Cases of some features, each a value by the feature's name; the same every time.

    The first has the first value of each. Every other takes, feature by feature, the value with most pairs that were
    not seen yet.
    """
    names = list(features)
    open_pairs: set[_Pair] = {
        (one, a, other, b) for one, other in combinations(names, 2) for a, b in product(features[one], features[other])
    }
    cases = [{name: values[0] for name, values in features.items()}]
    open_pairs -= _pairs(cases[0], names)
    while open_pairs:
        one, a, other, b = min(open_pairs)
        case = {one: a, other: b}
        for name in names:
            if name not in case:
                case[name] = max(
                    features[name], key=lambda value: len(_pairs({**case, name: value}, names) & open_pairs)
                )
        cases.append({name: case[name] for name in names})
        open_pairs -= _pairs(case, names)
    return cases


def _pairs(case: Mapping[str, str], names: Sequence[str]) -> set[_Pair]:
    known = [name for name in names if name in case]
    return {(one, case[one], other, case[other]) for one, other in combinations(known, 2)}
