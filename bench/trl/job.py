"""What one benchmark run of the TRL side is told, as a JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Evaluation:
    """Held-out problems answered before and after training, as the experiment's own evaluation does."""

    problems: list[str]
    """JSON Lines files of {"prompt", "reference"}, one for each set."""
    temperature: float
    top_p: float
    batch_size: int


@dataclass(frozen=True)
class Job:
    """One GRPO run."""

    model: str
    """Hugging Face model folder."""
    problems: str
    """JSON Lines of {"prompt", "reference"}; a prompt is a string or a list of chat messages."""
    output: str
    """Folder for the adapter."""
    reward: str
    """A key of rewards.REWARDS."""
    steps: int
    batch_size: int
    """Completions per step."""
    group_size: int
    max_completion_tokens: int
    min_completion_tokens: int
    """Equal to the maximum: every completion has the same length, because the end token is not sampled."""
    temperature: float
    learning_rate: float
    schedule: str
    """A learning-rate schedule by transformers' name."""
    rank: int
    alpha: int
    target_modules: list[str]
    precision: str
    """float32, or bfloat16: float32 weights under torch's bfloat16 autocast, TRL's default where there is hardware for it."""
    threads: int
    seed: int
    evaluation: Evaluation | None = None


def read_job(path: Path) -> Job:
    """Reads a job; raises ValueError for missing or unknown keys."""
    data: dict[str, Any] = json.loads(path.read_text())
    evaluation = data.pop("evaluation", None)
    known = {field.name for field in fields(Job)} - {"evaluation"}
    if set(data) != known:
        raise ValueError(f"{path}: missing keys {sorted(known - set(data))}, unknown keys {sorted(set(data) - known)}")
    return Job(**data, evaluation=None if evaluation is None else Evaluation(**evaluation))


def read_problems(path: str) -> dict[str, list[Any]]:
    """The columns of a problem file, as datasets.Dataset.from_dict takes them."""
    rows = [json.loads(line) for line in Path(path).read_text().splitlines() if line]
    return {"prompt": [row["prompt"] for row in rows], "reference": [row["reference"] for row in rows]}
