"""Model folders that transformers writes give the same logits here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import ROOT, OurLogits, Sequences, assert_close
from transformers import AutoModelForCausalLM, LlamaConfig, PretrainedConfig, PreTrainedModel, Qwen2Config, Qwen3Config

VOCABULARY = 97
SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 56,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "initializer_range": 0.2,
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
CONFIGS = {
    "qwen2 tied": Qwen2Config(**SIZES, tie_word_embeddings=True),
    "qwen2 untied": Qwen2Config(**SIZES, tie_word_embeddings=False),
    "qwen3": Qwen3Config(**SIZES, head_dim=16, tie_word_embeddings=True),
    "llama": LlamaConfig(**SIZES, tie_word_embeddings=False, rope_parameters=LLAMA3_ROPE),
}


def random_sequences(vocabulary: int, count: int = 5, seed: int = 11) -> Sequences:
    """Token ids of different lengths."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(0, vocabulary, (7 + 9 * row,), generator=generator).tolist() for row in range(count)]


def transformers_logits(model: PreTrainedModel, sequences: Sequences) -> list[torch.Tensor]:
    """One sequence at a time, so that no padding is involved."""
    with torch.no_grad():
        return [model(input_ids=torch.tensor([ids])).logits[0] for ids in sequences]


def randomise(model: PreTrainedModel) -> None:
    """Biases and norms start at 0 and 1, where a mistake with them would not show."""
    generator = torch.Generator().manual_seed(5)
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.data += 0.3 * torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize("name", CONFIGS)
def test_random_model(name: str, tmp_path: Path, our_logits: OurLogits) -> None:
    config: PretrainedConfig = CONFIGS[name]
    torch.manual_seed(2)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    randomise(model)
    model.save_pretrained(tmp_path / "model", max_shard_size="20KB")
    sequences = random_sequences(VOCABULARY)
    for ours, theirs in zip(
        our_logits(tmp_path / "model", sequences), transformers_logits(model, sequences), strict=True
    ):
        assert_close(ours, theirs.numpy())


def test_base_of_the_samples(our_logits: OurLogits) -> None:
    folder = ROOT / "samples" / "base"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    sequences = random_sequences(model.config.vocab_size)
    for ours, theirs in zip(our_logits(folder, sequences), transformers_logits(model, sequences), strict=True):
        assert_close(ours, theirs.numpy())
