"""Where a published model may lie: a file, a folder, a repository of the Hugging Face hub, or an address.

What is asked for is described before anything is fetched (``Offer``): which files, how large, by which hash, under
which licence. Nothing is fetched twice, and what was begun goes on (``download``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.download import Remote, no_way, remote_file
from spotting_core.checkpoints.refused import refuse_place

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

WEIGHTS = (".pt", ".pth", ".pth.tar", ".tar", ".ckpt", ".bin", ".safetensors")
SETTINGS, CLASS_LIST, PROMPTS = "config.json", "class.txt", "prompts.txt"
"""What lies beside weights: a configuration, the class list that E2E-Spot and its descendants keep, and the names of
the entities that UGLF reads."""
_BESIDE = (SETTINGS, CLASS_LIST, PROMPTS)
_HUB = re.compile(r"(?P<id>[\w][\w.-]*/[\w][\w.-]*)(@(?P<revision>[\w./-]+))?(:(?P<file>[\w./ -]+))?")
_LICENCE = "not stated"


@dataclass(frozen=True)
class Offer:
    """A published model before it is fetched.

    Arguments:
        name: of the folder or repository it lies in, or of its file.
        source: what was asked for.
        weights: the file of weights, here or elsewhere; beside: the small files that say more.
        licence: as its place states it.
    """

    name: str
    source: str
    weights: Path | Remote
    beside: tuple[Path | Remote, ...] = ()
    licence: str = _LICENCE

    @property
    def size(self) -> int:
        """Bytes of all files; of those elsewhere that state none 0."""
        return sum(_size(f) for f in (self.weights, *self.beside))

    @property
    def size_text(self) -> str:
        """The size for people: 18.0 MB; empty where nobody states it."""
        size = self.size
        return (f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB") if size else ""

    @property
    def elsewhere(self) -> bool:
        """Whether something has to be fetched."""
        return isinstance(self.weights, Remote)


def _size(file: Path | Remote) -> int:
    return file.stat().st_size if isinstance(file, Path) else file.size or 0


def offer_of(source: str, *, local_network: bool = False) -> Offer:
    """What lies at a source: a path, an ``https://`` address, or ``owner/name[@revision][:file]`` of the hub.

    Arguments:
        local_network: whether addresses of this machine and its network may be asked.

    Errors:
        BadInputError: nothing is there, there is no way to it, several files may be meant, or it is not read at all.
    """
    refuse_place(source)
    path = Path(source).expanduser()
    if path.exists():
        refuse_place(path)
        return _local(path, source)
    if "://" in source:
        return _at_address(source, local_network=local_network)
    if hub := _HUB.fullmatch(source):
        return _on_hub(hub["id"], hub["revision"], hub["file"], source)
    raise BadInputError(
        "there is no such file or folder",
        where=source,
        fix="Give a path, an https:// address, or a repository of the hub as owner/name",
    )


def is_weights(name: str) -> bool:
    """Whether a file's name is that of weights."""
    return name.lower().endswith(WEIGHTS)


def _local(path: Path, source: str) -> Offer:
    if path.is_file():
        folder, weights = path.absolute().parent, path
    else:
        folder = path.absolute()
        weights = folder / _only([p.name for p in sorted(path.iterdir()) if p.is_file() and is_weights(p.name)], source)
    beside = tuple(folder / name for name in _BESIDE if (folder / name).is_file())
    return Offer(path.absolute().name if path.is_dir() else _stem(path.name), source, weights, beside)


def _only(names: Sequence[str], source: str, fix: str = "Give the file itself") -> str:
    """The one file of weights.

    Errors:
        BadInputError: there is none, or more than one.
    """
    if not names:
        raise BadInputError("no file of weights lies there", where=source, fix=f"They end in {', '.join(WEIGHTS)}")
    if len(names) > 1:
        more = ", …" if len(names) > 4 else ""
        raise BadInputError(f"several files of weights lie there: {', '.join(names[:4])}{more}", where=source, fix=fix)
    return names[0]


def _stem(name: str) -> str:
    lower = name.lower()
    ending = max((e for e in WEIGHTS if lower.endswith(e)), key=len, default="")
    return name[: len(name) - len(ending)] or name


# --- addresses ------------------------------------------------------------------------------------------


def _at_address(address: str, *, local_network: bool) -> Offer:
    weights = remote_file(address, local_network=local_network)
    if weights is None:
        raise BadInputError("nothing lies at this address", where=address, fix="Check it in a browser")
    parent = address.rpartition("/")[0]
    beside = [remote_file(f"{parent}/{name}", local_network=local_network, small=True) for name in _BESIDE]
    folder = PurePosixPath(parent).name
    return Offer(folder or _stem(weights.name), address, weights, tuple(one for one in beside if one is not None))


# --- the hub --------------------------------------------------------------------------------------------


def _on_hub(repository: str, revision: str | None, file: str | None, source: str) -> Offer:
    info = _hub_info(repository, revision)
    sizes = {s.rfilename: s for s in info.siblings or ()}
    if file is not None and file not in sizes:
        raise BadInputError(
            "the repository has no such file", where=source, fix=f"It has {', '.join(sorted(sizes)[:6])}"
        )
    fix = f"Name one: {repository}:FILE"
    weights = file or _only([n for n in sorted(sizes) if is_weights(n)], source, fix)
    folder = PurePosixPath(weights).parent
    wanted = [weights, *(str(folder / name) for name in _BESIDE if str(folder / name) in sizes)]
    remotes = [_of_hub(repository, info.sha, name, sizes[name]) for name in wanted]
    licence = getattr(info.card_data, "license", None) if info.card_data else None
    name = folder.name or repository.rpartition("/")[2]
    return Offer(name, source, remotes[0], tuple(remotes[1:]), str(licence or _LICENCE))


def _hub_info(repository: str, revision: str | None) -> ModelInfo:
    """What the hub says of a repository.

    Errors:
        BadInputError: there is no way to it, no such repository or revision, or one that has to be asked for.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        return HfApi().model_info(repository, revision=revision, files_metadata=True, timeout=20)
    except GatedRepoError as error:
        raise BadInputError(
            "its owners give this repository to those who ask for it",
            where=repository,
            fix="Ask on its page, then log in with: hf auth login",
        ) from error
    except RevisionNotFoundError as error:
        raise BadInputError(f"the repository has no revision {revision}", where=repository) from error
    except RepositoryNotFoundError as error:
        raise BadInputError(
            "there is no such repository on the hub, nor a file of this name here",
            where=repository,
            fix="Check the name",
        ) from error
    except Exception as error:  # of the HTTP library beneath, which is not ours to name
        raise no_way(repository, type(error).__name__) from error


def _of_hub(repository: str, commit: str | None, name: str, sibling: object) -> Remote:
    from huggingface_hub import hf_hub_url

    lfs = getattr(sibling, "lfs", None)
    return Remote(
        address=hf_hub_url(repository, name, revision=commit),
        name=PurePosixPath(name).name,
        size=getattr(sibling, "size", None),
        sha256=getattr(lfs, "sha256", "") if lfs else "",
        hub=(repository, name, commit or "main"),
    )
