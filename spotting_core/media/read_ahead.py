"""Iterators that run in threads of their own, ahead of whoever reads them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Entry = tuple[bool, object]  # whether it is an item, and that; else the error that ended all, if one did
_LOOKED_AT = 0.1  # seconds after which a thread that waits for room looks whether it is to stop


class Ahead(Generic[_Item]):
    """An iterator that runs in a thread of its own from now on, ahead of its reader.

    An error in the iterator is raised at the reader; ``close`` stops the thread.

    Arguments:
        depth: weight of what waits for the reader, at which the thread waits, too.
        weight: of an item, 1 at least; by itself each weighs 1.
        stopped: what stops the thread before its next item; one that several share stops them all. An iterator whose
            items take long asks it in between.
    """

    def __init__(
        self,
        items: Iterable[_Item],
        depth: int = 2,
        weight: Callable[[_Item], int] = lambda _: 1,
        stopped: threading.Event | None = None,
    ) -> None:
        self._ready = _Waiting(depth)
        self._weight, self._stopped = weight, stopped or threading.Event()
        self._thread = threading.Thread(target=self._produce, args=(items,), name="decode-ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[_Item]:
        while True:
            _, (more, item) = self._ready.get()
            if not more:
                if isinstance(item, BaseException):
                    raise item
                return
            yield item  # type: ignore[misc]

    def close(self) -> None:
        """Stop the thread at its next item, and wait until it has: what it reads may be closed then."""
        self._stopped.set()
        self._thread.join()

    def _produce(self, items: Iterable[_Item]) -> None:
        end: _Entry = (False, None)
        try:
            for item in items:
                if not self._put(self._weight(item), (True, item)):
                    return
        except BaseException as error:
            end = (False, error)
        finally:
            if isinstance(items, Generator):  # in this thread, which may be in the midst of it
                items.close()
        self._put(1, end)

    def _put(self, weight: int, entry: _Entry) -> bool:
        while not self._stopped.is_set():
            try:
                self._ready.put((weight, entry), timeout=_LOOKED_AT)
                return True
            except queue.Full:
                continue
        return False


class _Waiting(queue.Queue[tuple[int, _Entry]]):
    """Entries with the weight of each, full by what they weigh together."""

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._weight = 0

    def _qsize(self) -> int:
        return self._weight

    def _put(self, item: tuple[int, _Entry]) -> None:
        super()._put(item)
        self._weight += item[0]

    def _get(self) -> tuple[int, _Entry]:
        item = super()._get()
        self._weight -= item[0]
        return item


def ahead(items: Iterable[_Item], depth: int = 2) -> Iterator[_Item]:
    """Run an iterator in a thread of its own from the first item asked for, see ``Ahead``.

    Decoding releases the interpreter lock, so the model computes while the next batch is decoded. A reader that stops
    early stops the thread.
    """
    running = Ahead(items, depth)
    try:
        yield from running
    finally:
        running.close()
