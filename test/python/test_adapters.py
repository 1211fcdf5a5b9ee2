"""Adapters go both ways: PEFT loads those of a run, and those that PEFT saves are read here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from conftest import BASE, OurLogits, assert_all_close, read_json
from peft import LoraConfig, PeftModel, get_peft_model
from reference import disturb, logits_of, random_sequences
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, PreTrainedModel

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def load_base() -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)


def save_with_peft(folder: Path, **options: object) -> PeftModel:
    """A LoRA adapter made by PEFT, away from its start."""
    model = get_peft_model(load_base(), LoraConfig(task_type="CAUSAL_LM", **options)).eval()
    disturb(model, deviation=0.1)
    model.save_pretrained(folder)
    return model


def test_peft_loads_the_adapter_of_a_run(short_run: Path, checkpoint: Path, our_logits: OurLogits) -> None:
    base = load_base()
    sequences = random_sequences(base.config.vocab_size)
    untrained = logits_of(base, sequences)
    model = PeftModel.from_pretrained(base, checkpoint).eval()
    theirs = logits_of(model, sequences)
    assert max(abs(a - b).max() for a, b in zip(theirs, untrained, strict=True)) > 0.01, "the adapter does something"
    assert_all_close(our_logits(sequences, run=short_run), theirs)
    assert_all_close(logits_of(model.merge_and_unload(), sequences), theirs)


def test_files_are_those_that_peft_would_save(short_run: Path, checkpoint: Path, tmp_path: Path) -> None:
    settings = read_json(short_run, "run.json")["experiment"]["adapter"]
    options = {name: settings[name] for name in ("r", "lora_alpha", "target_modules")}
    save_with_peft(tmp_path / "theirs", **options)
    ours, theirs = (read_json(folder, "adapter_config.json") for folder in (checkpoint, tmp_path / "theirs"))
    for config in (ours, theirs):
        config["target_modules"] = sorted(config["target_modules"])
        assert Path(config.pop("base_model_name_or_path")).resolve() == BASE
    assert ours == theirs
    our_tensors, their_tensors = (
        {name: (tensor.shape, tensor.dtype) for name, tensor in load_file(folder / "adapter_model.safetensors").items()}
        for folder in (checkpoint, tmp_path / "theirs")
    )
    assert our_tensors == their_tensors


@pytest.mark.parametrize(
    "options",
    [
        {"r": 4, "lora_alpha": 9, "target_modules": MODULES},
        {"r": 4, "use_rslora": True, "target_modules": "all-linear"},
        {"r": 4, "target_modules": ["q_proj", "down_proj"], "rank_pattern": {"q_proj": 2}, "alpha_pattern": {"1.mlp.down_proj": 5}},
        {"r": 2, "target_modules": r".*layers\.[02]\..*(up|gate)_proj", "exclude_modules": ["0.mlp.up_proj"]},
    ],
    ids=["modules", "rslora", "patterns", "expression"],
)  # fmt: skip
def test_adapters_of_peft_give_the_same_logits(
    options: dict[str, object], tmp_path: Path, our_logits: OurLogits
) -> None:
    model = save_with_peft(tmp_path / "adapter", **options)
    sequences = random_sequences(model.config.vocab_size)
    assert_all_close(our_logits(sequences, model=BASE, adapter=tmp_path / "adapter"), logits_of(model, sequences))
