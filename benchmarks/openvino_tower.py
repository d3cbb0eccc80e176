"""The bundled image tower by OpenVINO beside torch, its cost and whether spots stay the same: ``make bench-openvino``.

python -m benchmarks.openvino_tower

The product computes with torch alone; ``make`` installs OpenVINO for this command. Everything is measured in a
process of its own, in half and in single precision, and as on a processor that has AVX2 alone (torch and oneDNN,
which both compute with, are kept to it). Seconds of the processor are those of all threads: they count what is
computed, and what threads spin away, whatever else the machine does meanwhile.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from app.settings import DEMO
from benchmarks.machine import AVX2_ALONE, REPOSITORY, SINGLE_PRECISION
from benchmarks.measured import Measured, measure
from benchmarks.speed import demo_alone
from spotting_core.analyses.analysis import Analysis
from spotting_core.computing.number_format import has_bfloat16
from spotting_core.computing.waiting_threads import POLICY, SLEEPING
from spotting_core.domain.spots import Spot
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, Spotting
from spotting_core.entities.finder import EntityFinder
from spotting_core.entities.pyramid import DenseFeatures, EntityPyramid
from spotting_core.media.decode import decode_samples
from spotting_core.media.times import read_time_table

_SAMPLE, _SLACK = 500_000, 0.02  # microseconds and confidence by which spots may differ
_ANALYSIS = "from app.command_line import main; main()"
_FINDING = "from benchmarks.openvino_tower import find_alone; find_alone()"
_OPENVINO = "from benchmarks.openvino_tower import compute_by_openvino; compute_by_openvino(); "
_STREAMS, _PICTURES, _BATCH = 4, 120, 10


@dataclass(frozen=True)
class Way:
    """How networks are computed.

    Arguments:
        openvino: the image tower by OpenVINO; single: in single precision, also where the processor calculates in
            bfloat16; settings: of its environment.
    """

    name: str
    openvino: bool
    single: bool = False
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, data: Path, code: str, *order: str) -> tuple[str, float, float]:
        """What a process that computes so prints, its seconds by the clock and those of the processor.

        Arguments:
            data: its data directory; order: its arguments.
        """
        code = (SINGLE_PRECISION if self.single else "") + (_OPENVINO if self.openvino else "") + code
        environment = {**os.environ, POLICY: SLEEPING, "TOUCHLINE_DATA": str(data), **self.settings}
        began, before = time.perf_counter(), _processor()
        done = subprocess.run(
            [sys.executable, "-c", code, *order], cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, check=True
        )
        return done.stdout.decode(), time.perf_counter() - began, _processor() - before


WAYS = (
    Way("torch, single precision", openvino=False, single=True),
    Way("OpenVINO, single precision", openvino=True, single=True),
    Way("torch, half precision", openvino=False),
    Way("OpenVINO, half precision", openvino=True),
    Way("torch, single precision, AVX2", openvino=False, single=True, settings=AVX2_ALONE),
    Way("OpenVINO, single precision, AVX2", openvino=True, single=True, settings=AVX2_ALONE),
)


class _ChannelsLast(nn.Module):
    """The tower from pictures (B, H, W, 3) to embeddings and boxes (B, h, w, …), as they lie in memory anyway."""

    def __init__(self, tower: EntityPyramid) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        dense, pooled = _by_torch(self.tower, pictures.permute(0, 3, 1, 2))
        return dense.embedding.permute(0, 2, 3, 1), dense.boxes.permute(0, 2, 3, 1), pooled


_by_torch = EntityPyramid.dense


def compute_by_openvino() -> None:
    """Have the image tower of this process computed by OpenVINO, compiled when it is first asked."""
    compiled: dict[int, Any] = {}

    def dense(tower: EntityPyramid, images: Tensor) -> tuple[DenseFeatures, Tensor]:
        if id(tower) not in compiled:
            compiled[id(tower)] = _compiled(tower)
        embedding, boxes, pooled = _answers(compiled[id(tower)], images.permute(0, 2, 3, 1).contiguous().numpy())
        return DenseFeatures(embedding.permute(0, 3, 1, 2), boxes.permute(0, 3, 1, 2)), pooled

    EntityPyramid.dense = dense  # type: ignore[method-assign]


def _compiled(tower: EntityPyramid) -> Any:
    """The tower for pictures of any size; its threads are bound to no core, for two processes might choose one core."""
    import openvino
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    example, threads = torch.zeros(2, 64, 96, 3), torch.get_num_threads()
    with torch.inference_mode(False), torch.no_grad(), torch.autocast("cpu", enabled=False):
        traced = torch.jit.trace(_ChannelsLast(tower).eval(), example, check_trace=False)
        decoder = TorchScriptPythonDecoder(traced, example_input=(example,))
        frontend = FrontEndManager().load_by_framework("pytorch")
        read = frontend.load(decoder)
        converted = frontend.convert(read)
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if has_bfloat16("cpu") else "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": min(_STREAMS, threads),
        "ENABLE_CPU_PINNING": False,
    }
    return openvino.Core().compile_model(converted, "CPU", settings)


def _answers(compiled: Any, batch: np.ndarray) -> list[Tensor]:
    """What the tower says of a batch, each picture on a thread of its own: several at one picture spin more."""
    requests = [compiled.create_infer_request() for _ in batch]
    for k, request in enumerate(requests):
        request.start_async([batch[k : k + 1]], share_inputs=True)
    for request in requests:
        request.wait()
    outputs = range(len(compiled.outputs))
    return [torch.from_numpy(np.concatenate([r.get_output_tensor(k).data for r in requests])) for k in outputs]


def find_alone() -> None:
    """Find entities in the demo's first samples; prints milliseconds a picture, of the processor and by the clock."""
    video = min(DEMO.glob("*.mp4"))
    table = read_time_table(video)
    frames = table.samples(1e6 / _SAMPLE)[:_PICTURES]
    batches = [batch.images for batch in decode_samples(video, table, frames, batch=_BATCH)]
    following = EntityFinder.load().following()
    following.find(batches[0])
    clock, processor = time.perf_counter(), time.process_time()
    for images in batches:
        following.find(images)
    spent = time.process_time() - processor, time.perf_counter() - clock
    sys.stdout.write(json.dumps([seconds * 1000 / len(frames) for seconds in spent]))


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def others(analysis: Analysis, reference: Analysis) -> int:
    """Spots of either that have none of their class in the other within a sample and .02; one at the very threshold may
    fall to either side of it."""
    surely, perhaps = (Spotting(threshold=DEFAULT_THRESHOLD - slack) for slack in (0, _SLACK))
    pairs = ((analysis, reference), (reference, analysis))
    return sum(not any(_same(spot, s) for s in b.spots(perhaps)) for a, b in pairs for spot in a.spots(surely))


def _same(a: Spot, b: Spot) -> bool:
    near = a.half == b.half and a.label == b.label and abs(a.time - b.time) <= _SAMPLE
    return near and abs((a.confidence or 0) - (b.confidence or 0)) <= _SLACK


def _work(folder: Path, show: Measured) -> None:
    match, reference = demo_alone(folder), None
    for way in WAYS:
        data = folder / f"{way.name} data"
        processor, clock = json.loads(way.run(data, _FINDING)[0])
        show(f"{way.name}, a picture", f"{processor:.0f} ms of the processor", f"{clock:.0f} ms by the clock")
        out, report = folder / way.name, folder / f"{way.name}.json"
        _, seconds, used = way.run(
            data, _ANALYSIS, "analyze", str(match), "--task", "spotting", "--out", str(out), "--json", str(report)
        )
        analysis, entities = Analysis.open(out), json.loads(report.read_text())["timings"]["entities"]
        reference = reference or analysis
        spots = len(analysis.spots(Spotting(threshold=DEFAULT_THRESHOLD)))
        beside = f"{spots} spots, {others(analysis, reference)} unlike those of {WAYS[0].name}"
        clocks = f"{seconds:.0f} s by the clock, {entities:.0f} of them for entities"
        show(f"{way.name}, the demo", f"{used:.0f} s of the processor", f"{clocks}; {beside}")


if __name__ == "__main__":
    measure(_work)
