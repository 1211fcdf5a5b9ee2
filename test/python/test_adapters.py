"""PEFT loads the adapter of a run that was trained, whose files are those that PEFT would save."""

from __future__ import annotations

from pathlib import Path

import torch
from conftest import BASE, OurLogits, assert_all_close, read_json
from peft import LoraConfig, PeftModel, get_peft_model
from reference import disturb, load_base, logits_of, random_sequences
from safetensors.torch import load_file


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
