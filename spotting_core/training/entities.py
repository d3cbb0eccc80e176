"""Training of the bundled vision-language model, contrastively, on named regions of rendered matches.

Four losses over crops with known boxes:

* **names**: at every cell, the similarity to each entity's text against a Gaussian at each centre of that
  entity (penalty-reduced focal loss; Zhou et al., "Objects as Points", 2019);
* **regions**: regions against captions composed from truth, each pair judged true or false
  (sigmoid loss; Zhai et al., "Sigmoid Loss for Language Image Pre-Training", ICCV 2023);
* **pictures**: the same for whole crops;
* **boxes**: overlap (GIoU) and distance in units of the box, at centres.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from open_clip.model import CustomTextCLIP
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import generalized_box_iou_loss

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing, write_json
from spotting_core.base.validation import Positive, PositiveNumber
from spotting_core.computing.number_format import in_bfloat16
from spotting_core.entities.captions import Caption, picture_caption, region_caption
from spotting_core.entities.prompts import load_prompts
from spotting_core.entities.pyramid import COMPARISON, STRIDE, EntityPyramid
from spotting_core.entities.rescoring import RESCORING_FILE
from spotting_core.entities.truth import TrueMatch, games_with_boxes
from spotting_core.entities.vision_language import MERGES_FILE, entity_model_folder
from spotting_core.media.frame_store import store_frames
from spotting_core.media.pixels import IMAGENET_MEAN, IMAGENET_STD, normalised
from spotting_core.media.source import open_match
from spotting_core.training.entity_crops import Crop, CropSource
from spotting_core.training.picture_changes import check_groups
from spotting_core.training.trainer import Trainer, TrainingConfig

_BUNDLED_MERGES = Path(open_clip.__file__).parent / "bpe_simple_vocab_16e6.txt.gz"
_BYTES, _MARKS = 512, 2  # of the tokenizer's vocabulary: byte symbols, start and end of text
_TINY = 0.9  # pixels: a box narrower than this can be seen by nobody and is neither right nor wrong
_CAPTIONED_REGIONS = 14  # per crop
_CONTEXT = 24  # tokens
_LONGEST_REASON = 200  # characters


@dataclass(frozen=True)
class EntityTrainingConfig(TrainingConfig):
    """Everything that decides the outcome of a run.

    Arguments:
        card_share, referee_share: of the crops that are laid around a card or a close referee.
        rare_weight: weight of the centres of an entity in the names loss, by name; 1 where not given.
        merges: how many of open_clip's byte-pair merges the small tokenizer keeps.
        start_from: model folder of an earlier stage, or empty for random weights.
        box_reach: heat from which a cell learns the box of its centre; 1 for centres alone. The cell a region
            is read from may be the centre's neighbour, so a later stage teaches those as well.
        box_share: of the boxes in the whole loss.
        crop: width and height of the crops, in pixels; ``smallest``: least zoom of the picture they are cut from.
        changes: groups of changes that make the crops look like another broadcast's (``picture_changes``).
    """

    prompts: str = "football"
    batch: Positive = 16
    card_share: float = 0.25
    referee_share: float = 0.15
    rare_weight: dict[str, float] = field(default_factory=dict)
    embed_dim: int = 64
    text_width: int = 128
    text_layers: int = 3
    merges: int = 2048
    start_from: str = ""
    box_reach: float = 1.0
    box_share: float = 0.6
    crop: tuple[Positive, Positive] = (384, 224)
    smallest: PositiveNumber = 0.75
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_groups(self.changes)


def model_config(config: EntityTrainingConfig) -> dict[str, Any]:
    """open_clip's description of the model."""
    return {
        "embed_dim": config.embed_dim,
        "custom_text": True,
        "init_logit_bias": -4.0,
        "vision_cfg": {
            "timm_model_name": "touchline_pyramid_regnety_002",
            "timm_model_pretrained": False,
            "timm_pool": "",
            "timm_proj": "linear",
            "image_size": [360, 640],
        },
        "text_cfg": {
            "context_length": _CONTEXT,
            "vocab_size": _BYTES + config.merges + _MARKS,
            "width": config.text_width,
            "heads": config.text_width // 32,
            "layers": config.text_layers,
        },
    }


def build_model(config: EntityTrainingConfig) -> CustomTextCLIP:
    """The untrained model."""
    described = {k: v for k, v in model_config(config).items() if k != "custom_text"}
    return CustomTextCLIP(**described)


def write_merges(path: Path, merges: int) -> None:
    """Write the first merges of open_clip's byte-pair list: a small vocabulary for a small text tower."""
    lines = gzip.decompress(_BUNDLED_MERGES.read_bytes()).decode().split("\n")[: merges + 1]
    with replacing(path) as part, part.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        packed.write("\n".join(lines).encode())


def start_from(model: CustomTextCLIP, folder: str) -> None:
    """Take the weights of an earlier stage.

    Errors:
        BadInputError: there is no such folder, or its weights are of another shape.
    """
    model_folder = entity_model_folder(folder)
    if model_folder is None:
        raise BadInputError("there is no entity model here", where=folder, fix="Run the earlier stage first")
    try:
        earlier = load_file(model_folder / "model.safetensors")
        as_begun = {k: v for k, v in model.state_dict().items() if f".{COMPARISON}." in k}
        model.load_state_dict({**as_begun, **earlier})
    except (RuntimeError, OSError) as error:
        reason = str(error).splitlines()[-1].strip()  # the first line says only that it does not fit
        raise BadInputError(
            f"the weights of the earlier stage do not fit ({reason[:_LONGEST_REASON]})", where=model_folder
        ) from error


# --- targets ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CropTargets:
    """What a crop should look like to the tower, per entity and cell of the stride-4 grid.

    Arguments:
        heat: float32 (K, h, w), 1 at centres, falling off around them.
        counts: bool (K, h, w), False where neither answer is right (tiny boxes).
        cells: int64 (N, 2), row and column of the cells whose box is learned; boxes: float32 (N, 4).
        weights: float32 (N,), how much each of them counts: the heat of its own centre there.
    """

    heat: np.ndarray
    counts: np.ndarray
    cells: np.ndarray
    boxes: np.ndarray
    weights: np.ndarray


def crop_targets(crop: Crop, names: Sequence[str], box_reach: float = 1.0) -> CropTargets:
    """Targets of one crop. A centre outside the crop lies on the nearest cell inside."""
    h, w = crop.image.shape[0] // STRIDE, crop.image.shape[1] // STRIDE
    heat = np.zeros((len(names), h, w), np.float32)
    counts = np.ones((len(names), h, w), bool)
    cells, boxes, weights = [], [], []
    for name, box in zip(crop.names, crop.boxes, strict=True):
        if name not in names:
            continue
        k = names.index(name)
        shown = box.clip(0, [crop.image.shape[1], crop.image.shape[0]] * 2)
        size = shown[2:] - shown[:2]
        cx, cy = (shown[:2] + shown[2:]) / 2 / STRIDE
        x, y = min(int(cx), w - 1), min(int(cy), h - 1)
        spread = np.clip(size / STRIDE / 6, 0.6, 6.0)
        if min(size) < _TINY:
            counts[k, max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = False
            continue
        for cell, value in _raise(heat[k], (x, y), spread, box_reach):
            cells.append(cell)
            boxes.append(shown)
            weights.append(value)
    counts |= heat == 1
    return CropTargets(
        heat,
        counts,
        np.array(cells, np.int64).reshape(-1, 2),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(weights, np.float32),
    )


def _raise(
    heat: np.ndarray, centre: tuple[int, int], spread: np.ndarray, box_reach: float
) -> list[tuple[tuple[int, int], float]]:
    """Lift a map to a Gaussian of the given spread (cells, x and y) around a centre.

    Returns the cells (row, column) where the Gaussian is at least ``box_reach``, with its value there.
    """
    (x, y), (h, w) = centre, heat.shape
    reach_x, reach_y = int(3 * spread[0]) + 1, int(3 * spread[1]) + 1
    xs, ys = (
        np.arange(max(0, x - reach_x), min(w, x + reach_x + 1)),
        np.arange(max(0, y - reach_y), min(h, y + reach_y + 1)),
    )
    bump = np.exp(-0.5 * (((xs - x) / spread[0]) ** 2 + (((ys - y) / spread[1]) ** 2)[:, None])).astype(np.float32)
    window = heat[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    np.maximum(window, bump, out=window)
    rows, columns = np.nonzero(bump >= min(box_reach, 1.0))
    return [((int(ys[r]), int(xs[c])), float(bump[r, c])) for r, c in zip(rows, columns, strict=True)]


# --- losses -------------------------------------------------------------------------------------------


def names_loss(logits: Tensor, heat: Tensor, counts: Tensor, weight: Tensor) -> Tensor:
    """Penalty-reduced focal loss (alpha 2, beta 4) per centre. All (B, K, h, w); weight: (K,)."""
    p = logits.sigmoid()
    centre = heat == 1
    w = weight.view(1, -1, 1, 1)
    hit = F.logsigmoid(logits) * (1 - p).square() * centre * w
    miss = F.logsigmoid(-logits) * p.square() * (1 - heat).pow(4) * (~centre & counts)
    return -(hit.sum() + miss.sum()) / centre.sum().clamp_min(1)


def pair_loss(logits: Tensor, true: Tensor) -> Tensor:
    """Sigmoid loss over all pairs of rows and captions, per row. logits, true: (N, M)."""
    sign = true.float() * 2 - 1
    return -F.logsigmoid(logits * sign).sum() / max(1, len(logits))


def box_loss(predicted: Tensor, true: Tensor, weight: Tensor) -> Tensor:
    """GIoU plus the corners' distance in units of the box, weighted mean. (N, 4) twice, (N,)."""
    if not len(true):
        return predicted.sum() * 0
    size = (true[:, 2:] - true[:, :2]).clamp_min(1.0).repeat(1, 2)
    distance = ((predicted - true) / size).abs().clamp_max(4).mean(1)
    loss = generalized_box_iou_loss(predicted, true) + 0.5 * distance
    mean: Tensor = (loss * weight).sum() / weight.sum()
    return mean


# --- one step -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CropBatch:
    """Crops of one step; ``rng`` draws their captions."""

    images: np.ndarray
    targets: list[CropTargets]
    crops: list[Crop]
    rng: random.Random


class EntityTrainer(Trainer[CropBatch, EntityTrainingConfig, CustomTextCLIP]):
    """One run of the entity model."""

    def __init__(self, config: EntityTrainingConfig, root: Path, run: Path, data: DataDirectory, device: str) -> None:
        self.prompts = load_prompts(config.prompts)
        torch.manual_seed(config.seed)
        super().__init__(build_model(config), config, run, device)
        self.loss_shares = {"names": 1.0, "regions": 0.1, "pictures": 0.1, "boxes": config.box_share}
        if config.start_from and self.step == 0:
            start_from(self.model, config.start_from)
            self.averaged.load_state_dict(self.model.state_dict())
        write_merges(run / MERGES_FILE, config.merges)
        self.tokenizer = open_clip.SimpleTokenizer(bpe_path=str(run / MERGES_FILE), context_length=_CONTEXT)
        self.source = _crop_source(config, root, data)
        weights = [config.rare_weight.get(n, 1.0) for n in self.prompts.names]
        self.name_weight = torch.tensor(weights, device=self.device)

    def make_batch(self, step: int) -> CropBatch:
        rng = random.Random(f"{self.config.seed}/{step}")
        crops = [self.source.draw(rng) for _ in range(self.config.batch)]
        targets = [crop_targets(c, self.prompts.names, self.config.box_reach) for c in crops]
        return CropBatch(np.stack([c.image for c in crops]), targets, crops, rng)

    def losses(self, batch: CropBatch) -> dict[str, Tensor]:
        tower: EntityPyramid = self.model.visual.trunk
        with in_bfloat16(self.device):
            dense, pooled = tower.dense(normalised(batch.images, device=self.device))
            picture = F.normalize(self.model.visual.head(pooled).float(), dim=1)
        captions, region_true, picture_true, cells = self._captions(batch)
        name_texts = [batch.rng.choice(e.prompts) for e in self.prompts.entities]
        texts = self._encode([*name_texts, *(c.text for c in captions)])
        name_vectors, caption_vectors = texts[: len(name_texts)], texts[len(name_texts) :]
        heat = torch.from_numpy(np.stack([t.heat for t in batch.targets])).to(self.device)
        counts = torch.from_numpy(np.stack([t.counts for t in batch.targets])).to(self.device)
        logits = tower.similarity(dense.embedding, name_vectors)
        regions = F.normalize(dense.embedding[cells[:, 0], :, cells[:, 1], cells[:, 2]].float(), dim=1)
        scale, bias = self.model.logit_scale.exp(), self.model.logit_bias
        predicted, true, weight = _matched_boxes(dense.boxes, batch.targets)
        return {
            "names": names_loss(logits, heat, counts, self.name_weight),
            "regions": pair_loss(regions @ caption_vectors.T * scale + bias, region_true),
            "pictures": pair_loss(picture @ caption_vectors.T * scale + bias, picture_true),
            "boxes": box_loss(predicted, true, weight),
        }

    def _encode(self, texts: Sequence[str]) -> Tensor:
        tokens = self.tokenizer(list(texts)).to(self.device)
        with in_bfloat16(self.device):
            return F.normalize(self.model.encode_text(tokens).float(), dim=1)

    def _captions(self, batch: CropBatch) -> tuple[list[Caption], Tensor, Tensor, Tensor]:
        """Captions of the batch, which region and which picture each is true of, and the regions' cells."""
        captions: dict[str, Caption] = {}
        facts: list[frozenset[str]] = []
        cells: list[tuple[int, int, int]] = []
        h, w = batch.images.shape[1] // STRIDE, batch.images.shape[2] // STRIDE
        for b, crop in enumerate(batch.crops):
            for i in batch.rng.sample(range(len(crop.names)), min(_CAPTIONED_REGIONS, len(crop.names))):
                box = crop.boxes[i].clip(0, [crop.image.shape[1], crop.image.shape[0]] * 2)
                x, y = (box[:2] + box[2:]) / 2 / STRIDE
                cells.append((b, min(int(y), h - 1), min(int(x), w - 1)))
                facts.append(crop.facts[i])
                caption = region_caption(crop.facts[i], batch.rng)
                captions[caption.text] = caption
            caption = picture_caption(crop.picture, batch.rng)
            captions[caption.text] = caption
        stated = list(captions.values())
        region_true = torch.tensor([[c.facts <= f for c in stated] for f in facts], device=self.device).reshape(
            -1, len(stated)
        )
        picture_true = torch.tensor(
            [[c.facts <= crop.picture for c in stated] for crop in batch.crops], device=self.device
        )
        return stated, region_true, picture_true, torch.tensor(cells, device=self.device).reshape(-1, 3)

    def write(self, folder: Path) -> None:
        """Write the averaged model as an open_clip folder, weights in half precision."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RESCORING_FILE).unlink(missing_ok=True)  # they judge what an earlier model proposed
        pixels = {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
        write_json(folder / "open_clip_config.json", {"model_cfg": model_config(self.config), "preprocess_cfg": pixels})
        write_merges(folder / MERGES_FILE, self.config.merges)
        state = {
            k: (v.half() if v.dtype.is_floating_point else v).contiguous().clone()
            for k, v in self.averaged.state_dict().items()
        }
        with replacing(folder / "model.safetensors") as part:
            save_file(state, part)
            part.chmod(0o644)


def _matched_boxes(boxes: Tensor, targets: Sequence[CropTargets]) -> tuple[Tensor, Tensor, Tensor]:
    """Predicted and true boxes of all crops' cells (N, 4), and their weights (N,). boxes: (B, 4, h, w)."""
    predicted = [boxes[b][:, t.cells[:, 0], t.cells[:, 1]].T for b, t in enumerate(targets)]
    true = [torch.from_numpy(t.boxes).to(boxes.device) for t in targets]
    weight = [torch.from_numpy(t.weights).to(boxes.device) for t in targets]
    return torch.cat(predicted), torch.cat(true), torch.cat(weight)


def _crop_source(config: EntityTrainingConfig, root: Path, data: DataDirectory) -> CropSource:
    matches, stores = [], []
    for split in config.data:
        for folder in games_with_boxes(root / split):
            for half in open_match(folder).halves:
                matches.append(TrueMatch(folder, half.half))
                stores.extend(store_frames(half.path, data, rate=config.rate, sizes=[None]))
    return CropSource(
        matches,
        stores,
        size=config.crop,
        smallest=config.smallest,
        card_share=config.card_share,
        referee_share=config.referee_share,
        changes=config.changes,
    )
