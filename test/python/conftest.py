"""What all Python tests share: this project's code called as a program, a short run, and closeness as the project means it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pytest
import safetensors.numpy

os.environ["HF_HUB_OFFLINE"] = "1"

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "samples" / "base"
TOLERANCE = 1e-4

FloatArray = npt.NDArray[np.floating]
Sequences = list[list[int]]


class OurLogits(Protocol):
    """Logits [tokens, vocabulary] of each sequence, by this project, of `model` or `run`."""

    def __call__(self, sequences: Sequences, **subject: Path) -> list[FloatArray]: ...


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


def rlvr(*arguments: str | Path) -> str:
    """Runs the command line, as it was built into dist/."""
    return node(ROOT / "dist" / "cli.js", *arguments)


def read_json(*parts: str | Path) -> Any:
    return json.loads(Path(*parts).read_text(encoding="utf-8"))


def assert_close(ours: FloatArray, theirs: FloatArray) -> None:
    """|a - b| <= 1e-4 * max(1, |b|) everywhere."""
    assert ours.shape == theirs.shape
    excess = np.abs(ours - theirs) - TOLERANCE * np.maximum(1, np.abs(theirs))
    assert np.all(excess <= 0), f"differs by up to {np.abs(ours - theirs).max():.2e}"


def assert_all_close(ours: Sequence[FloatArray], theirs: Sequence[FloatArray]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert_close(mine, other)


def read_logits(file: Path) -> list[FloatArray]:
    """The logits of all sequences, as test/python/tools.ts writes them."""
    tensors = safetensors.numpy.load_file(file)
    return [tensors[str(index)] for index in range(len(tensors))]


@pytest.fixture
def our_logits(tmp_path: Path) -> OurLogits:
    def compute(sequences: Sequences, **subject: Path) -> list[FloatArray]:
        request, result = tmp_path / "request.json", tmp_path / "logits.safetensors"
        paths = {name: str(path) for name, path in subject.items()}
        request.write_text(json.dumps({**paths, "sequences": sequences}))
        tools("logits", request, result)
        return read_logits(result)

    return compute


@pytest.fixture(scope="session")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run: three steps of the default experiment, by the command line and its training worker."""
    runs = tmp_path_factory.mktemp("runs")
    settings = {"training.steps": 3, "evaluation.problems": 16, "evaluation.samples": 1, "evaluation.before": "false"}
    overrides = [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]
    rlvr("run", ROOT / "samples" / "arithmetic.rlvr.yaml", "--json", "--runs-folder", runs, *overrides)
    [run] = [folder for folder in runs.iterdir() if (folder / "run.json").exists()]
    assert read_json(run, "run.json")["status"] == "finished"
    return run


@pytest.fixture(scope="session")
def checkpoint(short_run: Path) -> Path:
    """The folder of the run's last checkpoint, which is a PEFT adapter folder too."""
    return short_run / "checkpoints" / "step-3"


@pytest.fixture(scope="session")
def merged(short_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model folder that `rlvr merge` makes of the run."""
    folder = tmp_path_factory.mktemp("merged") / "model"
    rlvr("merge", short_run.name, "--out", folder, "--runs-folder", short_run.parent)
    return folder
