"""Grad-CAM: where in each frame the environment's last feature map speaks for the class.

The gradient of the class's logit with respect to the map, averaged over places, weighs its channels; what is
above zero of their sum is shown. Computed with Captum, through everything that looks over the window.

Paper: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization"
(ICCV 2017).
"""

from __future__ import annotations

import time

from captum.attr import LayerGradCam
from torch import Tensor, nn

from explain.attribution import SPACE, Attribution
from explain.maps import to_grid
from explain.probe import ChangedPictures, Probe, gradients

NAME = "grad-cam"


class _FromMaps(nn.Module):
    """The part of the model behind the feature map, with the map as a layer of its own."""

    def __init__(self, probe: Probe, column: int) -> None:
        super().__init__()
        self.maps, self.probe, self.column = nn.Identity(), probe, column

    def forward(self, maps: Tensor) -> Tensor:
        """(rows, D, h, w) to the class's logit at the anchor (1,)."""
        pooled = self.maps(maps).float().mean((2, 3))[None]
        logits = self.probe.judge(ChangedPictures(pooled, 0, pooled.shape[1]), None)
        return logits[:, self.probe.row, self.column]


def explain(probe: Probe, label: str) -> Attribution:
    """Maps of all frames of the window on the common grid, in units of the logit."""
    began = time.perf_counter()
    model = _FromMaps(probe, probe.model.classes.index(label))
    maps = probe.feature_map.detach().clone().float().requires_grad_(True)
    with gradients(probe):
        attributed = LayerGradCam(model, model.maps).attribute(maps, relu_attributions=True)
    assert isinstance(attributed, Tensor)
    values = to_grid(attributed[:, 0].detach().float(), probe.looked_at).cpu().numpy()[probe.inside]
    return probe.attribution(
        NAME,
        label,
        SPACE,
        values,
        baseline="none: a gradient",
        held_fixed="the entities that were found",
        score_baseline=float("nan"),
        scale=(0.0, float(max(1e-6, values.max()))),
        began=began,
    )
