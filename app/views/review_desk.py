"""Where reviews come in: what a reviewer did to one kind of thing, spots or camera changes, is done in the store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic

from app.library.library import Match
from spotting_core.store.reviews import ADD, REDO, UNDO, Kept, ReviewStore, Subject


class Desk(ABC, Generic[Subject, Kept]):
    """The reviews of one kind of thing in a match.

    Arguments:
        prefix: what stands before the names of the shown things in the store.
        shown: things that can be reviewed, by their names in the browser; known: all reviews of the match.

        origins: names in the store of those shown things that have another one there than their own behind the prefix,
            by their names in the browser.

    ``labels`` are the names of the classes, in the order of their numbers in the browser.
    """

    of: ClassVar[str]
    labels: tuple[str, ...]

    def __init__(
        self,
        store: ReviewStore[Subject, Kept],
        match: Match,
        prefix: str,
        shown: Mapping[str, Subject],
        known: Iterable[Kept],
        origins: Mapping[str, str],
    ) -> None:
        self.store, self.match, self.prefix, self.shown = store, match, prefix, shown
        self.known = {r.origin: r for r in known}
        self.origins = origins
        self._names = {origin: name for name, origin in origins.items()}

    @abstractmethod
    def subject(self, kept: Kept) -> Subject:
        """What was reviewed, as it is now."""

    @abstractmethod
    def made(self, values: Mapping[str, Any]) -> Subject:
        """What a reviewer adds."""

    @abstractmethod
    def own(self, kept: Kept) -> dict[str, Any]:
        """What the kind has of its own, as the browser is told."""

    @abstractmethod
    def own_values(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """What a change gives the columns of the kind alone."""

    def as_json(self, kept: Kept) -> dict[str, Any]:
        """What the browser is told of something reviewed; ``at`` as ISO 8601, times in seconds."""
        return {
            "id": self.name_of(kept.origin),
            "half": kept.half,
            "seconds": kept.time / 1e6,
            "label": self.labels.index(kept.label),
            "state": kept.state,
            "comment": kept.comment,
            "revision": kept.revision,
            "author": kept.author,
            "at": kept.changed.isoformat(timespec="seconds"),
            **self.own(kept),
        }

    def name_of(self, origin: str) -> str:
        """What the browser calls something reviewed."""
        return self._names.get(origin) or origin.removeprefix(self.prefix)

    def take(self, action: Mapping[str, Any], author: str) -> None:
        """Do one thing that a reviewer did.

        Errors:
            BadInputError: it cannot be; ReviewConflictError: somebody else came first.
        """
        kind = str(action["kind"])
        if kind in (UNDO, REDO):
            (self.store.undo if kind == UNDO else self.store.redo)(self.match.id, author)
            return
        values = self._values(action)
        if kind == ADD:
            done = self.store.add(self.match.id, self.made(values), author, str(action["id"]))
        elif (row := self._find(str(action["id"]))) is not None:
            done = self.store.change(self.match.id, *row, kind, author, int(action["revision"]), **values)
        else:
            return
        self.known[done.origin] = done

    def _find(self, wanted: str) -> tuple[str, Subject] | None:
        """Name in the store and subject; None if it is not shown any more and nobody has said a thing about it."""
        origin = wanted if wanted in self.known else self.origins.get(wanted, f"{self.prefix}{wanted}")
        if wanted in self.shown:
            return origin, self.shown[wanted]
        return (origin, self.subject(self.known[origin])) if origin in self.known else None

    def _values(self, action: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if "half" in action:
            values["half"] = int(action["half"])
        if "seconds" in action:
            values["time"] = round(float(action["seconds"]) * 1e6)
        if "label" in action:
            values["label"] = self.labels[int(action["label"])]
        if "comment" in action:
            values["comment"] = str(action["comment"])
        return values | self.own_values(action)
