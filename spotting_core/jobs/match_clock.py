"""The job that reads the match clock and the score of a match off its score bug."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import CancelledError
from spotting_core.jobs.kind import LONG, Context, JobKind, Parameters
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match


class ClockParameters(Parameters, frozen=True):
    """The match at a path."""

    path: str
    title: str = ""


class ClockJob(JobKind[ClockParameters]):
    """Leaves what was read of each video in the folder of that video's data."""

    name: ClassVar[str] = "clock"
    resource: ClassVar[str] = LONG
    parameters_type = ClockParameters

    def key(self, parameters: ClockParameters) -> str:
        return f"{self.name}/{parameters.path}"

    def title(self, parameters: ClockParameters) -> str:
        return f"Clock of {parameters.title}"

    def leaves(self, parameters: ClockParameters, data: DataDirectory) -> tuple[Path, ...]:
        from spotting_core.score_bug.readings import readings_file

        halves = open_match(Path(parameters.path)).halves
        return tuple(readings_file(ingest(half.path, data)) for half in halves)

    def perform(self, parameters: ClockParameters, context: Context) -> Path | None:
        from spotting_core.score_bug.readings import bug_readings

        halves = open_match(Path(parameters.path)).halves
        for number, half in enumerate(halves):

            def report(done: int, total: int, before: int = number) -> None:
                share = (before + done / max(1, total)) / len(halves)
                if not context.report(min(1.0, share), "Reading the clock"):
                    raise CancelledError("reading the clock was cancelled", fix="Start it again")

            report(0, 1)
            bug_readings(ingest(half.path, context.data), report)
        return None


CLOCK = ClockJob()
KINDS = (CLOCK,)
