"""Model folders that transformers writes give the same logits here, and folders written here give the same logits there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import BASE, OurLogits, assert_all_close, tools
from reference import disturb, logits_of, random_sequences
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, LlamaConfig, PretrainedConfig, Qwen2Config, Qwen3Config

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
    "bos_token_id": 1,
    "eos_token_id": 2,
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
LINEAR_ROPE = {"rope_type": "linear", "rope_theta": 5000.0, "factor": 3.0}
CONFIGS = {
    "qwen2 tied": Qwen2Config(**SIZES, tie_word_embeddings=True),
    "qwen2 untied": Qwen2Config(**SIZES, tie_word_embeddings=False),
    "qwen3": Qwen3Config(**SIZES, head_dim=16, tie_word_embeddings=True),
    "qwen3 biased": Qwen3Config(**SIZES, head_dim=8, attention_bias=True),
    "llama": LlamaConfig(**SIZES, tie_word_embeddings=False, rope_parameters=LLAMA3_ROPE),
    "llama biased": LlamaConfig(**SIZES, attention_bias=True, mlp_bias=True, rope_parameters=LINEAR_ROPE),
}


def write_random_model(config: PretrainedConfig, folder: Path, dtype: torch.dtype = torch.float32) -> Path:
    """A sharded folder."""
    torch.manual_seed(2)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    disturb(model, only_vectors=True)
    model.to(dtype).save_pretrained(folder, max_shard_size="20KB")
    assert (folder / "model.safetensors.index.json").exists()
    return folder


@pytest.mark.parametrize("name", CONFIGS)
def test_random_model(name: str, tmp_path: Path, our_logits: OurLogits) -> None:
    folder = write_random_model(CONFIGS[name], tmp_path / "model")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    sequences = random_sequences(VOCABULARY)
    assert_all_close(our_logits(sequences, model=folder), logits_of(model, sequences))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype: torch.dtype, tmp_path: Path, our_logits: OurLogits) -> None:
    folder = write_random_model(CONFIGS["qwen2 untied"], tmp_path / "model", dtype)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    sequences = random_sequences(VOCABULARY)
    assert_all_close(our_logits(sequences, model=folder), logits_of(model, sequences))


@pytest.mark.parametrize(("dtype", "name"), [("F32", "float32"), ("F16", "float16"), ("BF16", "bfloat16")])
def test_folder_written_here(dtype: str, name: str, tmp_path: Path, our_logits: OurLogits) -> None:
    source = write_random_model(CONFIGS["llama biased"], tmp_path / "source")
    tools("convert", source, tmp_path / "written", dtype)
    stored = load_file(tmp_path / "written" / "model.safetensors")
    original = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    for parameter, value in original.state_dict().items():
        assert torch.equal(stored[parameter], value.to(getattr(torch, name))), parameter

    # Without a number type that is asked for, transformers takes the one that the folder says.
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "written", dtype="auto").dtype == getattr(torch, name)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "written", dtype=torch.float32)
    sequences = random_sequences(VOCABULARY)
    assert_all_close(our_logits(sequences, model=tmp_path / "written"), logits_of(model, sequences))


def test_base_of_the_samples(our_logits: OurLogits) -> None:
    model = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    sequences = random_sequences(model.config.vocab_size)
    assert_all_close(our_logits(sequences, model=BASE), logits_of(model, sequences))


def test_merged_run(short_run: Path, merged: Path, our_logits: OurLogits) -> None:
    model = AutoModelForCausalLM.from_pretrained(merged, dtype=torch.float32)
    sequences = random_sequences(model.config.vocab_size)
    theirs = logits_of(model, sequences)
    assert_all_close(our_logits(sequences, model=merged), theirs)
    assert_all_close(our_logits(sequences, run=short_run), theirs)
