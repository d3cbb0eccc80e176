"""Open-vocabulary detectors, on models built from small configurations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from huggingface_hub import HfApi

from spotting_core.base.errors import BadInputError
from spotting_core.entities import detectors
from spotting_core.entities.detectors import DetectorFinder, is_detector
from spotting_core.entities.finder import EntityFinder, language_model_of, load_finder
from spotting_core.entities.prompts import EntityPrompt, PromptSet, load_prompts
from spotting_core.entities.region import Regions

transformers = pytest.importorskip("transformers", reason="the extra touchline[detectors] is not installed")

PROMPTS = PromptSet(
    "made",
    (
        EntityPrompt("ball", ("the ball", "a football"), 0.4, 2),
        EntityPrompt("red card", ("a red card",), 0.5, 3, detector_threshold=0.2),
        EntityPrompt("player", ("a player",), 0.45, 9, person=True),
    ),
)
WORDS = ["the", "a", "ball", "football", "red", "card", "player", "yellow", "referee", "goal", ".", "##s"]


@pytest.fixture(scope="module")
def owl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as OWLv2's repositories are, with weights at random."""
    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("owl")
    clip = open_clip.SimpleTokenizer()
    merges = [("#version: 0.2",), *sorted(clip.bpe_ranks, key=lambda pair: clip.bpe_ranks[pair])]
    marks = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
    vocabulary = {marks.get(word, word): number for word, number in clip.encoder.items()}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(" ".join(pair) for pair in merges), encoding="utf-8")
    tokenizer = transformers.CLIPTokenizer.from_pretrained(folder, pad_token="!")
    text = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    vision = {**text, "hidden_size": 48, "image_size": 96, "patch_size": 16}
    config = transformers.Owlv2Config(text_config=text, vision_config=vision, projection_dim=32)
    transformers.Owlv2ForObjectDetection(config).save_pretrained(folder)
    pictures = transformers.Owlv2ImageProcessor(size={"height": 96, "width": 96})
    transformers.Owlv2Processor(pictures, tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def dino(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as Grounding DINO's repositories are, with weights at random."""
    torch.manual_seed(4)
    folder = tmp_path_factory.mktemp("dino")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), do_lower_case=True)
    text = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    backbone = transformers.SwinConfig(
        window_size=4, image_size=64, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2],
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = transformers.GroundingDinoConfig(
        backbone_config=backbone, text_config=text, d_model=32, num_queries=12, encoder_layers=1, decoder_layers=2,
        encoder_ffn_dim=32, decoder_ffn_dim=32, encoder_attention_heads=2, decoder_attention_heads=2, max_text_len=48,
    )  # fmt: skip
    transformers.GroundingDinoForObjectDetection(config).save_pretrained(folder)
    pictures = transformers.GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 128})
    transformers.GroundingDinoProcessor(pictures, tokenizer).save_pretrained(folder)
    return folder


def pictures(count: int, width: int, height: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (count, height, width, 3), dtype=np.uint8)


def surest(finder: DetectorFinder) -> DetectorFinder:
    """The same finder, of which every region is sure enough."""
    entities = tuple(
        EntityPrompt(e.name, e.prompts, 1e-9, e.per_frame, person=e.person) for e in finder.prompts.entities
    )
    finder.prompts = PromptSet("all", entities)
    return finder


@pytest.mark.parametrize("kind", ["owl", "dino"])
def test_regions_lie_in_the_picture_with_names_scores_and_embeddings(kind: str, request: pytest.FixtureRequest) -> None:
    finder = surest(DetectorFinder.load(request.getfixturevalue(kind), PROMPTS))
    images = pictures(3, 320, 180)
    regions, embeddings = finder.find(images)
    assert embeddings.shape == (3, finder.embed_dim)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    assert len(regions) == 3
    for one in regions:
        assert len(one)
        assert all((one.entity == k).sum() <= e.per_frame for k, e in enumerate(finder.prompts.entities))
        assert np.all(np.diff(one.score) <= 0)
        assert one.boxes.shape == (len(one), 4)
        np.testing.assert_allclose(np.linalg.norm(one.embedding, axis=1), 1, atol=1e-5)
    again, _ = finder.find(images[1:2])  # what else is looked at makes no difference
    np.testing.assert_allclose(again[0].boxes, regions[1].boxes, atol=1e-2)


def test_owls_scores_and_boxes_are_those_of_its_own_code(owl: Path) -> None:
    """The package's own post-processing: a prompt's score, and boxes in parts of the padded square."""
    finder = surest(DetectorFinder.load(owl, PROMPTS))
    image = pictures(1, 320, 180)
    regions = finder.find(image)[0][0]
    model = transformers.Owlv2ForObjectDetection.from_pretrained(owl).eval()
    processor = transformers.AutoProcessor.from_pretrained(owl)
    texts = [[text for entity in PROMPTS.entities for text in entity.prompts]]
    with torch.inference_mode():
        inputs = processor(text=texts, images=list(image), return_tensors="pt", padding="max_length", max_length=16)
        output = model(**inputs)
    (expected,) = processor.post_process_grounded_object_detection(
        output, threshold=0.0, target_sizes=torch.tensor([[180, 320]]), text_labels=texts
    )
    boxes = expected["boxes"].numpy()
    for box in regions.boxes:
        assert np.abs(boxes - box).max(1).min() < 0.05
    best = output.logits.sigmoid()[0].numpy()
    assert regions.score[regions.entity == 0].max() == pytest.approx(best[:, :2].max(), abs=1e-5)
    assert regions.score[regions.entity == 1].max() == pytest.approx(best[:, 2].max(), abs=1e-5)


def test_a_word_of_grounding_dino_counts_for_the_prompts_it_stands_in(dino: Path) -> None:
    finder = surest(DetectorFinder.load(dino, PROMPTS))
    image = pictures(1, 128, 64)
    regions = finder.find(image)[0][0]
    model = transformers.GroundingDinoForObjectDetection.from_pretrained(dino).eval()
    processor = transformers.AutoProcessor.from_pretrained(dino)
    with torch.inference_mode():
        inputs = processor(text="the ball. a football. a red card. a player.", images=list(image), return_tensors="pt")
        words = model(**inputs).logits.sigmoid()[0].numpy()
    # [CLS] the ball . a football . a red card . a player . [SEP]
    of_entity = [words[:, [1, 2, 4, 5]].max(1), words[:, [7, 8, 9]].max(1), words[:, [11, 12]].max(1)]
    for entity, scores in enumerate(of_entity):
        assert regions.score[regions.entity == entity].max() == pytest.approx(scores.max(), abs=1e-5)


def test_a_large_picture_is_looked_at_again_in_tiles(owl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found in a tile lies where the tile lies."""
    finder = DetectorFinder.load(owl, PROMPTS)
    sizes = []

    def reading(views: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        height, width = views[0].shape[:2]
        sizes.append((width, height))
        marked = [np.argwhere(view[..., 0] == 255) for view in views]
        boxes = [[*(p[0][::-1] if len(p) else (0, 0)), *(p[-1][::-1] + 1 if len(p) else (0, 0))] for p in marked]
        sure = [[[0.9 if len(p) and width < 1000 else 0.0, 0.0, 0.0]] for p in marked]
        return torch.tensor(sure), torch.tensor(boxes)[:, None].float(), torch.ones(len(views), 1, finder.embed_dim)

    monkeypatch.setattr(finder, "_reading", reading)
    image = np.zeros((1, 720, 1280, 3), np.uint8)
    image[0, 600:606, 1200:1206] = 255
    regions, _ = finder.find(image)
    assert sizes[0] == (1280, 720)
    assert set(sizes[1:]) == {(640, 640)}
    assert regions[0].boxes.tolist() == [[1200, 600, 1206, 606]]


def test_thresholds_are_those_of_detectors(owl: Path, dino: Path) -> None:
    thresholds = [[e.threshold for e in DetectorFinder.load(f, PROMPTS).prompts.entities] for f in (owl, dino)]
    assert thresholds == [[0.1, 0.2, 0.1], [0.25, 0.2, 0.25]]


def test_a_detector_is_taken_wherever_an_entity_model_is_named(owl: Path, dino: Path, tmp_path: Path) -> None:
    finder = load_finder(owl)
    assert isinstance(finder, DetectorFinder)
    assert finder.prompts.names == load_prompts().names
    assert isinstance(load_finder(), EntityFinder)
    assert finder.sha256 != DetectorFinder.load(dino, PROMPTS).sha256
    assert finder.fingerprint() != DetectorFinder.load(owl, PROMPTS).fingerprint()
    assert is_detector("google/owlv2-base-patch16-ensemble")
    assert not is_detector("entities")
    assert not is_detector(tmp_path)


def _no_way(_api: HfApi, name: str, *, timeout: float) -> None:
    raise ConnectionError(f"no way to {name} within {timeout:g} s")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("owner/none-such", r"owner/none-such cannot be loaded \(no way to owner/none-such within 10 s\)"),
        ("bert", "of the kind bert finds no entities"),
    ],
)
def test_what_is_no_detector_is_refused(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HfApi, "model_info", _no_way)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bert").mkdir()
    (tmp_path / "bert" / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(BadInputError, match=message):
        DetectorFinder.load(name, PROMPTS)


def test_cut_weights_and_too_many_prompts_are_refused(owl: Path, dino: Path, tmp_path: Path) -> None:
    for file in owl.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes((owl / "model.safetensors").read_bytes()[:-1000])
    with pytest.raises(BadInputError, match="cannot be loaded"):
        DetectorFinder.load(tmp_path, PROMPTS)
    many = PromptSet("many", tuple(EntityPrompt(f"e{n}", ("a red card",), 0.4, 2) for n in range(20)))
    with pytest.raises(BadInputError, match=r"the prompts many have 82 words and marks. Grounding DINO takes 48"):
        DetectorFinder.load(dino, many)


def test_without_the_extra_it_says_how_to_install_it(owl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(BadInputError) as refused:
        DetectorFinder.load(owl, PROMPTS)
    assert refused.value.fix == detectors.EXTRA


def test_nothing_sure_is_no_region(owl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finder = DetectorFinder.load(owl, PROMPTS)

    def reading(views: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        shapes = ((9, 3), (9, 4), (9, finder.embed_dim))
        probability, boxes, embedding = (torch.full((len(views), *shape), 0.09) for shape in shapes)
        return probability, boxes, embedding

    monkeypatch.setattr(finder, "_reading", reading)
    regions, _ = finder.find(pictures(1, 96, 96))
    assert len(regions[0]) == 0
    assert regions[0].embedding.shape == Regions.none(finder.embed_dim).embedding.shape


def test_what_a_card_names_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model folder of somebody else's makes nothing come from anywhere."""
    asked: list[object] = []

    def refuse(*_: object, **options: object) -> None:
        asked.append(options["local_files_only"])
        raise OSError("not here")

    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", refuse)
    monkeypatch.setattr(HfApi, "model_info", lambda _, name, timeout: asked.append(name))
    with pytest.raises(BadInputError, match="A model's card does not make it fetched: run hf download owner/name"):
        load_finder("owner/name", fetch=False)
    with pytest.raises(BadInputError, match="Give a folder with its config"):
        load_finder("owner/name")
    assert asked == [True, True, "owner/name", False]


def test_texts_are_asked_of_vision_language_models_alone(owl: Path) -> None:
    assert language_model_of({"model": "entities"}) == "entities"
    for described in (None, {"model": str(owl)}, {"model": "google/owlv2-base"}, {"model": "x", "files": ".pt"}):
        assert language_model_of(described) is None
