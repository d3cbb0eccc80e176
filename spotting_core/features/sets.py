"""Feature sets: which numbers describe a sample, how many, how often, and what makes them.

SoccerNet's own sets have no extractor: nobody has their networks, their files are read as they are, and so are those of
any other name. Sets made here have one, and are computed from the video wherever their files do not lie beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from spotting_core.base.errors import BadInputError
from spotting_core.base.validation import InvalidContentError, validated
from spotting_core.features.extractor import ENVIRONMENT, LITE, ExtractorSpec, is_extractor, load_extractor
from spotting_core.features.layer_sets import LAYER_SETS, layer_rate, layer_spec, layer_widths
from spotting_core.features.pitch_sets import PITCH_SETS, made_of_people, pitch_spec, pitch_width
from spotting_core.features.pitch_sets import RATE as PITCH_RATE
from spotting_core.features.thumbnails import RATE, SPEC, THUMBNAILS
from spotting_core.features.top_view_network import names_network, network_over_view
from spotting_core.media.pixels import IMAGENET_MEAN, IMAGENET_STD
from spotting_core.media.thumbnail import NUMBERS
from spotting_core.models.bounds import FASTEST, LARGEST, is_name
from spotting_core.models.card import CardInput
from spotting_core.models.inputs import PictureSize

_MOST_PIXELS = 8192  # of a side of the pictures that an extractor reads


@dataclass(frozen=True)
class FeatureSet:
    """One set of features.

    Arguments:
        name: as in the file name ``<half>_<name>.npy``.
        dim: numbers per sample, as the model reads them; raw_dim: before a reduction, the same without.
        rate: samples a second.
        extractor: what makes them, or None.
    """

    name: str
    dim: int
    raw_dim: int
    rate: float
    extractor: ExtractorSpec | None = None

    @property
    def reduced(self) -> bool:
        return self.dim != self.raw_dim


SOCCERNET = {
    s.name: s
    for s in (
        FeatureSet("ResNET_TF2", 2048, 2048, 2.0),
        FeatureSet("ResNET_TF2_PCA512", 512, 512, 2.0),
        FeatureSet("baidu_soccer_embeddings", 8576, 8576, 1.0),
    )
}
"""The sets that SoccerNet publishes; the last one is Baidu's."""
OF_FIXED_RATE = {
    **SOCCERNET,
    THUMBNAILS: FeatureSet(THUMBNAILS, NUMBERS, NUMBERS, RATE, SPEC),
    **{n: FeatureSet(n, pitch_width(n), pitch_width(n), PITCH_RATE, pitch_spec(n)) for n in PITCH_SETS},
}
"""The sets whose rate is their own, whatever the model's."""


def feature_set(name: str, rate: float, weights: str = "") -> FeatureSet:
    """A set by name: one of SoccerNet's, thumbnails, or what ``load_extractor`` knows at ``rate`` samples a second.

    Arguments:
        weights: file of the weights of a timm backbone.

    Errors:
        BadInputError: no such set, or one whose weights are missing or do not fit.
    """
    if name in OF_FIXED_RATE:
        return OF_FIXED_RATE[name]
    if name in LAYER_SETS:
        width = layer_widths()[name]
        return FeatureSet(name, width, width, layer_rate(), layer_spec())
    if names_network(name):
        own, dim, spec = network_over_view(name, weights)
        return FeatureSet(own, dim, dim, PITCH_RATE, spec)
    if not is_extractor(name):
        known = ", ".join([*OF_FIXED_RATE, *LAYER_SETS, ENVIRONMENT, LITE])
        raise BadInputError(f"there is no extractor {name!r}, nor a feature set of this name", fix=f"Known: {known}")
    extractor = load_extractor(name, weights)
    return FeatureSet(extractor.spec.set_name(name), extractor.dim, extractor.dim, rate, extractor.spec)


def read_sets(card_input: CardInput) -> tuple[FeatureSet, ...]:
    """The sets that a card says its model reads.

    Errors:
        BadInputError: it does not say.
    """
    try:
        sets = validated(tuple[FeatureSet, ...], card_input.sets)
    except InvalidContentError as error:
        raise _unnamed(str(error)) from error
    if not sets:
        raise _unnamed("it names none")
    for one in sets:
        size = one.extractor.size if one.extractor is not None else ()
        sound = is_name(one.name) and all(1 <= width <= LARGEST for width in (one.dim, one.raw_dim))
        if not sound or not 0 < one.rate <= FASTEST or not all(0 <= side <= _MOST_PIXELS for side in size):
            raise _unnamed(f"the name, width, rate or size of {one.name[:40]!r} cannot be")
    return sets


def reads_people(card_input: CardInput, rate: float | None = None) -> bool:
    """Whether a model that looks at ``rate`` samples a second reads who stands where, sample by sample; at whatever
    rate where it is not given."""
    sets = read_sets(card_input) if card_input.sets else ()
    return any(made_of_people(one.extractor) and rate in (None, one.rate) for one in sets)


def _unnamed(why: str) -> BadInputError:
    what = f"input of the model card does not say which features the model reads ({why})"
    return BadInputError(what, fix="Copy the model folder again")


def input_of(
    sets: Sequence[FeatureSet],
    rate: float,
    pictures: PictureSize | None = None,
    normalisation: tuple[Sequence[float], Sequence[float]] = (IMAGENET_MEAN, IMAGENET_STD),
) -> CardInput:
    """``input`` of the card of a model that reads some sets, pictures, or both, at ``rate`` samples a second.

    Arguments:
        normalisation: mean and deviation of the pixels of pictures.
    """
    mean, std = normalisation
    kinds = [*(["video"] if pictures else []), *(["features"] if sets else [])]
    return CardInput(
        kind=" and ".join(kinds),
        rate=rate,
        size=(pictures.width, pictures.height) if pictures else None,
        mean=tuple(mean) if pictures else None,
        std=tuple(std) if pictures else None,
        dim=sum(s.dim for s in sets) if sets else None,
        feature="+".join(s.name for s in sets) if sets else None,
        sets=tuple(asdict(s) for s in sets),
    )
