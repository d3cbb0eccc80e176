"""Kinds of job: what each is called, what it is asked for, what it needs, how it is done and what it leaves.

A kind is one object. Modules that define some list them in ``KINDS``; whoever asks for jobs or does them names those
modules (``kinds_of``), so that no part has to know those above it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

import msgspec

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.computing.device import AUTO, device_named
from spotting_core.jobs.queue import Job, JobQueue

LONG, SHORT, ENCODING = "long", "short", "encoding"
RESOURCES = (LONG, SHORT, ENCODING)
"""What jobs need, each of which there is one of: the long and the short use of models have a worker each, so that an
explanation does not wait for an analysis to end; encoding neither needs nor holds up a model."""

JobReport = Callable[..., bool]
"""``report(progress, stage, speed, remaining)``, of which the last two may be left out, and any may be None where there
is nothing new; False asks to stop."""


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a job is asked for; what is kept of it in the queue is checked against the fields and their types."""


KindParameters = TypeVar("KindParameters", bound=Parameters)


@dataclass(frozen=True)
class Context:
    """What a job is done with.

    Arguments:
        report: tells how far the job is (see ``JobReport``).
        named: device by its name in ``spotting_core.computing.device``.
    """

    data: DataDirectory
    report: JobReport
    named: str = AUTO

    @cached_property
    def device(self) -> str:
        """Where networks are loaded, found out when the first one is: jobs without any do without torch."""
        return device_named(self.named)


class JobKind(ABC, Generic[KindParameters]):
    """A kind of job.

    Arguments:
        name: in the queue; resource: what it needs (``RESOURCES``).
        parameters_type: type of its parameters.
        follows: names of the kinds after which one of this kind may be due (``follow``).
        own_accord: whether nobody asks for its jobs: they wait for those that people asked for, and make way for them.
        lasting: whether its jobs are kept in the queue however old, for without them nobody finds what they left.
    """

    name: ClassVar[str]
    resource: ClassVar[str]
    parameters_type: type[KindParameters]
    follows: ClassVar[tuple[str, ...]] = ()
    own_accord: ClassVar[bool] = False
    lasting: ClassVar[bool] = False

    @abstractmethod
    def key(self, parameters: KindParameters) -> str:
        """Name of the work: while a job of a key is queued or running no second one is made."""

    @abstractmethod
    def title(self, parameters: KindParameters) -> str:
        """What people read."""

    @abstractmethod
    def leaves(self, parameters: KindParameters, data: DataDirectory) -> tuple[Path, ...]:
        """Where its result lies once the job is done: files, or folders that hold them; the main one first."""

    @abstractmethod
    def perform(self, parameters: KindParameters, context: Context) -> Path | None:
        """Do it.

        Returns:
            A folder or file with which a kind that follows can go on, or None if nothing follows.

        Errors:
            CancelledError: ``context.report`` returned False; any other error fails the job.
        """

    def follow(self, done: Parameters, left: Path, data: DataDirectory) -> KindParameters | None:
        """What is to be done after a job of a kind that this one ``follows``, or None.

        Arguments:
            done: what that job was asked for; left: what its ``perform`` returned.
        """
        return None

    def ask(
        self, queue: JobQueue, parameters: KindParameters, match_id: str | None = None, progress: float = 0.0
    ) -> Job:
        """Queue a job, or return the live one of the same key.

        Arguments:
            match_id: of the match in the library that the job is shown with.
            progress: 0 to 1, what an earlier job has left of it done.
        """
        fields = msgspec.to_builtins(parameters)
        return queue.submit(
            self.name, self.key(parameters), fields, title=self.title(parameters), match_id=match_id,
            resource=self.resource, own_accord=self.own_accord, progress=progress,
        )  # fmt: skip

    def read(self, job: Job) -> KindParameters:
        """What a job was asked for.

        Errors:
            BadInputError: nothing that this kind can be asked for: another Touchline has queued it.
        """
        try:
            return msgspec.convert(job.parameters, self.parameters_type)
        except msgspec.ValidationError as error:
            raise BadInputError(
                f"another version of Touchline has asked for this ({error})", fix="Ask for it again"
            ) from error

    def do(self, job: Job, context: Context) -> tuple[Parameters, Path | None]:
        """Do what a job was asked for; returns what that was, and what ``perform`` returned.

        Errors:
            BadInputError: see ``read``; for others see ``perform``.
        """
        parameters = self.read(job)
        return parameters, self.perform(parameters, context)

    def ask_what_follows(self, done: Parameters, left: Path, data: DataDirectory, queue: JobQueue) -> None:
        """Queue what is to be done after a job of a kind that this one ``follows`` (see ``follow``)."""
        due = self.follow(done, left, data)
        if due is not None:
            self.ask(queue, due)


class AnyJobKind(Protocol):
    """A kind of job whose parameters only it knows."""

    name: ClassVar[str]
    resource: ClassVar[str]
    follows: ClassVar[tuple[str, ...]]
    lasting: ClassVar[bool]

    def do(self, job: Job, context: Context) -> tuple[Parameters, Path | None]:
        """See ``JobKind``."""

    def ask_what_follows(self, done: Parameters, left: Path, data: DataDirectory, queue: JobQueue) -> None:
        """See ``JobKind``."""


class Kinds(Mapping[str, AnyJobKind]):
    """Kinds of job by name."""

    def __init__(self, *kinds: AnyJobKind) -> None:
        self._by_name = {kind.name: kind for kind in kinds}
        if len(self._by_name) != len(kinds):
            raise ValueError(f"two kinds of job have one name: {', '.join(sorted(k.name for k in kinds))}")

    def __getitem__(self, name: str) -> AnyJobKind:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def that_need(self, resource: str) -> tuple[str, ...]:
        """Names of the kinds that need a resource."""
        return tuple(name for name, kind in self.items() if kind.resource == resource)

    @property
    def lasting(self) -> tuple[str, ...]:
        """Names of the kinds whose jobs are kept."""
        return tuple(name for name, kind in self.items() if kind.lasting)

    def perform(self, job: Job, context: Context, queue: JobQueue) -> None:
        """Do a job, and ask for what follows it.

        Errors:
            BadInputError: it was not asked for as its kind is; for others see ``JobKind.perform``.
        """
        kind = self[job.kind]
        parameters, left = kind.do(job, context)
        if left is None:
            return
        for other in self.values():
            if kind.name in other.follows:
                other.ask_what_follows(parameters, left, context.data, queue)


@lru_cache(maxsize=8)
def kinds_of(*modules: str) -> Kinds:
    """The kinds that some modules list in ``KINDS``.

    Arguments:
        modules: names as they are imported by.
    """
    return Kinds(*(kind for module in modules for kind in import_module(module).KINDS))
