"""Several processes that train one model together, as torchrun starts them: each learns from its own share of a batch.

    torchrun --nproc-per-node 2 -- "$(command -v touchline)" train CONFIG --data DIR

Where nothing started several there is one, and nothing here does anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

_PATIENCE = timedelta(hours=4)  # of the others while the first one reads its matches or validates


@dataclass(frozen=True)
class Processes:
    """One of ``count`` processes, the one of number ``rank``; the first one writes, reports and validates."""

    rank: int = 0
    count: int = 1

    @classmethod
    def of_environment(cls, device: str) -> Processes:
        """What torchrun says in the environment, joined with the others; one process where it says nothing.

        Arguments:
            device: on which they compute; NCCL exchanges between GPUs, of which each process takes its own, else gloo.
        """
        count = int(os.environ.get("WORLD_SIZE", "1"))
        if count <= 1:
            return cls()
        if device == "cuda":
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        if not dist.is_initialized():
            dist.init_process_group("nccl" if device == "cuda" else "gloo", timeout=_PATIENCE)
        return cls(dist.get_rank(), dist.get_world_size())

    @property
    def first(self) -> bool:
        return self.rank == 0

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """What the first process does in it is done before the others begin: they find what it has kept."""
        if not self.first:
            dist.barrier()
        yield
        if self.first and self.count > 1:
            dist.barrier()

    def device(self, name: str) -> str:
        """The device of this process: of several, each has a GPU of its own."""
        several = self.count > 1 and name == "cuda"
        return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if several else name

    def learner(self, model: nn.Module) -> nn.Module:
        """The model, whose gradients are the mean of all processes'."""
        if self.count == 1:
            return model
        return DistributedDataParallel(model, find_unused_parameters=True, broadcast_buffers=False)

    def agreed(self, value: int) -> int:
        """What the first process says, in all of them."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], device=_place())
        dist.broadcast(shared, 0)
        return int(shared)


def gathered(rows: Tensor) -> Tensor:
    """Rows (N, E) of all processes, in their order; without gradients. N may differ."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return rows
    counts = [torch.zeros(1, dtype=torch.int64, device=rows.device) for _ in range(dist.get_world_size())]
    dist.all_gather(counts, torch.tensor([len(rows)], device=rows.device))
    most = max(int(count) for count in counts)
    padded = rows.new_zeros(most, *rows.shape[1:])
    padded[: len(rows)] = rows
    parts = [torch.empty_like(padded) for _ in counts]
    dist.all_gather(parts, padded)
    return torch.cat([part[: int(count)] for part, count in zip(parts, counts, strict=True)])


def _place() -> torch.device:
    """Where the process group exchanges: NCCL on the process's own GPU, gloo in memory."""
    return torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
