"""Every method goes both ways: PEFT loads what is exported, and what PEFT saves is imported. llama.cpp's library reads the GGUF files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import peft
import pytest
import torch
from conftest import BASE, assert_all_close, read_json, read_logits, tools
from peft import PeftModel, get_peft_model
from reference import disturb, load_base, logits_of, random_sequences
from torch import nn

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
METHODS: list[str] = json.loads(tools("listMethods"))
GGUF_MODULES = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip

# What PEFT saves: its config class, options, and whether the projections of VeRA are left out.
THEIRS: dict[str, tuple[str, dict[str, Any]]] = {
    "lora": ("LoraConfig", {"r": 4, "lora_alpha": 9, "target_modules": MODULES}),
    "rslora": ("LoraConfig", {"r": 4, "use_rslora": True, "target_modules": "all-linear"}),
    "patterns": (
        "LoraConfig",
        {
            "r": 4,
            "target_modules": ["q_proj", "down_proj"],
            "rank_pattern": {"q_proj": 2},
            "alpha_pattern": {"1.mlp.down_proj": 5},
        },
    ),
    "expression": (
        "LoraConfig",
        {"r": 2, "target_modules": r".*layers\.[02]\..*(up|gate)_proj", "exclude_modules": ["0.mlp.up_proj"]},
    ),
    "orthogonal": ("LoraConfig", {"r": 4, "init_lora_weights": "orthogonal", "target_modules": MODULES}),
    "copies": ("LoraConfig", {"r": 4, "target_modules": ["v_proj"], "modules_to_save": ["model.norm"], "bias": "lora_only"}),
    "dora": ("LoraConfig", {"r": 4, "use_dora": True, "use_rslora": True, "target_modules": MODULES}),
    "adalora": ("AdaLoraConfig", {"init_r": 6, "target_r": 4, "total_step": 10, "target_modules": MODULES}),
    "miss": ("MissConfig", {"r": 8, "target_modules": MODULES}),
    "miss-bat": ("MissConfig", {"r": 8, "init_weights": "bat", "target_modules": MODULES}),
    "miss-mini": ("MissConfig", {"r": 8, "init_weights": "mini", "mini_r": 4, "target_modules": MODULES}),
    "vera": ("VeraConfig", {"r": 8, "target_modules": ["q_proj", "v_proj"]}),
    "vera-key": ("VeraConfig", {"r": 8, "projection_prng_key": 7, "save_projection": False, "target_modules": MODULES}),
    "ia3": ("IA3Config", {"target_modules": ["k_proj", "v_proj", "down_proj"], "feedforward_modules": ["down_proj"]}),
    "ln": ("LNTuningConfig", {"target_modules": ["input_layernorm", "post_attention_layernorm", "norm"]}),
    "hra": ("HRAConfig", {"r": 4, "target_modules": MODULES}),
}


@pytest.fixture(scope="session")
def sequences() -> list[list[int]]:
    return random_sequences(load_base().config.vocab_size, count=2)


def request_of(folder: Path, sequences: list[list[int]], adapters: list[Path]) -> Path:
    request = folder / "request.json"
    request.write_text(json.dumps({"model": str(BASE), "adapters": [str(path) for path in adapters], "sequences": sequences}))
    return request


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, sequences: list[list[int]]) -> Path:
    """A folder with what is exported of a run of every method, away from its start."""
    folder = tmp_path_factory.mktemp("exported")
    tools("exportAll", request_of(folder, sequences, []), folder)
    return folder


def exports_of(folder: Path, method: str) -> dict[str, Any]:
    [found] = [entry for entry in read_json(folder, "methods.json") if entry["name"] == method]
    return found


@pytest.mark.parametrize("method", METHODS)
def test_peft_loads_what_is_exported(method: str, exported: Path, sequences: list[list[int]]) -> None:
    entry = exports_of(exported, method)
    if "peft" not in entry["exports"]:
        # Full fine-tuning, a moving slice and a quantised base are no adapters of PEFT's, and no low rank either.
        assert method.split("-")[0] in {"full", "slicefine", "loftq", "lora", "dora"}, entry["refusals"]
        assert "is not exactly LoRA" in entry["refusals"]["peft"], entry["refusals"]
        return
    base = load_base()
    before = logits_of(base, sequences)
    model = PeftModel.from_pretrained(base, entry["exports"]["peft"]).eval()
    theirs = logits_of(model, sequences)
    assert max(abs(a - b).max() for a, b in zip(theirs, before, strict=True)) > 0.003, "the adapter does something"
    assert_all_close(read_logits(exported / f"{method}.logits"), theirs)


def low_rank_updates(file: Path) -> dict[str, torch.Tensor]:
    """dW by module, as llama.cpp adds it, from a GGUF file."""
    reader = gguf.GGUFReader(file)
    fields = {name: field.contents() for name, field in reader.fields.items() if not name.startswith("GGUF.")}
    assert fields["general.type"] == "adapter"
    assert fields["adapter.type"] == "lora"
    assert fields["general.architecture"] == "qwen2"
    tensors = {tensor.name: torch.from_numpy(np.array(tensor.data)) for tensor in reader.tensors}
    updates = {}
    for name, a in tensors.items():
        if not name.endswith(".lora_a"):
            continue
        b = tensors[name.replace(".lora_a", ".lora_b")]
        [_, block, module, *_] = name.split(".")
        scale = fields["adapter.lora.alpha"] / b.shape[1]
        updates[f"model.layers.{block}.{GGUF_MODULES[module]}"] = scale * (b @ a)
    assert 2 * len(updates) == len(tensors)
    return updates


@pytest.mark.parametrize("method", ["dora", "loftq"])
def test_full_rank_lacks_nothing(method: str, exported: Path, sequences: list[list[int]]) -> None:
    entry = exports_of(exported, method)
    model = PeftModel.from_pretrained(load_base(), entry["exports"]["full-rank"]).eval()
    assert_all_close(read_logits(exported / f"{method}.logits"), logits_of(model, sequences))


@pytest.mark.parametrize("method", METHODS)
def test_llama_cpp_reads_what_is_exported(method: str, exported: Path, sequences: list[list[int]]) -> None:
    entry = exports_of(exported, method)
    if "gguf" not in entry["exports"]:
        assert "LoRA" in entry["refusals"]["gguf"], entry["refusals"]
        return
    base = load_base()
    for name, update in low_rank_updates(Path(entry["exports"]["gguf"])).items():
        base.get_submodule(name).weight.data += update
    assert_all_close(read_logits(exported / f"{method}.logits"), logits_of(base, sequences))


def save_with_peft(folder: Path, config: str, options: dict[str, Any]) -> nn.Module:
    """An adapter made by PEFT, away from its start."""
    torch.manual_seed(1)
    model = get_peft_model(load_base(), getattr(peft, config)(task_type="CAUSAL_LM", **options)).eval()
    disturb(model, deviation=0.05)
    model.save_pretrained(folder)
    return model


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory, sequences: list[list[int]]) -> dict[str, tuple[Any, Any]]:
    """By case: the logits of the run that PEFT's adapter became, and PEFT's own."""
    folder = tmp_path_factory.mktemp("imported")
    models = {name: save_with_peft(folder / name, *options) for name, options in THEIRS.items()}
    tools("importAll", request_of(folder, sequences, [folder / name for name in THEIRS]), folder)
    return {
        name: (read_logits(folder / f"{index}.logits"), logits_of(model, sequences))
        for index, (name, model) in enumerate(models.items())
    }


@pytest.mark.parametrize("name", THEIRS)
def test_what_peft_saves_is_imported(name: str, imported: dict[str, tuple[Any, Any]]) -> None:
    ours, theirs = imported[name]
    assert_all_close(ours, theirs)
