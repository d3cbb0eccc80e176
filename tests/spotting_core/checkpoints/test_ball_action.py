"""ball-action-spotting's checkpoints: what they say here is what their description says, written a second time."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from scipy.signal import find_peaks
from torch import Tensor
from torch.nn import functional as F

from explain.methods import METHODS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adding import added_models
from spotting_core.checkpoints.sources import offer_of
from spotting_core.domain.classes import PEAKS, load_classes
from spotting_core.domain.suppression import Spotting
from spotting_core.features.sets import input_of
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.score import score_half
from spotting_core.media.source import open_match
from spotting_core.models.load import LoadedModel, load_model, save_model
from spotting_core.models.published_ball_action import luma
from spotting_core.models.registry import system
from spotting_core.models.window import Samples, Scores, Window
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import HalfScores
from tests.conftest import made_card
from tests.small_systems import judge_of, small, small_config
from tests.spotting_core.checkpoints.made import added, ball_action_state, published
from tests.spotting_core.checkpoints.test_e2e_spot import half_of, pictures_of
from tests.videos import make_video, steady

BALL = ("PASS", "DRIVE")
SYSTEM = "published-ball-action"
SIZE = {"height": 48, "width": 64}  # filled up by eight rows above and below, as 720 rows are


# --- the description --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Described:
    """What the description says; other values are mistakes.

    Arguments:
        plane_eps, volume_eps: of the norms of the pictures' network, and of those behind it.
        before: zeros before a picture of even sides where a convolution halves it.
        above: share of the rows of zeros that lie above; order: of the pictures of a group; colours: their order.
        black, white: what black and white are.
        mirrored: whether the mirror image counts; step: frames between pictures; power: of the mean, or the learned one.
        learning: whether norms take the statistics of what they see into the weights, so that signals stay alive.
    """

    plane_eps: float = 1e-3
    volume_eps: float = 1e-5
    before: int = 0
    above: float = 0.5
    order: tuple[int, ...] = (0, 1, 2)
    colours: tuple[int, ...] = (0, 1, 2)
    black: float = 16 / 255
    white: float = 235 / 255
    mirrored: bool = True
    step: int = 2
    power: float | None = None
    learning: bool = False

    def norm(self, x: Tensor, state: dict[str, Tensor], name: str, eps: float) -> Tensor:
        if self.learning:
            every = [axis for axis in range(x.ndim) if axis != 1]
            state[f"{name}.running_mean"], state[f"{name}.running_var"] = (
                x.mean(every),
                x.var(every) + 0.3,
            )  # not too alive
        mean, var, weight, bias = (
            state[f"{name}.{part}"].view(-1, *[1] * (x.ndim - 2))
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(var + eps) * weight + bias

    def plane(self, x: Tensor, state: dict[str, Tensor], name: str, norm: str, stride: int = 1) -> Tensor:
        """A convolution of pictures with its norm."""
        weight = state[f"{name}.weight"]
        groups = x.shape[1] if weight.shape[1] == 1 else 1
        if weight.shape[2] == 3:
            ends = []
            for side in (x.shape[3], x.shape[2]):
                whole = max((-(-side // stride) - 1) * stride + 3 - side, 0)
                first = self.before if stride == 2 and whole == 1 else whole // 2
                ends += [first, whole - first]
            x = F.pad(x, ends)
        return self.norm(F.conv2d(x, weight, stride=stride, groups=groups), state, norm, self.plane_eps)

    def block(self, x: Tensor, state: dict[str, Tensor], name: str, stride: int) -> Tensor:
        if f"{name}.conv.weight" in state:
            return F.silu(self.plane(x, state, f"{name}.conv", f"{name}.bn1", stride))
        if f"{name}.conv_exp.weight" in state:
            inner = F.silu(self.plane(x, state, f"{name}.conv_exp", f"{name}.bn1", stride))
            out = self.plane(inner, state, f"{name}.conv_pwl", f"{name}.bn2")
        else:
            inner = F.silu(self.plane(x, state, f"{name}.conv_pw", f"{name}.bn1"))
            inner = F.silu(self.plane(inner, state, f"{name}.conv_dw", f"{name}.bn2", stride))
            inner = self.weighed(inner, state, f"{name}.se")
            out = self.plane(inner, state, f"{name}.conv_pwl", f"{name}.bn3")
        return out + x if out.shape == x.shape else out

    def weighed(self, x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
        mean = x.flatten(2).mean(2)
        first, second = (state[f"{name}.{part}.weight"].flatten(1) for part in ("conv_reduce", "conv_expand"))
        inner = F.silu(mean @ first.T + state[f"{name}.conv_reduce.bias"])
        weight = torch.sigmoid(inner @ second.T + state[f"{name}.conv_expand.bias"])
        return x * weight.view(*weight.shape, *[1] * (x.ndim - 2))

    def maps(self, groups: Tensor, state: dict[str, Tensor]) -> Tensor:
        """Groups of three pictures (S, 3, H, W) to maps (S, 192, h, w)."""
        name = "conv2d_encoder"
        x = F.silu(self.plane(groups, state, f"{name}.conv_stem", f"{name}.bn1", 2))
        for stage, (blocks, stride) in enumerate(((1, 1), (2, 2), (2, 2), (3, 2), (5, 1), (8, 2))):
            for number in range(blocks):
                x = self.block(x, state, f"{name}.blocks.{stage}.{number}", 1 if number else stride)
        return self.projected(x, state, "conv2d_projection")

    def projected(self, x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
        return F.silu(self.norm(F.conv2d(x, state[f"{name}.0.weight"]), state, f"{name}.1", self.volume_eps))

    def over_time(self, x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
        """A block of maps (1, 192, S, h, w)."""

        def normed(y: Tensor, number: int) -> Tensor:
            return self.norm(y, state, f"{name}.bn{number}.bn3d", self.volume_eps)

        inner = F.silu(normed(F.conv3d(x, state[f"{name}.conv_pw.weight"]), 1))
        deep = F.conv3d(inner, state[f"{name}.conv_dw.weight"], padding=1, groups=inner.shape[1])
        inner = self.weighed(F.silu(normed(deep, 2)), state, f"{name}.se")
        return x + normed(F.conv3d(inner, state[f"{name}.conv_pwl.weight"]), 3)

    def frame(self, grey: Tensor, state: dict[str, Tensor]) -> Tensor:
        """Confidences (C,) of the frame in the middle of some grey pictures (F, H, W)."""
        groups = grey.view(len(grey) // 3, 3, *grey.shape[1:])[:, list(self.order)]
        x = self.maps(groups, state).transpose(0, 1)[None]
        for number in range(4):
            x = self.over_time(x, state, f"conv3d_encoder.{number}")
        stacked = self.projected(x[0].transpose(0, 1), state, "conv3d_projection").flatten(0, 1)
        power = state["global_pool.p"] if self.power is None else self.power
        pooled = stacked.clamp(min=1e-6).pow(power).flatten(1).mean(1).pow(1 / power)
        return (state["classifier.weight"] @ pooled + state["classifier.bias"]).sigmoid()

    def grey(self, pictures: np.ndarray) -> Tensor:
        """Colours uint8 (T, H, W, 3) to pictures (T, H', W) of whole multiples of 32."""
        weights = torch.tensor([0.299, 0.587, 0.114])[list(self.colours)]
        bright = (torch.from_numpy(pictures).float() / 255 * weights).sum(3)
        rows = -pictures.shape[1] % 32
        above = round(self.above * rows)
        return F.pad(self.black + (self.white - self.black) * bright, (0, 0, above, rows - above))

    def confidences(self, pictures: np.ndarray, state: dict[str, Tensor]) -> np.ndarray:
        """Of the frames (N, C) that have all pictures around them."""
        count = 3 * state["classifier.weight"].shape[1] // 256
        reach = count // 2 * self.step
        grey = self.grey(pictures)
        with torch.no_grad():
            rows = []
            for frame in range(reach, len(grey) - reach):
                own = grey[frame - reach : frame + reach + 1 : self.step]
                assert len(own) == count
                said = [self.frame(own, state)]
                said += [self.frame(own.flip(2), state)] if self.mirrored and len(said[0]) == 2 else []
                rows.append(torch.stack(said).mean(0))
            return torch.stack(rows).numpy()


def alive(state: dict[str, Tensor], seed: int = 7) -> dict[str, Tensor]:
    """The same weights with norms of the statistics of some pictures."""
    own, pictures = dict(state), 3 * state["classifier.weight"].shape[1] // 256
    Described(learning=True, mirrored=False).confidences(pictures_of(2 * pictures - 1, seed, **SIZE), own)
    return own


# --- what is read is that ---------------------------------------------------------------------------------


def model_of(folder: Path, data: DataDirectory, state: dict[str, Tensor], name: str = "") -> LoadedModel:
    return added(published(folder, {"nn_state_dict": state}), data, name)


def confidences(model: LoadedModel, pictures: np.ndarray) -> np.ndarray:
    (scores,) = model.judge.scores([Samples(0, np.ones(len(pictures), bool), pictures=pictures)])
    return scores.confidence


@pytest.mark.parametrize(("pictures", "classes"), [(15, 2), (33, 2), (15, 15)])
def test_a_window_is_judged_as_described(pictures: int, classes: int, tmp_path: Path, data: DataDirectory) -> None:
    state = alive(ball_action_state(pictures=pictures, classes=classes))
    model, reach = model_of(tmp_path / "m", data, state), pictures - 1
    assert (model.system.name, model.card.input.size) == (SYSTEM, (1280, 720))
    shown = pictures_of(2 * reach + 3, **SIZE)
    expected, said = Described().confidences(shown, state), confidences(model, shown)
    assert np.abs(said[reach:-reach] - expected).max() < 1e-4
    assert max(said[:reach].max(), said[-reach:].max()) < 1e-8  # of what has not all pictures around it nothing is said
    assert 0.02 < expected.min() < expected.max() < 0.98
    assert np.ptp(expected, axis=0).max() > 0.01


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, dict[str, Tensor], np.ndarray]:
    """Pictures, weights, and what a model of them says of the one frame."""
    state = alive(ball_action_state(seed=3))
    root = tmp_path_factory.mktemp("judged")
    pictures = pictures_of(29, seed=5, **SIZE)
    said = confidences(model_of(root / "m", DataDirectory(root / "data"), state), pictures)
    return pictures, state, said[14:15]


@pytest.mark.parametrize(
    "mistake",
    [
        {"plane_eps": 1e-5}, {"volume_eps": 1e-3}, {"before": 1}, {"above": 0.0}, {"order": (2, 1, 0)},
        {"colours": (2, 1, 0)}, {"black": 0.0, "white": 1.0}, {"mirrored": False}, {"step": 1}, {"power": 1.0},
    ],
)  # fmt: skip
def test_each_of_these_would_say_something_else(
    mistake: dict[str, float], judged: tuple[np.ndarray, dict[str, Tensor], np.ndarray]
) -> None:
    pictures, state, said = judged
    assert np.abs(Described().confidences(pictures, state) - said).max() < 1e-4
    shown = pictures[7:-7] if "step" in mistake else pictures
    assert np.abs(replace(Described(), **mistake).confidences(shown, state) - said).max() > 3e-4  # type: ignore[arg-type]


def test_the_averaged_weights_of_a_whole_file_are_read(tmp_path: Path, data: DataDirectory) -> None:
    """Whatever lies beside them, and in which order."""
    state, other = (alive(ball_action_state(seed=seed)) for seed in (0, 1))
    wrapped = {f"_orig_mod.{name}": value for name, value in other.items()}
    arguments = {
        "nn_module": ("multidim_stacker", {"num_classes": 2, "num_frames": 15, "act_layer": "silu", "pretrained": False}),
        "image_size": (1280, 736), "device": "cuda:0", "amp": True, "iter_size": 1, "freeze_conv2d_encoder": False,
        "frames_processor": ("pad_normalize", {"size": (1280, 736), "pad_mode": "constant", "fill_value": 0}),
    }  # fmt: skip
    file = {
        "no_ema_nn_state_dict": wrapped,
        "model_name": "BallActionModel",
        "params": arguments,
        "nn_state_dict": state,
    }
    published(tmp_path / "fold_0", file)
    model = added(tmp_path / "fold_0", data)
    assert model.card.training["project"] == "ball-action-spotting"
    pictures = pictures_of(29, **SIZE)
    said, alone, not_averaged = (
        confidences(one, pictures)
        for one in (model, *(model_of(tmp_path / name, data, own) for name, own in (("a", state), ("b", other))))
    )
    assert np.array_equal(said, alone)
    assert np.abs(said - not_averaged).max() > 0.01


@pytest.mark.parametrize(
    ("pictures", "classes", "parameters"), [(33, 2, 6_773_619), (15, 2, 6_770_547), (15, 15, 6_787_200)]
)
def test_sizes_are_read_off_the_tensors(
    pictures: int, classes: int, parameters: int, tmp_path: Path, data: DataDirectory
) -> None:
    model = model_of(tmp_path / "m", data, ball_action_state(pictures=pictures, classes=classes))
    stored = system(SYSTEM).build(model.config)
    assert sum(p.numel() for p in stored.parameters()) == parameters
    config = asdict(model.config)
    assert (config["pictures"], config["step"], config["rate"], config["window"]) == (pictures, 2, 25.0, 128)
    assert (config["before"], config["after"]) == (pictures - 1, pictures - 1)
    assert (config["mirrored"], config["suppression"], config["suppression_method"]) == (classes == 2, 1.2, PEAKS)
    assert model.judge.normalisation == ((0.0,) * 3, (1.0,) * 3)
    assert (model.card.licence, model.card.domain) == ("weights: no licence is stated; code: MIT", "broadcast")
    assert {METHODS[name].supports(model) for name in ("occlusion", "temporal-occlusion")} == {None}


def test_what_must_be_known_of_each_stands_on_its_card(tmp_path: Path, data: DataDirectory) -> None:
    ball = model_of(tmp_path / "ball", data, ball_action_state()).card
    actions = model_of(tmp_path / "actions", data, ball_action_state(classes=15)).card
    assert all("the luma of every frame" in card.notes[0] for card in (ball, actions))
    assert "each is new to one fold alone" in ball.notes[1]
    assert "Its Card is every card: it learned from grey pictures" in actions.notes[1]
    assert ("splits" in ball.training, actions.training["splits"]) == (False, ["train", "valid"])


def test_the_two_lists_of_classes(tmp_path: Path, data: DataDirectory) -> None:
    ball = model_of(tmp_path / "ball", data, ball_action_state())
    assert (ball.card.class_table, ball.card.classes) == ("soccernet-ball", BALL)
    actions = model_of(tmp_path / "actions", data, ball_action_state(classes=15))
    official = load_classes()
    assert actions.card.classes == (*official.names[:14], "Card")
    assert {table.classes.parts for table in (ball, actions)} == {official.parts}


def test_other_classes_are_asked_for(tmp_path: Path, data: DataDirectory) -> None:
    for count in (3, 17):
        folder = published(tmp_path / f"m{count}", {"nn_state_dict": ball_action_state(classes=count)})
        with pytest.raises(BadInputError, match=f"has {count} classes, and no file beside it names them"):
            added(folder, data)
    (tmp_path / "m3" / "class.txt").write_text("shot\npass\ndrive\n")
    model = added(tmp_path / "m3", data)
    assert (model.card.classes, model.config.mirrored) == (("shot", "pass", "drive"), False)  # type: ignore[attr-defined]
    with pytest.raises(BadInputError, match="this model has 17 classes, soccernet-ball names 2"):
        added(tmp_path / "m17", data, classes="soccernet-ball")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conv3d_encoder.1.se.conv_reduce.bias": None}, r"over_time\.1\.se\.conv_reduce\.bias is missing"),
        ({"conv3d_encoder.1.gamma": torch.ones(2)}, r"conv3d_encoder\.1\.gamma has no place"),
        ({"conv3d_encoder.0.conv_pw.weight": torch.zeros(576, 192)}, r"conv_pw\.weight is 576x192, not \?x\?x1x1x1"),
        ({"conv2d_encoder.blocks.1.0.conv_exp.weight": torch.zeros(64, 16, 1, 1)}, "is 64x16x1x1, not 64x16x3x3"),
        (
            {"classifier.weight": torch.zeros(2, 1000)},
            "classifier.weight reads 1000 numbers, of which 256 are no group",
        ),
        (
            {"classifier.weight": torch.zeros(2, 1024)},
            "pictures must be an odd multiple of 3, as 15 and 33 are, not 12",
        ),
        ({"classifier.bias": torch.zeros(3)}, "classifier.bias is a row of numbers|classifier.bias is 3, not 2"),
        ({"global_pool.p": torch.zeros(3)}, "global_pool.p is 3, not 1"),
    ],
)
def test_other_layouts_are_refused_by_name(
    change: dict[str, Tensor | None], message: str, tmp_path: Path, data: DataDirectory
) -> None:
    changed = {**ball_action_state(), **change}
    with pytest.raises(BadInputError, match=message):
        model_of(tmp_path / "m", data, {name: value for name, value in changed.items() if value is not None})
    assert added_models(data) == {}


def test_a_place_of_it_is_no_longer_refused(tmp_path: Path) -> None:
    folder = published(tmp_path / "lRomul" / "ball-action-spotting", {"nn_state_dict": {}})
    assert offer_of(str(folder)).name == "ball-action-spotting"


def test_bytes_are_read_as_their_shares_of_255_are() -> None:
    """Where a card has them shifted or stretched, they are not bytes."""
    network, pictures = small(SYSTEM).eval(), pictures_of(8, height=36, width=64)
    judge, samples = judge_of(SYSTEM, network), [Samples(0, np.ones(8, bool), pictures=pictures)] * 2
    window, moved = judge.window(samples).pictures, replace(judge, mean=(0.5,) * 3).window(samples).pictures
    assert window is not None
    assert moved is not None
    assert (window.dtype, moved.dtype) == (torch.uint8, torch.float32)
    assert np.shares_memory(judge.window(samples[:1]).pictures.numpy(), pictures)  # type: ignore[union-attr]
    with torch.inference_mode():
        said, expected = (network(Window(pictures=shown)).logits for shown in (window, window / 255))
    assert torch.equal(said, expected)
    assert np.abs(moved.numpy() - (window.numpy() / 255 - 0.5)).max() < 1e-6


# --- a half, and its spots --------------------------------------------------------------------------------


def test_a_half_says_the_same_whatever_the_windows() -> None:
    """Of 41 pictures, but for the first and last, of which nothing is said."""
    network, half = small(SYSTEM).eval(), half_of(pictures_of(41, height=36, width=64), 25.0)
    raw = replace(system(SYSTEM), decoding=replace(system(SYSTEM).decoding, smoothing=0.0))
    said = []
    for window in (8, 13, 41, 60):
        config = replace(small_config(SYSTEM), window=window)
        said.append(score_half(replace(judge_of(SYSTEM, network, config), system=raw), half).confidence)
    for other in said[1:]:
        assert np.abs(other - said[0]).max() < 1e-6
    assert said[0][1:-1].min() > 1e-7
    assert max(said[0][0].max(), said[0][-1].max()) < 1e-8
    assert np.ptp(said[0][1:-1], axis=0).max() > 1e-5


def test_a_half_without_a_frame_that_has_all_pictures_says_nothing() -> None:
    network, half = small(SYSTEM).eval(), half_of(pictures_of(2, height=36, width=64), 25.0)
    assert score_half(judge_of(SYSTEM, network), half).confidence.max() < 1e-8


@pytest.mark.parametrize("seed", range(6))
def test_spots_are_those_of_the_smoothed_sequence(seed: int) -> None:
    """Against the very functions of the publication, of what is said alone; its threshold is .2."""
    rng = np.random.default_rng(seed)
    said = rng.beta(0.3, 1.0, (400, 2)).astype(np.float32).clip(1.2e-7, 1)
    said[[0, -1]] = 0.9  # a confidence that falls from the first, and rises to the last
    confidence = np.zeros((400 + 2 * 14, 2), np.float32)
    confidence[14:-14] = said
    settled = system(SYSTEM).decoding.settled(Scores(confidence), 25.0).confidence
    assert settled[:14].max() == settled[-14:].max() == 0
    table = load_classes("soccernet-ball").with_suppression(1.2, PEAKS)
    times = np.arange(len(confidence)) * 40_000
    spots = SPOTTING.findings(HalfScores(1, times, 20_000_000, settled, None, None), table, least=0.2, source="x")
    count = 0
    for column, label in enumerate(BALL):
        smooth = gaussian_filter(said[:, column].astype(np.float64), 3.0)
        assert np.abs(settled[14:-14, column] - smooth).max() < 1e-6
        peaks = find_peaks(smooth, height=0.2, distance=15)[0]
        own = [spot for spot in spots if spot.label == label]
        assert [round(spot.seconds * 25) - 14 for spot in own] == peaks.tolist()
        assert [spot.confidence for spot in own] == pytest.approx(smooth[peaks].tolist(), abs=1e-6)
        count += len(peaks)
    assert count > 20


def test_a_video_is_analysed_and_its_spots_are_peaks(tmp_path: Path, data: DataDirectory) -> None:
    """From every frame of a file to spots, as a model of the system says of the same pictures."""
    folder = tmp_path / "match"
    folder.mkdir()
    make_video(folder / "1_36p.mp4", steady(100), size=(64, 36))
    config = replace(small_config(SYSTEM), suppression=8 / 25)
    torch.manual_seed(2)
    network = system(SYSTEM).build(config).train()
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = 1.0
    network(Window(pictures=torch.rand(2, 8, 3, 36, 64)))  # for norms that have seen something
    network.eval()
    inputs = system(SYSTEM).inputs(config)
    read = input_of([], 25.0, inputs.pictures, inputs.normalisation)
    save_model(tmp_path / "model", network, made_card(SYSTEM, config, read), precise=True)
    analysis = analyse_match(open_match(folder), load_model(tmp_path / "model"), data)
    (half,) = analysis.halves
    assert len(half.times) == 100
    with av.open(str(folder / "1_36p.mp4")) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    expected = score_half(judge_of(SYSTEM, network, config), half_of(np.stack(frames), 25.0)).confidence
    assert np.abs(half.scores - expected).max() < 1e-3
    assert (analysis.classes.method, analysis.classes.get("Goal").suppression) == (PEAKS, 8 / 25)
    spots = analysis.spots(Spotting(threshold=0.01))
    goals = [round(spot.seconds * 25) for spot in spots if spot.label == "Goal"]
    column = np.asarray(half.scores, np.float64)[1:-1, analysis.classes.index("Goal")]
    assert goals == [1 + peak for peak in find_peaks(column, height=0.01, distance=4)[0]]
    assert len(goals) > 2


def test_luma_is_that_of_the_file(tmp_path: Path) -> None:
    """What is computed from decoded colours, but for what their rounding took."""
    make_video(tmp_path / "a.mp4", steady(3))
    with av.open(str(tmp_path / "a.mp4")) as video:
        frame = next(video.decode(video=0))
        plane = frame.planes[0]
        stored = np.asarray(memoryview(plane)).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        pixels = torch.from_numpy(frame.to_ndarray(format="rgb24")).permute(2, 0, 1) / 255
    assert (int(stored.min()), int(stored.max())) == (16, 222)  # black, and a white of 240
    away = np.abs(luma(pixels).numpy() * 255 - stored)
    assert away.max() < 2.5  # the decoder rounds down


def test_a_smoothing_over_the_ends_of_a_half_would_say_something_else() -> None:
    confidence = np.zeros((60, 1), np.float32)
    confidence[14:-14] = 0.8
    settled = system(SYSTEM).decoding.settled(Scores(confidence), 25.0).confidence
    assert np.allclose(settled[14:-14], 0.8)
    assert gaussian_filter(confidence[:, 0], 3.0)[14] < 0.5
