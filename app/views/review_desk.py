"""Where reviews come in: what a reviewer did to one kind of thing, spots or camera changes, is done in the store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic

from app.library.library import Match
from spotting_core.base.counts import count_of
from spotting_core.base.errors import ConflictError
from spotting_core.store.reviews import (
    ACCEPT,
    ADD,
    REDO,
    REJECT,
    UNDO,
    Kept,
    ReviewConflictError,
    ReviewStore,
    Subject,
    label_of,
)

MANY = {"accept-many": ACCEPT, "reject-many": REJECT}
"""What the browser tells when many open things are judged as one change: all from a confidence on, or in a clip."""
_JUDGED = {ACCEPT: "accepted", REJECT: "rejected"}


class LeftAloneError(ConflictError):
    """Of many things some have been changed by somebody else, and are as they made them; kind: what was to be done."""

    def __init__(self, conflicts: Sequence[ReviewConflictError], kind: str) -> None:
        others = " and ".join(sorted({conflict.current.author for conflict in conflicts}))
        self.mine = f"{kind} of {count_of(len(conflicts), conflicts[0].current.WHAT)}"
        them = "them" if len(conflicts) > 1 else "it"
        super().__init__(f"{others} had changed {them} before", fix=f"All others are {_JUDGED[kind]}")


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
        """What the browser is told of something reviewed; ``at`` as ISO 8601, times in seconds; ``was`` is the number
        of the class that its model or file gave it, None for what was added."""
        return {
            "id": self.name_of(kept.origin),
            "half": kept.half,
            "seconds": kept.time / 1e6,
            "label": self.labels.index(kept.label),
            "was": self._first_label(kept.origin),
            "state": kept.state,
            "comment": kept.comment,
            "revision": kept.revision,
            "author": kept.author,
            "at": kept.changed.isoformat(timespec="seconds"),
            **self.own(kept),
        }

    def _first_label(self, origin: str) -> int | None:
        label = label_of(origin)
        return self.labels.index(label) if label in self.labels else None

    def name_of(self, origin: str) -> str:
        """What the browser calls something reviewed."""
        return self._names.get(origin) or origin.removeprefix(self.prefix)

    def take(self, action: Mapping[str, Any], author: str) -> None:
        """Do one thing that a reviewer did.

        Errors:
            BadInputError: it cannot be; ReviewConflictError: somebody else came first; LeftAloneError: of many things
            some were left as somebody else has made them.
        """
        kind = str(action["kind"])
        if kind in MANY:
            self._judge_many(MANY[kind], action["ids"], author)
            return
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

    def _judge_many(self, kind: str, ids: Iterable[tuple[str, int]], author: str) -> None:
        """Accept or reject many things, each at the revision that was seen, as one change."""
        rows = [(row, int(revision)) for name, revision in ids if (row := self._find(str(name))) is not None]
        done, conflicts = self.store.change_many(self.match.id, [(*row, n) for row, n in rows], kind, author)
        self.known |= {kept.origin: kept for kept in done}
        if conflicts:
            raise LeftAloneError(conflicts, kind)

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
