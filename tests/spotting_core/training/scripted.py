"""A source of chances whose answers are written down beforehand."""

from __future__ import annotations

import random
from collections.abc import Sequence


class Scripted(random.Random):
    """Gives the shares and the numbers it was told, in order, and refuses numbers that could not come by chance."""

    def __init__(self, shares: Sequence[float], numbers: Sequence[float] = ()) -> None:
        super().__init__(0)
        self.shares, self.numbers = list(shares), list(numbers)

    def random(self) -> float:
        return self.shares.pop(0)

    def uniform(self, a: float, b: float) -> float:
        number = self.numbers.pop(0)
        assert a - 1e-9 <= number <= b + 1e-9, (a, number, b)
        return number

    def getrandbits(self, k: int) -> int:
        return 7

    @property
    def used_up(self) -> bool:
        return not self.shares and not self.numbers
