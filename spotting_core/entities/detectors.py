"""Entities found by open-vocabulary detectors: OWLv2 and Grounding DINO, of the ``transformers`` package.

    M. Minderer et al., Scaling Open-Vocabulary Object Detection, NeurIPS 2023 (OWLv2; OWL-ViT's layout is the same)
    S. Liu et al., Grounding DINO: Marrying DINO with Grounded Pre-Training for Open-Set Object Detection, ECCV 2024

They stand nearest to what the first system used. A detector is named by its repository on the hub
(``google/owlv2-base-patch16-ensemble``, ``IDEA-Research/grounding-dino-tiny``) or by a folder of such a one, wherever
an entity model is named. It takes the prompts of the same file, gives boxes, names, scores and embeddings in the same
form, and looks at large pictures once as a whole and again in tiles, as the other finders do.

What is ours: a region's score is that of the best prompt of its entity (OWLv2 compares a place with every prompt,
Grounding DINO with every word of one text, of which a prompt's best word counts, as in its publication); its embedding
is what the detector compares with texts (OWLv2) or the last state of its query (Grounding DINO); a picture's embedding
is the mean over all its places or queries. Thresholds of the prompt file were chosen for the bundled model: a
detector's is its publication's, or the entity's own ``detector_threshold``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import box_convert

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json
from spotting_core.entities.prompts import PromptSet
from spotting_core.entities.proposals import keep_best
from spotting_core.entities.region import Regions, joined
from spotting_core.entities.tiles import grid_tiles, look_at, whole_tile
from spotting_core.media.fingerprint import file_hash, joint_hash

EXTRA = "pip install 'touchline[detectors]'"
_CONFIG = "config.json"
_TILE = 640  # pixels of a picture, as wide as the widest that is looked at once
_PATIENCE = 10.0  # seconds for an answer of the hub
_BATCH = 2  # views at once: one takes half a gigabyte at the published sizes


class _Reading(Protocol):
    """What a detector says of a batch of views of one size."""

    def __call__(self, views: Sequence[np.ndarray]) -> tuple[Tensor, Tensor, Tensor]:
        """Probabilities (B, N, K) per entity, boxes (B, N, 4) in pixels of the views, embeddings (B, N, E)."""


def _parts(transformers: Any, name: str, *, fetch: bool) -> tuple[Any, Any, Any]:
    """Configuration, processor and network of a detector: what is here, else from the hub, which is asked once whether
    it has the repository, for the package would try for half a minute.

    Errors:
        BadInputError: a model of another kind; and whatever the package and the hub raise.
    """
    try:
        return _read_parts(transformers, name, local=True)
    except BadInputError:
        raise
    except Exception:
        if not fetch or Path(name).is_dir():
            raise
    from huggingface_hub import HfApi

    HfApi().model_info(name, timeout=_PATIENCE)
    return _read_parts(transformers, name, local=False)


def _read_parts(transformers: Any, name: str, *, local: bool) -> tuple[Any, Any, Any]:
    config = transformers.AutoConfig.from_pretrained(name, local_files_only=local)
    if config.model_type not in _THRESHOLDS:
        known = ", ".join(_THRESHOLDS)
        what = f"a model of the kind {config.model_type} finds no entities"
        raise BadInputError(what, where=name, fix=f"Known: {known}")
    processor = transformers.AutoProcessor.from_pretrained(name, local_files_only=local)
    auto = transformers.AutoModelForZeroShotObjectDetection
    return config, processor, auto.from_pretrained(name, use_safetensors=True, local_files_only=local)


class DetectorFinder:
    """An open-vocabulary detector with a prompt set, ready to look at pictures; see ``finder.Finder``."""

    def __init__(self, reading: _Reading, prompts: PromptSet, sha256: str, embed_dim: int) -> None:
        self._reading, self.prompts, self.embed_dim = reading, prompts, embed_dim
        self.sha256 = self.vision_model = sha256

    @classmethod
    def load(cls, name: str | Path, prompts: PromptSet, device: str = "cpu", *, fetch: bool = True) -> DetectorFinder:
        """Load a detector by its folder or its repository on the hub.

        Arguments:
            fetch: whether what is not here may be fetched from the hub.

        Errors:
            BadInputError: the extra is not installed, there is no such detector or no way to it, its weights do not
                fit, or the prompts are more than it takes.
        """
        try:
            import transformers
        except ImportError as error:
            raise BadInputError(f"{name} is read by the package transformers, which is not here", fix=EXTRA) from error
        transformers.utils.logging.disable_progress_bar()  # this package prints nothing
        try:
            config, processor, model = _parts(transformers, str(name), fetch=fetch)
        except BadInputError:
            raise
        except Exception as error:  # the package raises whatever it and what it loads meet
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            fix = "Give a folder with its config.json and weights, or a repository of the hub (needs a connection once)"
            if not fetch:
                fix = f"A model's card does not make it fetched: run hf download {name}, or give its folder"
            raise BadInputError(f"the detector {name} cannot be loaded ({reason})", fix=fix) from error
        kind, model = str(config.model_type), model.eval().to(device)
        own = _with_thresholds(prompts, _THRESHOLDS[kind])
        reading = _GroundingDino(model, processor, own) if kind == _GROUNDING_DINO else _Owl(model, processor, own)
        return cls(reading, own, _identity(name, config), reading.embed_dim)

    @property
    def remembered(self) -> int:
        return 0

    def fingerprint(self) -> str:
        """Changes whenever other regions could be found."""
        return joint_hash([self.sha256, self.prompts.fingerprint()])

    def following(self) -> DetectorFinder:
        """For the pictures of one video, of which each stands by itself."""
        return self

    @torch.inference_mode()
    def find(self, images: np.ndarray) -> tuple[list[Regions], np.ndarray]:
        """Regions of each picture (boxes in its pixels), and picture embeddings float32 (B, E).

        Arguments:
            images: uint8 (B, H, W, 3) RGB.
        """
        height, width = images.shape[1:3]
        whole = whole_tile(width, height)
        tiles = [whole, *grid_tiles(width, height, _TILE)] if max(width, height) > _TILE else [whole]
        parts: list[list[Regions]] = [[] for _ in images]
        pictures = np.zeros((len(images), self.embed_dim), np.float32)
        for tile in tiles:
            for start in range(0, len(images), _BATCH):
                views = [look_at(image, tile) for image in images[start : start + _BATCH]]
                probability, boxes, embedding = self._reading(views)
                for view in range(len(views)):
                    regions = self._regions(probability[view], boxes[view], embedding[view])
                    parts[start + view].append(tile.placed(regions))
                if tile is whole:
                    pictures[start : start + len(views)] = _unit(embedding.mean(1)).cpu().numpy()
        return [keep_best(joined(some), self.prompts) for some in parts], pictures

    def _regions(self, probability: Tensor, boxes: Tensor, embedding: Tensor) -> Regions:
        """What of a view is sure enough, the most probable first: at most four times as many of each entity as are
        kept."""
        rows, entities = [], []
        for number, prompt in enumerate(self.prompts.entities):
            best = probability[:, number].topk(min(4 * prompt.per_frame, len(probability)))
            sure = best.indices[best.values >= prompt.threshold]
            rows.append(sure)
            entities.append(torch.full_like(sure, number))
        row, entity = torch.cat(rows), torch.cat(entities)
        score = probability[row, entity]
        order = score.argsort(descending=True, stable=True)
        row, entity, score = row[order], entity[order], score[order]
        arrays = (entity, score.float(), boxes[row].float(), _unit(embedding[row]))
        return Regions(*(array.cpu().numpy() for array in arrays))


_GROUNDING_DINO = "grounding-dino"
_THRESHOLDS = {"owlv2": 0.1, "owlvit": 0.1, _GROUNDING_DINO: 0.25}
"""Least score of a region by the publications' own code, by kind of detector."""


def is_detector(name: str | Path) -> bool:
    """Whether an entity model is named as detectors are: a folder of one, or a repository of the hub."""
    path = Path(name)
    if path.is_dir():
        config = path / _CONFIG
        return config.is_file() and read_json(config, "configuration").get("model_type") is not None
    return len(path.parts) == 2 and not path.is_absolute() and not path.exists()


def _with_thresholds(prompts: PromptSet, usual: float) -> PromptSet:
    """The prompts with the thresholds of a detector."""
    entities = (
        replace(e, threshold=usual if e.detector_threshold is None else e.detector_threshold) for e in prompts.entities
    )
    return PromptSet(prompts.name, tuple(entities))


def _identity(name: str | Path, config: Any) -> str:
    """Hash of the weights in a folder, or of a repository and its commit."""
    if Path(name).is_dir():
        return joint_hash([file_hash(path) for path in sorted(Path(name).glob("*.safetensors"))])
    return joint_hash([str(name), str(getattr(config, "_commit_hash", None))])


def _unit(vectors: Tensor) -> Tensor:
    return F.normalize(vectors.float(), dim=-1)


class _Owl:
    """OWLv2 and OWL-ViT: a vision transformer of which every place has a box and is compared with every prompt.

    A view is padded at the bottom and right to a square (OWLv2), so boxes are in parts of its longer side.
    """

    def __init__(self, model: Any, processor: Any, prompts: PromptSet) -> None:
        self._model, self._processor = model, processor
        texts = [text for entity in prompts.entities for text in entity.prompts]
        most = model.config.text_config.max_position_embeddings
        tokens = processor.tokenizer(texts, padding="max_length", max_length=most, truncation=True, return_tensors="pt")
        self._tokens = {name: tokens[name].to(model.device) for name in ("input_ids", "attention_mask")}
        owners = [k for k, entity in enumerate(prompts.entities) for _ in entity.prompts]
        self._owners = torch.tensor(owners, device=model.device)
        self._entities = len(prompts)
        self._square = model.config.model_type == "owlv2"
        self.embed_dim = int(model.config.text_config.hidden_size)

    def __call__(self, views: Sequence[np.ndarray]) -> tuple[Tensor, Tensor, Tensor]:
        pixels = self._processor.image_processor(images=list(views), return_tensors="pt")["pixel_values"]
        tokens = {name: value.repeat(len(views), 1) for name, value in self._tokens.items()}
        output = self._model(pixel_values=pixels.to(self._model.device), **tokens)
        each = output.logits.sigmoid()  # (B, N, prompts)
        index = self._owners.expand_as(each)
        probability = each.new_zeros(*each.shape[:2], self._entities).scatter_reduce_(2, index, each, "amax")
        height, width = views[0].shape[:2]
        side = (max(height, width),) * 2 if self._square else (width, height)
        return probability, _corners(output.pred_boxes, *side), output.class_embeds


class _GroundingDino:
    """Grounding DINO: queries that are compared with every word of one text, here all prompts one after another.

    Errors:
        BadInputError: the prompts are longer than the text that it takes.
    """

    def __init__(self, model: Any, processor: Any, prompts: PromptSet) -> None:
        self._model, self._processor = model, processor
        text, spans = _one_text(prompts)
        tokens = processor.tokenizer(text, return_offsets_mapping=True, return_tensors="pt")
        most = model.config.max_text_len
        if tokens["input_ids"].shape[1] > most:
            what = f"the prompts {prompts.name} have {tokens['input_ids'].shape[1]} words and marks"
            fix = f"Grounding DINO takes {most}: take fewer entities, or fewer or shorter prompts"
            raise BadInputError(what, fix=fix)
        ends = tokens.pop("offset_mapping")[0]
        self._tokens = {name: value.to(model.device) for name, value in tokens.items()}
        inside = torch.zeros(len(prompts), most, dtype=torch.bool)
        for entity, start, end in spans:
            inside[entity, : len(ends)] |= (ends[:, 0] >= start) & (ends[:, 1] <= end) & (ends[:, 1] > ends[:, 0])
        self._inside = inside.to(model.device)
        self.embed_dim = int(model.config.d_model)

    def __call__(self, views: Sequence[np.ndarray]) -> tuple[Tensor, Tensor, Tensor]:
        pictures = self._processor.image_processor(images=list(views), return_tensors="pt").to(self._model.device)
        tokens = {name: value.repeat(len(views), 1) for name, value in self._tokens.items()}
        output = self._model(pixel_values=pictures["pixel_values"], pixel_mask=pictures["pixel_mask"], **tokens)
        words = output.logits.sigmoid()  # (B, N, words)
        best = [words.masked_fill(~inside, 0.0).amax(2) for inside in self._inside]
        height, width = views[0].shape[:2]
        return torch.stack(best, 2), _corners(output.pred_boxes, width, height), output.last_hidden_state


def _one_text(prompts: PromptSet) -> tuple[str, list[tuple[int, int, int]]]:
    """All prompts as one text of phrases that end in a dot, and entity, first and last character of each phrase."""
    text, spans = "", []
    for number, entity in enumerate(prompts.entities):
        for prompt in entity.prompts:
            phrase = prompt.lower().strip().rstrip(".")
            spans.append((number, len(text), len(text) + len(phrase)))
            text += f"{phrase}. "
    return text.strip(), spans


def _corners(boxes: Tensor, width: float, height: float) -> Tensor:
    """Boxes (…, 4) from centre and size in parts of the view to corners in its pixels."""
    return box_convert(boxes, "cxcywh", "xyxy") * boxes.new_tensor([width, height, width, height])
