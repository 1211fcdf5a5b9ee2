"""What transformers computes."""

from __future__ import annotations

from copy import deepcopy
from functools import cache

import torch
from conftest import BASE, FloatArray, Sequences
from torch import nn
from transformers import AutoModelForCausalLM, PreTrainedModel


@cache
def _base() -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)


def load_base() -> PreTrainedModel:
    """A sample base of one's own."""
    return deepcopy(_base())


def random_sequences(vocabulary: int, count: int = 5, seed: int = 11) -> Sequences:
    """Token ids of different lengths."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(0, vocabulary, (7 + 9 * row,), generator=generator).tolist() for row in range(count)]


def logits_of(model: nn.Module, sequences: Sequences) -> list[FloatArray]:
    """One sequence at a time, so that no padding is involved."""
    with torch.no_grad():
        return [model(input_ids=torch.tensor([ids])).logits[0].float().numpy() for ids in sequences]


def disturb(model: nn.Module, only_vectors: bool = False, deviation: float = 0.3) -> None:
    """Adds noise to the parameters that are trained: some start at 0 or 1, where a mistake with them would not show."""
    generator = torch.Generator().manual_seed(5)
    for parameter in model.parameters():
        if parameter.requires_grad and (parameter.ndim == 1 or not only_vectors):
            parameter.data += deviation * torch.randn(parameter.shape, generator=generator)
