"""The probe computes what the whole model would, and gradients what they should."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from explain.entity_heads import received_by_entity
from explain.explained_window import ExplainedWindow
from explain.gradient_attention import explain as gradient_attention
from explain.integrated_gradients import completeness
from explain.methods import METHODS
from explain.probe import GRID, ChangedPictures, Probe
from spotting_core.base.errors import BadInputError
from spotting_core.entities.table import EntityTable
from spotting_core.models.adaptive_attention import AdaptiveAttention
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.models.network import Network
from spotting_core.models.window import EntitySet, Output, Window
from tests.conftest import small_model

pytestmark = pytest.mark.long

W, H, WIDTH, N = 70, 36, 64, 5
LABEL = "Corner"


def lively(model: LoadedModel) -> LoadedModel:
    """The same model with a time shift that passes something on, and heads that say something."""
    torch.manual_seed(1)
    for name, value in model.network.named_parameters():
        if ".gate." in name:
            torch.nn.init.normal_(value, std=0.5)
        if name.startswith("to_logits.bias"):
            torch.nn.init.zeros_(value)
    return model


def a_window(model: LoadedModel) -> ExplainedWindow:
    rng = np.random.default_rng(3)
    pictures = rng.integers(0, 255, (W, H, WIDTH, 3), dtype=np.uint8)
    times = np.arange(W, dtype=np.int64) * 500_000
    if not model.config.entities:
        return ExplainedWindow(1, 0, times, pictures, None, None, 30, (WIDTH, H))
    names = tuple(model.card.entities["names"])  # type: ignore[index]
    sample = np.repeat(np.arange(W, dtype=np.int32), N)
    corner = rng.uniform(0, 20, (W * N, 2)).astype(np.float32)
    embedding = rng.normal(size=(W * N, model.config.embed_dim)).astype(np.float16)
    table = EntityTable(names, sample, rng.integers(0, len(names), W * N).astype(np.int16),
                        np.full(W * N, 0.5, np.float32), np.concatenate([corner, corner + 8], 1), embedding)  # fmt: skip
    entities = EntitySet.of_table(table, 0, W, (WIDTH, H))
    return ExplainedWindow(1, 0, times, pictures, entities, table, 30, (WIDTH, H))


@pytest.fixture(scope="module", params=["e2e-spot", "entity-attention"])
def probe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Probe:
    folder: Path = tmp_path_factory.mktemp("model")
    # 64 pixels wide pictures leave one cell of the last map: what is tested is time and entities.
    model = lively(load_model(small_model(folder, request.param, window=W)))
    return Probe(model, a_window(model), precise=True)


@pytest.mark.parametrize(("first", "count"), [(0, 1), (29, 3), (60, 10)])
def test_changed_frames_give_what_the_whole_model_gives(probe: Probe, first: int, count: int) -> None:
    changed = torch.randn(2, count, 3, H, WIDTH, generator=torch.Generator().manual_seed(first))
    with torch.no_grad():
        logits = probe.logits(changed, first)
        for variant in range(2):
            pictures = probe.pictures.clone()
            pictures[first : first + count] = changed[variant]
            whole = probe.network(Window(pictures=pictures[None], entities=probe.entities)).logits
            assert torch.allclose(logits[variant], whole[0], atol=1e-4)
    assert not torch.allclose(logits[0], probe.output.logits[0], atol=1e-3)


class InOnePart(Network):
    """The same network, of which nobody knows how it works."""

    def __init__(self, inner: Network) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, window: Window) -> Output:
        return self.inner(window)


def test_a_network_in_one_part_says_of_changes_what_the_same_in_parts_says(probe: Probe) -> None:
    whole = Probe(replace(probe.model, network=InOnePart(probe.network).eval()), probe.window, precise=True)
    assert whole._parts is None
    assert torch.allclose(whole.again().logits, probe.output.logits, atol=1e-4)
    changed = torch.randn(2, 3, 3, H, WIDTH, generator=torch.Generator().manual_seed(5))
    share = None
    if probe.entities is not None:
        share = probe.entities.share.repeat(2, 1, 1)
        share[0, 28:31, :2] = 0
        share[1, 31, 2:] = 0
    with torch.no_grad():
        in_parts, in_one = (p.logits(changed, 29, share) for p in (probe, whole))
        assert torch.allclose(in_parts, in_one, atol=1e-4)
        assert not torch.allclose(in_one[0], in_one[1], atol=1e-3)
        if share is not None:
            assert torch.allclose(probe.logits(share=share), whole.logits(share=share), atol=1e-4)


def test_a_change_reaches_as_far_as_the_time_shift_and_no_further(probe: Probe) -> None:
    changed = torch.zeros(1, 1, 3, H, WIDTH)
    with torch.no_grad():
        maps, low = probe.network.environment.changed_map(probe._known, changed, 35)
    reach = probe.network.environment.reach
    assert (low, maps.shape[1]) == (35 - reach, 2 * reach + 1)


def test_places_and_their_entities_go_together(probe: Probe) -> None:
    near = probe.window.near(2)
    presence = torch.ones(1, len(near), *GRID)
    presence[:, :, :, : GRID[1] // 2] = 0  # the left half
    pictures = probe.mixed(presence, near[0])
    assert torch.allclose(pictures[0, :, :, :, WIDTH // 2 :], probe.pictures[near][:, :, :, WIDTH // 2 :], atol=1e-5)
    assert torch.allclose(pictures[0, :, :, :, : WIDTH // 2], probe.blurred[near][:, :, :, : WIDTH // 2], atol=1e-5)
    share = probe.share_of(presence, near[0])
    if probe.entities is None:
        assert share is None
        return
    assert share is not None
    middle = (probe.entities.box[0, near, :, 0] + probe.entities.box[0, near, :, 2]) / 2
    assert torch.equal(share[0, near] > 0, middle >= 0.5)
    others = [i for i in range(W) if i not in near]
    assert torch.equal(share[0, others], probe.entities.share[0, others])


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("line", [0, 1, -1])
def test_entities_go_with_the_row_and_the_column_that_their_middle_lies_in(probe: Probe, axis: int, line: int) -> None:
    if probe.entities is None:
        pytest.skip("this model has no entities")
    near, cells = probe.window.near(2), GRID[axis]
    box = probe.entities.box.clone()
    box[0, near[0], :3] = 0.0  # no larger than a point, in the first row and column
    box[0, near[1], :3] = 1.0  # on the far border
    at_borders = Probe(probe.model, probe.window.with_entities(replace(probe.entities, box=box)), precise=True)
    presence = torch.ones(1, len(near), *GRID)
    presence.select(2 + axis, line)[:] = 0
    share = at_borders.share_of(presence, near[0])
    assert share is not None
    middle = (box[0, near][..., 1 - axis] + box[0, near][..., 3 - axis]) / 2
    cell = (middle * cells).long().clamp(max=cells - 1)
    assert (cell == 0).any()
    assert (cell == cells - 1).any()
    assert torch.equal(share[0, near] > 0, cell != line % cells)


def test_what_is_kept_is_judged_and_what_is_not_is_blurred_without_its_entities(probe: Probe) -> None:
    near = probe.window.near(2)
    presence = torch.ones(2, len(near), *GRID)
    presence[1] = 0
    left = probe.keep(presence, near[0])
    assert torch.allclose(left[0], probe.output.logits[0], atol=1e-4)
    assert not torch.allclose(left[1], left[0], atol=1e-3)
    with torch.no_grad():
        pictures = probe.pictures.clone()
        pictures[near] = probe.blurred[near]
        entities = probe.entities
        if entities is not None:
            share = entities.share.clone()
            share[:, near] = 0
            entities = entities.with_share(share)
        whole = probe.network(Window(pictures=pictures[None], entities=entities)).logits
    assert torch.allclose(left[1], whole[0], atol=1e-4)
    assert torch.allclose(probe.without_samples(near), whole, atol=1e-4)


def test_without_entities_equals_the_whole_model_without_them(probe: Probe) -> None:
    if probe.entities is None:
        pytest.skip("this model has none")
    gone = torch.zeros(1, *probe.entities.share.shape[1:], dtype=torch.bool)
    gone[0, 25:33, :3] = True
    logits = probe.without_entities(gone)
    entities = probe.entities.with_share(probe.entities.share * ~gone)
    with torch.no_grad():
        whole = probe.network(Window(pictures=probe.pictures[None], entities=entities)).logits
    assert torch.allclose(logits, whole, atol=1e-4)


def test_integrated_gradients_add_up_to_the_change_of_the_score(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    def keep_all(
        attention: AdaptiveAttention, environment: Tensor, token: Tensor, share: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        score = (environment.unsqueeze(2) + token).norm(dim=-1) + share.clamp_min(1e-9).log()
        weight = torch.softmax(score.masked_fill(share <= 0, -1e4), dim=-1) * (share > 0)
        return weight, share > 0, weight

    # An entity that is dropped on the way from the blurred picture to the true one makes the score jump, which no
    # gradient sees. Without that, everything must add up.
    monkeypatch.setattr(AdaptiveAttention, "select", keep_all)
    probe = Probe(probe.model, probe.window, precise=True)
    attribution = METHODS["integrated-gradients"].explain(probe, LABEL, span=2, steps=128)
    assert attribution.score - attribution.score_baseline != pytest.approx(0, abs=1e-5)
    assert completeness(attribution) == pytest.approx(1, abs=0.05)


def test_grad_cam_of_a_map_that_decides_alone(probe: Probe) -> None:
    attribution = METHODS["grad-cam"].explain(probe, LABEL)
    assert attribution.values.shape == (W, *GRID)
    assert attribution.values.min() >= 0
    # The gradient of the mean over places is the same everywhere: Grad-CAM is the map weighed by it, cut at 0.
    maps = probe.feature_map.detach().clone().requires_grad_(True)
    logits = probe.judge(ChangedPictures(maps.mean((2, 3))[None], 0, W), None)
    logits[0, 30, probe.model.classes.index(LABEL)].backward()
    assert maps.grad is not None
    expected = (maps.grad.mean((2, 3), keepdim=True) * maps).sum(1).clamp_min(0)
    assert attribution.values[30].max() == pytest.approx(float(expected[30].max().detach()), rel=1e-3, abs=1e-9)


def test_gradient_attention_is_the_slope_of_the_logit(probe: Probe) -> None:
    if probe.entities is None:
        pytest.skip("this model has no entities")
    # Dropped entities get a gradient that passes straight through; where all are kept it is the true slope.
    share, kept = probe.entities.share, probe.output.kept
    changed_probe = probe
    while kept is not None and not torch.equal(kept, share > 0):
        share = share * kept
        changed_probe = Probe(probe.model, probe.window.with_entities(probe.entities.with_share(share)), precise=True)
        kept = changed_probe.output.kept
    attribution = gradient_attention(changed_probe, LABEL)
    assert probe.window.table is not None
    sample, slot, _ = probe.window.table.slots(0, W)
    strongest = int(np.abs(np.where(sample == 30, attribution.values["effect"], 0)).argmax())
    column, step = probe.model.classes.index(LABEL), 1e-2
    slopes = []
    for sign in (-1, 1):
        other = share.clone()
        other[0, 30, slot[strongest]] *= 1 + sign * step
        with torch.no_grad():
            slopes.append(float(changed_probe.logits(share=other)[0, 30, column]))
    slope = (slopes[1] - slopes[0]) / (2 * step)
    assert -attribution.values["effect"][strongest] == pytest.approx(slope, rel=0.05, abs=1e-5)


def test_temporal_attention_reads_a_transformer(tmp_path: Path) -> None:
    model = load_model(small_model(tmp_path, "e2e-spot", window=W, temporal="transformer", layers=2, heads=2))
    probe = Probe(model, replace(a_window(model)), precise=True)
    attribution = METHODS["temporal-attention"].explain(probe, LABEL)
    assert attribution.values.sum() == pytest.approx(1, abs=1e-4)
    assert attribution.values[30] >= 0.25  # what passes two layers by
    assert (attribution.values >= 0).all()


def test_heads_share_their_attention_among_the_kept(probe: Probe) -> None:
    if probe.entities is None:
        assert METHODS["entity-heads"].supports(probe.model) == "this model has no entities"
        return
    received = received_by_entity(probe)
    assert received.shape == (W, probe.model.config.heads, probe.entities.share.shape[2])
    assert probe.output.kept is not None
    kept = probe.output.kept[0]
    some = kept.any(-1)
    assert torch.allclose(received.sum(-1)[some], torch.ones(1), atol=1e-5)
    assert float((received * ~kept[:, None]).abs().max()) < 1e-6
    # By hand for one frame: the layer's own attention over the kept entities' normalised values.
    frame = int(torch.nonzero(kept.sum(-1) > 1)[0])
    layer = probe.network.attention.among
    _, value = probe.network.attention.tokens(probe.entities)
    own = layer.norm1(value[0, frame][kept[frame]])
    with torch.no_grad():
        _, weights = layer.self_attn(own, own, own, need_weights=True, average_attn_weights=False)
    assert torch.allclose(received[frame][:, kept[frame]], weights.mean(1), atol=1e-4)
    each = [METHODS["entity-heads"].explain(probe, LABEL, head=h) for h in (0, 1, 2)]
    first = each[1].values["sample"] == probe.window.first + frame
    assert sorted(each[1].values["weight"][first & each[1].values["kept"]]) == pytest.approx(
        sorted(weights.mean(1)[0].tolist()), abs=1e-4
    )
    assert not np.allclose(each[1].values["weight"], each[2].values["weight"])
    with pytest.raises(BadInputError, match="no head 99"):
        METHODS["entity-heads"].explain(probe, LABEL, head=99)


def test_of_a_window_that_begins_before_the_half_the_map_is_of_its_samples_and_of_the_anchor(tmp_path: Path) -> None:
    model, before = lively(load_model(small_model(tmp_path, "e2e-spot", window=W))), 10
    whole = a_window(model)
    window = replace(whole, times=whole.times[:-before], pictures=whole.pictures[:-before], before=before)
    torch.nn.init.zeros_(model.network.to_logits.weight)  # every sample is judged by its own frame alone
    probe = Probe(model, window, precise=True)
    maps = [METHODS["grad-cam"].explain(probe, label).values for label in model.classes.names]
    assert {m.shape for m in maps} == {(W - before, *GRID)}
    assert set(np.nonzero(np.sum(maps, axis=(0, 2, 3)))[0]) == {whole.anchor}
