"""The job that makes one video of each recording that a camera has written in pieces."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import CancelledError
from spotting_core.jobs.kind import ENCODING, Context, JobKind, Parameters


def joined_folder(folder: Path) -> Path:
    """Where the recordings of a folder are written: beside it, for in it they would be taken for more pieces."""
    return folder.with_name(f"{folder.name} joined")


class JoiningParameters(Parameters, frozen=True):
    """The folder of the pieces."""

    folder: str


class JoiningJob(JobKind[JoiningParameters]):
    """Leaves a video of each recording in ``joined_folder``; those that are there already are not written again."""

    name: ClassVar[str] = "join"
    resource: ClassVar[str] = ENCODING
    parameters_type = JoiningParameters

    def key(self, parameters: JoiningParameters) -> str:
        return f"{self.name}/{parameters.folder}"

    def title(self, parameters: JoiningParameters) -> str:
        return f"Joining the videos of {Path(parameters.folder).name}"

    def leaves(self, parameters: JoiningParameters, data: DataDirectory) -> tuple[Path, ...]:
        return (joined_folder(Path(parameters.folder)),)

    def perform(self, parameters: JoiningParameters, context: Context) -> Path | None:
        from spotting_core.media.joined import join_videos, read_pieces, recordings_in

        folder = Path(parameters.folder)
        wanted = recordings_in(folder, joined_folder(folder))
        waiting = {target: paths for target, paths in wanted.items() if not target.exists()}

        def report(share: float, stage: str) -> None:
            if not context.report(share, stage):
                raise CancelledError("joining was cancelled", fix="Start it again: whole recordings are kept")

        read = {}
        for number, (target, paths) in enumerate(waiting.items()):  # all of them before any is written
            read[target] = read_pieces(paths, lambda *_, n=number: report(0.1 * n / len(waiting), "Reading"))
        for number, (target, pieces) in enumerate(read.items()):

            def written(done: int, whole: int, before: int = number, name: str = target.name) -> None:
                report(0.1 + 0.9 * (before + done / max(1, whole)) / len(read), f"Writing {name}")

            target.parent.mkdir(exist_ok=True)
            join_videos(pieces, target, written)
        return None


JOINING = JoiningJob()
KINDS = (JOINING,)
