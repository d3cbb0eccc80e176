"""Where everything derived is kept: by content hash, so that a moved or renamed video is recognised.

media/<hash>/        probe.json, times.npy, playback.mp4, poster.jpg, frames-*.jpgs, thumbnails-*.npy, score_bug.json,
                     halves.json, pace-<hash>.json
analyses/<source hash>/<model hash>/   an analysis (see ``spotting_core.analyses.analysis``)
explanations/<hash>.npz
hashes/<hash of a path>.json   content hash of the video there, while it stays as it is
exports/<id>/        clips that were exported from the app
models/<name>/       models of others that were added, and those that were trained in the app
downloads/<name>/    files of models of others on their way; trainings/<id>/ the runs of those that are trained
data_sets/<id>.json  what people knew of matches when a data set was frozen
pitch/<hash>.npy     feature sets of where the camera looks and who is there, by the files they are made of
players/<hash>.npz   who stands where in a match, by its analysis and its calibrations
search/<match>.parquet  spots of a match, for searching
touchline.db         matches, jobs, selections, reviews, saved searches

Nobody but its owner may look into it: it knows who reviewed what, and where videos lie.
"""

from __future__ import annotations

import logging
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from spotting_core.base.errors import BadInputError

ENVIRONMENT_VARIABLE = "TOUCHLINE_DATA"


_OWNER_ALONE = 0o700
log = logging.getLogger(__name__)


def close_to_others(path: Path, mode: int) -> None:
    """Give a file or folder its mode, where it is ours; another one's is told in the log and left."""
    try:
        if stat.S_IMODE(path.stat().st_mode) != mode:
            path.chmod(mode)
    except OSError as error:
        log.warning("%s stays as it is for others: %s", path, error.strerror)


@dataclass(frozen=True)
class DataDirectory:
    """The root of derived data. ``DataDirectory.default()`` honours ``TOUCHLINE_DATA``."""

    root: Path

    @classmethod
    def default(cls) -> DataDirectory:
        configured = os.environ.get(ENVIRONMENT_VARIABLE)
        root = Path(configured) if configured else Path(platformdirs.user_data_dir("touchline"))
        return cls(root.expanduser().absolute())

    @classmethod
    def around(cls, analysis: Path) -> DataDirectory | None:
        """The data directory in which the folder of an analysis lies; None where it lies elsewhere."""
        root = analysis.parents[2] if len(analysis.parents) > 2 else None
        if root is None or cls(root).analyses(analysis.parent.name) != analysis.parent:
            return None
        return cls(root)

    def media(self, media_hash: str) -> Path:
        return self.root / "media" / media_hash

    def analysis(self, source_hash: str, model_hash: str) -> Path:
        return self.root / "analyses" / source_hash / model_hash[:16]

    def analyses(self, source_hash: str) -> Path:
        return self.root / "analyses" / source_hash

    def explanation(self, key: str) -> Path:
        return self.root / "explanations" / key[:2] / f"{key}.npz"

    def answer(self, key: str) -> Path:
        """Where the answer to a question about a match is kept (what an edit does, where words are found)."""
        return self.root / "explanations" / key[:2] / f"{key[:32]}.json"

    @property
    def models(self) -> Path:
        """Where models are that were added or trained in the app, each in a folder of its name."""
        return self.root / "models"

    @property
    def downloads(self) -> Path:
        return self.root / "downloads"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    def export(self, export_id: str) -> Path:
        return self.exports / export_id

    @property
    def data_sets(self) -> Path:
        return self.root / "data_sets"

    def players(self, key: str) -> Path:
        """Where everybody is kept who was placed on the pitch of a match."""
        return self.root / "players" / f"{key}.npz"

    def players_of(self, stamp: str) -> Path:
        """Where it is kept by which key those of a match are, as its files are now."""
        return self.root / "players" / f"{stamp}.key"

    @property
    def hashes(self) -> Path:
        return self.root / "hashes"

    @property
    def search(self) -> Path:
        return self.root / "search"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def database(self) -> Path:
        return self.root / "touchline.db"

    def ensure(self) -> DataDirectory:
        """Make the directory, or close one that is there to all but its owner.

        Errors:
            BadInputError: it cannot be made or written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=_OWNER_ALONE)
            close_to_others(self.root, _OWNER_ALONE)
            probe = self.root / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise BadInputError(
                f"the data directory cannot be written ({error.strerror})",
                where=self.root,
                fix=f"Free the path, or set {ENVIRONMENT_VARIABLE} to a folder you can write",
            ) from error
        return self
