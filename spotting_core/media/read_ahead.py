"""Iterators that run in threads of their own, ahead of whoever reads them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_LOOKED_AT = 0.1  # seconds after which a thread that waits for room looks whether it is to stop
_JOINED = 5  # seconds that whoever stops a thread waits for it


class Ahead(Generic[_Item]):
    """An iterator that runs in a thread of its own from now on, at most ``depth`` items ahead of its reader.

    An error in the iterator is raised at the reader; ``close`` stops the thread.
    """

    def __init__(self, items: Iterable[_Item], depth: int = 2) -> None:
        self._ready: queue.Queue[tuple[bool, object]] = queue.Queue(maxsize=depth)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._produce, args=(items,), name="decode-ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[_Item]:
        while True:
            more, item = self._ready.get()
            if not more:
                if isinstance(item, BaseException):
                    raise item
                return
            yield item  # type: ignore[misc]

    def close(self) -> None:
        """Stop the thread at its next item."""
        self._stopped.set()
        self._thread.join(timeout=_JOINED)

    def _produce(self, items: Iterable[_Item]) -> None:
        end: tuple[bool, object] = (False, None)
        try:
            for item in items:
                if not self._put((True, item)):
                    return
        except BaseException as error:
            end = (False, error)
        finally:
            if isinstance(items, Generator):  # in this thread, which may be in the midst of it
                items.close()
        self._put(end)

    def _put(self, item: tuple[bool, object]) -> bool:
        while not self._stopped.is_set():
            try:
                self._ready.put(item, timeout=_LOOKED_AT)
                return True
            except queue.Full:
                continue
        return False


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
