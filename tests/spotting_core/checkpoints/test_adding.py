"""Models of others: from a file, a folder, an address or the hub, whole or not at all."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.checkpoints import download
from spotting_core.checkpoints.adding import Wanted, add_model, added_models, remove_model
from spotting_core.checkpoints.adopted import Choices
from spotting_core.checkpoints.download import check_address
from spotting_core.checkpoints.sources import offer_of
from spotting_core.media.fingerprint import file_hash
from spotting_core.models.known import known_models
from spotting_core.models.load import load_model
from tests.app.commands import touchline, touchline_process
from tests.spotting_core.checkpoints.made import added
from tests.spotting_core.checkpoints.place import Place, published_place

SYSTEM = {"system": "max"}


def weights(**more: Any) -> bytes:
    """A file of max pooling, as small as any."""
    torch.manual_seed(0)
    file = io.BytesIO()
    torch.save({"fc.weight": torch.randn(18, 512), "fc.bias": torch.randn(18), **more}, file)
    return file.getvalue()


@pytest.fixture
def place() -> Iterator[Place]:
    with published_place() as one:
        one.files["/pooled/best.pt"] = weights()
        yield one


def fetched(address: str, data: DataDirectory, name: str = "", **more: Any) -> Path:
    offer = offer_of(address, local_network=True)
    return add_model(Wanted(offer, Choices(**SYSTEM), name, local_network=True, **more), data)


def nothing_added(data: DataDirectory) -> bool:
    """Whether no model is there, nor a part of one."""
    return added_models(data) == {} and (not data.models.is_dir() or list(data.models.iterdir()) == [])


# --- files and folders ------------------------------------------------------------------------------------


def test_a_folder_is_a_model_of_its_name(tmp_path: Path, data: DataDirectory) -> None:
    folder = tmp_path / "my pooled model"
    folder.mkdir()
    (folder / "best.pt").write_bytes(weights())
    model = added(folder, data, **SYSTEM)
    assert model.folder == data.models / "my-pooled-model"
    assert model.card.name == "my-pooled-model"
    assert model.card.training["file_sha256"] == file_hash(folder / "best.pt")
    assert model.card.training["source"] == str(folder)
    assert known_models(data)["my-pooled-model"] == model.folder
    assert load_model("my-pooled-model").sha256 == model.sha256
    (folder / "last.pt").write_bytes(weights())
    with pytest.raises(BadInputError, match=r"several files of weights lie there: best\.pt, last\.pt"):
        offer_of(str(folder))
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(BadInputError, match="no file of weights lies there"):
        offer_of(str(folder))


def test_a_name_is_given_once(tmp_path: Path, data: DataDirectory) -> None:
    (tmp_path / "best.pth.tar").write_bytes(weights())
    source = tmp_path / "best.pth.tar"
    assert added(source, data, **SYSTEM).folder.name == "best"
    with pytest.raises(BadInputError, match="there is a model called best already"):
        added(source, data, **SYSTEM)
    with pytest.raises(BadInputError, match="there is a model called entity-attention already"):
        added(source, data, "entity-attention", **SYSTEM)
    for name in ("../up", "a/b", ".hidden", "x" * 90):
        with pytest.raises(BadInputError, match="a model cannot be called"):
            added(source, data, name, **SYSTEM)
    assert set(added_models(data)) == {"best"}
    remove_model("best", data)
    assert (added_models(data), "best" in known_models(data)) == ({}, False)
    for name in ("best", "../..", "entity-attention"):
        with pytest.raises(BadInputError, match="no model of this name was added"):
            remove_model(name, data)


class Harmful:
    """What a pickle can ask for."""

    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/touchline-was-run",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (weights(a=Harmful()), r"asks for more than tensors when it is read \((posix|nt)\.system\), and is not read"),
        (pickle.dumps({"a": Harmful()}), r"asks for more than tensors when it is read \(a pickle of its own\)"),
        (weights()[:4000], r"this checkpoint cannot be read .* cut short"),
        (b"<html>not found</html>", "this checkpoint cannot be read"),
        (b"", "this checkpoint cannot be read"),
        (weights(**{"fc.bias": torch.full((18,), torch.inf)}), "holds 18 of 18 numbers that are none"),
    ],
)
def test_what_is_no_file_of_weights_is_refused(
    content: bytes, message: str, tmp_path: Path, data: DataDirectory
) -> None:
    (tmp_path / "x.pt").write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        added(tmp_path / "x.pt", data, **SYSTEM)
    assert nothing_added(data)
    assert not Path("/tmp/touchline-was-run").exists()


def test_numbers_that_training_kept_beside_its_weights_are_read(tmp_path: Path, data: DataDirectory) -> None:
    import numpy as np

    state = {f"module.{k}": v for k, v in torch.load(io.BytesIO(weights())).items()}
    torch.save({"state_dict": state, "best": np.float64(0.5), "epoch": 3}, tmp_path / "x.pt")
    assert added(tmp_path / "x.pt", data, **SYSTEM).card.system == "max"


@pytest.mark.parametrize("names", [("saved_model.pb", "shared_args.pkl"), ("shared_args.pkl",)])
def test_spivak_is_refused_with_the_reason(names: tuple[str, ...], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_bytes(b"")
    for source in (str(tmp_path), "yahoo-inc/spivak-action-spotting-soccernet"):
        with pytest.raises(BadInputError, match=r"TensorFlow's, and their settings a pickle that runs code"):
            offer_of(source)


def test_astra_is_refused_with_the_reason(tmp_path: Path, data: DataDirectory) -> None:
    torch.save({"queries": torch.ones(2), "baidu_LL.0.head.weight": torch.ones(2)}, tmp_path / "x.pt")
    with pytest.raises(BadInputError, match="ASTRA reads Baidu's features and its own of sound"):
        added(tmp_path / "x.pt", data)


def test_no_room_leaves_nothing(tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "x.pt").write_bytes(weights())
    monkeypatch.setattr("spotting_core.checkpoints.adding.save_model", full)
    with pytest.raises(OSError, match="No space left"):
        added(tmp_path / "x.pt", data, **SYSTEM)
    assert nothing_added(data)


# --- addresses --------------------------------------------------------------------------------------------


def test_an_address_is_described_and_fetched_with_what_lies_beside(place: Place, data: DataDirectory) -> None:
    place.files["/pooled/config.json"], place.packed = b"{}", True
    offer = offer_of(f"{place.address}/pooled/best.pt", local_network=True)
    assert (offer.name, offer.elsewhere, offer.licence) == ("pooled", True, "not stated")
    assert offer.size == len(place.files["/pooled/best.pt"]) + 2
    assert [f.name for f in offer.beside] == ["config.json"]
    reported: list[tuple[str, int, int | None]] = []
    wanted = Wanted(offer, Choices(**SYSTEM), local_network=True)
    folder = add_model(wanted, data, lambda *row: reported.append(row))
    size = len(place.files["/pooled/best.pt"])
    assert reported[-1] == ("best.pt", size, size)
    assert load_model(folder).card.training["source"] == f"{place.address}/pooled/best.pt"
    assert list(data.downloads.iterdir()) == []  # what was fetched is in the model


def test_a_download_that_ended_goes_on(place: Place, data: DataDirectory) -> None:
    place.files["/pooled/best.pt"] = weights(optimiser=torch.randn(1 << 20))
    place.cut = 2_500_000
    address = f"{place.address}/pooled/best.pt"
    with pytest.raises(BadInputError, match=r"connection ended at .* The same command goes on from there"):
        fetched(address, data)
    assert nothing_added(data)
    (part,) = data.downloads.rglob("*.part")
    came = part.stat().st_size
    assert 0 < came <= 2_500_000
    asked = len(place.asked)
    with pytest.raises(BadInputError, match="not the weights of a pooling model"):  # there is more in it
        fetched(address, data)
    assert ("/pooled/best.pt", f"bytes={came}-") in place.asked[asked:]
    whole = next(data.downloads.rglob("best.pt"))
    assert whole.read_bytes() == place.files["/pooled/best.pt"]


def test_a_file_that_changed_meanwhile_is_fetched_anew(place: Place, data: DataDirectory) -> None:
    place.files["/pooled/best.pt"] = b"x" * 3_000_000
    place.cut = 2_500_000
    with pytest.raises(BadInputError, match="connection ended"):
        fetched(f"{place.address}/pooled/best.pt", data)
    place.files["/pooled/best.pt"] = weights()
    assert load_model(fetched(f"{place.address}/pooled/best.pt", data)).card.system == "max"


def test_stopping_keeps_what_has_come(place: Place, data: DataDirectory) -> None:
    place.files["/pooled/best.pt"] = b"x" * 3_000_000

    def stop(_: str, done: int, whole: int | None) -> None:
        if done > 1_000_000:
            raise CancelledError("cancelled")

    offer = offer_of(f"{place.address}/pooled/best.pt", local_network=True)
    with pytest.raises(CancelledError):
        add_model(Wanted(offer, Choices(**SYSTEM), local_network=True), data, stop)
    (part,) = data.downloads.rglob("*.part")
    assert part.stat().st_size > 1_000_000
    assert nothing_added(data)


def test_another_hash_is_thrown_away(place: Place, data: DataDirectory) -> None:
    with pytest.raises(BadInputError, match=r"this file has the hash .*, not abc"):
        fetched(f"{place.address}/pooled/best.pt", data, sha256="abc")
    assert nothing_added(data)
    assert list(data.downloads.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/nothing.pt", "nothing lies at this address"),
        ("/page.pt", "this address gives a page, not a file"),
        ("/round.pt", "this address leads on and on"),
    ],
)
def test_an_address_without_a_file_says_so(path: str, message: str, place: Place) -> None:
    place.pages.add("/page.pt")
    place.leads["/round.pt"] = "/round.pt"
    with pytest.raises(BadInputError, match=message):
        offer_of(place.address + path, local_network=True)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://example.org/x.pt", "only https:// addresses are fetched"),
        ("ftp://example.org/x.pt", "only https:// addresses are fetched"),
        ("file:///etc/passwd", "only https:// addresses are fetched"),
        ("https://127.0.0.1/x.pt", "points into the local network"),
        ("https://localhost/x.pt", "points into the local network"),
        ("https://10.0.0.8/x.pt", "points into the local network"),
        ("https://[::1]/x.pt", "points into the local network"),
        ("https://[::ffff:127.0.0.1]/x.pt", "points into the local network"),
        ("https://169.254.169.254/latest/meta-data", "points into the local network"),
        ("https://0/x.pt", "points into the local network"),
        ("https://user:word@example.org/x.pt", "no address of a file"),
        ("https:///x.pt", "no address of a file"),
    ],
)
def test_addresses_that_are_not_asked(address: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        check_address(address, local_network=False)


def test_a_redirection_into_the_local_network_is_not_followed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.leads["/away.pt"] = "https://192.168.0.1/x.pt"
    allowed = iter([True, False])
    checked = download.check_address
    monkeypatch.setattr(download, "check_address", lambda a, **_: checked(a, local_network=next(allowed)))
    with pytest.raises(BadInputError, match=r"192\.168\.0\.1/x\.pt: this address points into the local network"):
        offer_of(f"{place.address}/away.pt", local_network=True)


def test_who_answers_is_looked_at_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may lead elsewhere a moment after it was looked up."""
    monkeypatch.setattr(download, "check_address", lambda *_, **__: None)
    with pytest.raises(BadInputError, match="points into the local network"):
        offer_of(f"{place.address}/pooled/best.pt")


def test_a_larger_file_than_the_disk_has_room_for_is_not_begun(
    place: Place, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil._ntuple_diskusage(100, 50, (1 << 30) + 1000)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: free)
    with pytest.raises(BadInputError, match=r"and 0 MB of the disk may be used.*Free some disk"):
        fetched(f"{place.address}/pooled/best.pt", data)
    assert not list(data.downloads.rglob("*.p*"))


# --- the hub, and the command -----------------------------------------------------------------------------


def at_hub(place: Place) -> dict[str, str]:
    return {"HF_ENDPOINT": place.address, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1"}


def test_a_repository_of_the_hub_is_shown_fetched_and_checked(place: Place, data: DataDirectory) -> None:
    place.files = {"/some/pooled/best.pt": weights(), "/some/pooled/config.json": b"{}", "/some/pooled/README.md": b"x"}
    done = touchline_process("models", "add", "some/pooled", "--yes", "--system", "max", **at_hub(place))
    assert done.returncode == 0, done.stderr
    assert "Licence  mit" in done.stdout
    assert f"{(len(weights()) + 2) / 1e3:.0f} kB" in done.stdout
    assert load_model(data.models / "pooled").card.training["source"] == "some/pooled"
    assert list(data.downloads.iterdir()) == []
    touchline("models", "--json", data.root / "models.list.json")
    rows = {row["name"]: row for row in json.loads((data.root / "models.list.json").read_text())}
    assert [w["name"] for w in rows["max"]["weights"]] == ["pooled"]
    gone = touchline("models", "remove", "pooled")
    assert (gone.returncode, added_models(data)) == (0, {})


def test_a_hub_that_sends_another_file_is_not_believed(place: Place, data: DataDirectory) -> None:
    place.files, place.wrong_hash = {"/some/pooled/best.pt": weights()}, True
    done = touchline_process("models", "add", "some/pooled", "--yes", "--system", "max", **at_hub(place))
    assert done.returncode == 2
    assert "another hash than was stated" in done.stderr or "did not come" in done.stderr
    assert nothing_added(data)


def test_a_repository_with_several_files_asks_which(place: Place) -> None:
    place.files = {"/some/two/a.pt": weights(), "/some/two/b.pt": weights()}
    done = touchline_process("models", "add", "some/two", "--yes", **at_hub(place))
    assert (done.returncode, "Name one: some/two:FILE" in done.stderr) == (2, True)
    other = touchline_process("models", "add", "some/none", "--yes", **at_hub(place))
    assert (other.returncode, "there is no such repository on the hub" in other.stderr) == (2, True)


def test_nothing_is_fetched_without_a_yes(place: Place, data: DataDirectory) -> None:
    address = f"{place.address}/pooled/best.pt"
    done = touchline("models", "add", address, "--local-network", "--system", "max")
    assert (done.returncode, "Say --yes" in done.stderr) == (2, True)
    assert "Licence  not stated" in done.stdout
    assert nothing_added(data)
    offline = touchline_process("models", "add", "some/pooled", "--yes", HF_ENDPOINT="http://127.0.0.1:9")
    assert (offline.returncode, "This machine may be offline" in offline.stderr) == (2, True)
