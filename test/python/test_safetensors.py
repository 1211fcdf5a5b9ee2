"""Files of the Python safetensors library, read and written by this project, are what they were."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from conftest import tools
from safetensors import safe_open
from safetensors.torch import load_file, save_file

DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16,
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
]  # fmt: skip


def make_tensors() -> dict[str, torch.Tensor]:
    """One tensor of each number type, and shapes at the edges."""
    generator = torch.Generator().manual_seed(3)
    values = {str(dtype): (torch.randn(3, 5, generator=generator) * 9).to(dtype) for dtype in DTYPES}
    return values | {"scalar": torch.tensor(1.5), "empty": torch.zeros(0, 4), "ünï": torch.arange(7, dtype=torch.uint8)}


def test_tensors_and_metadata_survive(tmp_path: Path) -> None:
    tensors, metadata = make_tensors(), {"format": "pt", "note": 'a "quoted" ü'}
    save_file(tensors, tmp_path / "theirs.safetensors", metadata)
    tools("rewrite", tmp_path / "theirs.safetensors", tmp_path / "ours.safetensors")
    ours = load_file(tmp_path / "ours.safetensors")
    assert ours.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert ours[name].dtype == tensor.dtype
        assert torch.equal(ours[name], tensor), name
    with safe_open(tmp_path / "ours.safetensors", "pt") as file:
        assert file.metadata() == metadata


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_bytes_are_those_of_the_library(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    save_file(make_tensors(), tmp_path / "theirs.safetensors", metadata)
    tools("rewrite", tmp_path / "theirs.safetensors", tmp_path / "ours.safetensors")
    assert (tmp_path / "ours.safetensors").read_bytes() == (tmp_path / "theirs.safetensors").read_bytes()
