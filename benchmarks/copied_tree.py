"""A copy of the repository to put faults into, so that none is ever left in the repository itself."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
_SHARED = "shared"


@contextmanager
def copied_tree() -> Iterator[Path]:
    """The files that git knows, as they stand, in a folder of their own; the data beside the repository is linked."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.split("\0")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "copy"
        for path in filter(None, names):
            if (REPOSITORY / path).is_file():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / path, root / path)
        if (shared := REPOSITORY.parent / _SHARED).is_dir():
            (root.parent / _SHARED).symlink_to(shared)
        yield root
