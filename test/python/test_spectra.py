"""Spectra of an adapter folder agree with what numpy makes of the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from conftest import BASE, ROOT, node, read_json
from peft import LoraConfig, get_peft_model
from reference import disturb
from transformers import AutoModelForCausalLM

TOP = 8
MODULES = ["q_proj", "k_proj", "gate_proj", "down_proj"]

Array = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, tuple[Array, Array]]]:
    """An adapter of PEFT's, and each of its layers' W and dW in float64."""
    folder = tmp_path_factory.mktemp("spectra") / "adapter"
    base = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules=MODULES)).eval()
    disturb(model, deviation=0.05)
    model.save_pretrained(folder)
    found = {}
    for name, module in model.base_model.model.named_modules():
        if hasattr(module, "lora_A") and "default" in module.lora_A:
            a, b = module.lora_A["default"].weight, module.lora_B["default"].weight
            update = module.scaling["default"] * (b.double() @ a.double())
            found[name] = (module.base_layer.weight.detach().double().numpy(), update.detach().numpy())
    return folder, found


def analysed(folder: Path, cwd: Path, *options: str) -> dict[str, Any]:
    node(ROOT / "dist" / "cli.js", "spectra", folder, "--top-k", str(TOP), "--out", cwd, "--json", *options)
    return {layer["name"]: layer for layer in read_json(cwd, "adapter.json")["layers"]}


def bins(energies: Array) -> list[float]:
    edges = [len(energies) * edge // 10 for edge in range(11)]
    return [float(energies[start:end].sum()) for start, end in zip(edges, edges[1:], strict=False)]


def angles(before: Array, after: Array) -> Array:
    cosines = np.linalg.svd(before.T @ after, compute_uv=False)
    sines = np.linalg.svd(after - before @ (before.T @ after), compute_uv=False)
    return np.arctan2(sines, cosines[::-1])


def entropy_rank(values: Array) -> float:
    shares = values / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


@pytest.mark.parametrize("options", [[], ["--full"]], ids=["top", "full"])
def test_numbers_are_those_of_numpy(
    options: list[str],
    weights: tuple[Path, dict[str, tuple[Array, Array]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RLVR_CACHE", str(tmp_path / "cache"))
    folder, layers = weights
    ours = analysed(folder, tmp_path, *options)
    assert ours.keys() == layers.keys()
    for name, (weight, update) in layers.items():
        u, s, vt = np.linalg.svd(weight, full_matrices=False)
        mu, ms, mvt = np.linalg.svd(weight + update, full_matrices=False)
        rank = np.linalg.svd(update, compute_uv=False)[:4]
        size = float((update**2).sum())
        right, left = ((update @ vt.T) ** 2).sum(0) / size, ((u.T @ update) ** 2).sum(1) / size
        numbers, rows = ours[name]["numbers"], ours[name]["rows"]
        lines = {line["label"]: line["values"] for line in ours[name]["series"][0]["lines"]}
        cosines = {
            "left": np.abs(u.T @ mu[:, :TOP]).max(0),
            "right": np.abs(vt @ mvt[:TOP].T).max(0),
        }
        expected = {
            "update_size/relative": np.sqrt(size) / np.linalg.norm(weight),
            "effective_rank/effective": entropy_rank(rank),
            "effective_rank/stable": size / rank[0] ** 2,
            "energy/principal_half_right": right[: len(s) // 2].sum(),
            "energy/principal_half_left": left[: len(s) // 2].sum(),
            "energy/top_right": right[:TOP].sum(),
            "energy/top_left": left[:TOP].sum(),
            "spectrum/shift_top": np.linalg.norm(ms[:TOP] - s[:TOP]) / np.linalg.norm(s[:TOP]),
            "rotation/largest_left": angles(u[:, :TOP], mu[:, :TOP])[0],
            "rotation/largest_right": angles(vt[:TOP].T, mvt[:TOP].T)[0],
            "rotation/mean_left": angles(u[:, :TOP], mu[:, :TOP]).mean(),
            "intruders/left": (cosines["left"] < 0.5).sum(),
            "intruders/right": (cosines["right"] < 0.5).sum(),
            "intruders/lowest_left": cosines["left"].min(),
        }
        if options:
            expected["spectrum/shift"] = np.linalg.norm(ms - s) / np.linalg.norm(s)
        for measure, value in expected.items():
            assert numbers[measure] == pytest.approx(value, rel=1e-5, abs=1e-6), f"{name}: {measure}"
        assert rows["energy/bins_right"][:10] == pytest.approx(bins(right), abs=1e-6)
        assert rows["energy/bins_left"][:10] == pytest.approx(bins(left), abs=1e-6)
        assert lines["W"] == pytest.approx(s, rel=1e-6)
        assert lines["dW"] == pytest.approx(rank, rel=1e-6)
        assert lines["W + dW"] == pytest.approx(ms if options else ms[:TOP], rel=1e-6)
