"""The job that prepares the videos of a match for the browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from spotting_core.base.data_directory import DataDirectory
from spotting_core.jobs.kind import LONG, Context, JobKind, Parameters
from spotting_core.media.ingest import ingest
from spotting_core.media.source import HalfSource, open_match


class PlaybackParameters(Parameters, frozen=True):
    """The match at a path."""

    path: str
    title: str = ""


class PlaybackJob(JobKind[PlaybackParameters]):
    """Leaves a copy of each video that the browser cannot play as it is, in the folder of that video's data."""

    name: ClassVar[str] = "playback"
    resource: ClassVar[str] = LONG
    parameters_type = PlaybackParameters

    def key(self, parameters: PlaybackParameters) -> str:
        return f"{self.name}/{parameters.path}"

    def title(self, parameters: PlaybackParameters) -> str:
        return parameters.title

    def leaves(self, parameters: PlaybackParameters, data: DataDirectory) -> tuple[Path, ...]:
        return tuple(ingest(half.path, data).folder for half in open_match(Path(parameters.path)).halves)

    def perform(self, parameters: PlaybackParameters, context: Context) -> Path | None:
        prepare_playback(open_match(Path(parameters.path)).halves, context)
        return None


def prepare_playback(halves: Sequence[HalfSource], context: Context) -> None:
    """Make what the browser plays of some halves.

    Errors:
        BadInputError: see ``make_playback``; CancelledError: ``context.report`` returned False.
    """
    from spotting_core.media.playback import make_playback

    for half in halves:
        make_playback(ingest(half.path, context.data), lambda share: context.report(share, "Preparing the video"))


PLAYBACK = PlaybackJob()
KINDS = (PLAYBACK,)
