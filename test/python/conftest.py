"""What all Python tests share: this project's code called as a program, and closeness as the project means it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.numpy

os.environ["HF_HUB_OFFLINE"] = "1"

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 1e-4

FloatArray = npt.NDArray[np.floating]
Sequences = list[list[int]]
OurLogits = Callable[[Path, Sequences], list[FloatArray]]


def node(*arguments: str | Path, cwd: Path = ROOT) -> str:
    """What a Node program prints; a failure shows what it said."""
    done = subprocess.run(["node", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (
        f"node {' '.join(map(str, arguments))}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done.stdout


def tools(*arguments: str | Path) -> str:
    """Runs test/python/tools.ts, as scripts/testPython.mjs bundled it."""
    return node(os.environ["RLVR_TEST_TOOLS"], *arguments)


def assert_close(ours: FloatArray, theirs: FloatArray) -> None:
    """|a - b| <= 1e-4 * max(1, |b|) everywhere."""
    assert ours.shape == theirs.shape
    excess = np.abs(ours - theirs) - TOLERANCE * np.maximum(1, np.abs(theirs))
    assert np.all(excess <= 0), f"differs by up to {np.abs(ours - theirs).max():.2e}"


@pytest.fixture
def our_logits(tmp_path: Path) -> OurLogits:
    """Logits [tokens, vocabulary] of each sequence, by this project."""

    def compute(model: Path, sequences: Sequences) -> list[FloatArray]:
        request, result = tmp_path / "request.json", tmp_path / "logits.safetensors"
        request.write_text(json.dumps({"model": str(model), "sequences": sequences}))
        tools("logits", request, result)
        tensors = safetensors.numpy.load_file(result)
        return [tensors[str(index)] for index in range(len(sequences))]

    return compute
