"""Other people's tools open what a run writes: pandas its completions, TensorBoard its metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from conftest import read_json
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

COLUMNS = ["step", "prompt", "completion", "exact_answer", "advantage"]


def read_metrics(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def test_pandas_opens_the_completions(short_run: Path) -> None:
    experiment = read_json(short_run, "run.json")["experiment"]
    table = pd.read_parquet(short_run / "completions")
    assert list(table.columns[: len(COLUMNS)]) == COLUMNS
    assert table.groupby("step").size().to_dict() == dict.fromkeys([1, 2, 3], experiment["rollout"]["batch_size"])
    for metrics, (_, rows) in zip(read_metrics(short_run), table.groupby("step"), strict=True):
        assert np.isclose(rows["exact_answer"].mean(), metrics["reward/mean"], atol=1e-6)
        assert rows["tokens"].sum() == metrics["rollout/tokens"]
        assert rows.groupby("prompt")["advantage"].mean().abs().max() < 1e-5


def test_tensorboard_opens_the_events(short_run: Path) -> None:
    events = EventAccumulator(str(short_run))
    events.Reload()
    metrics = read_metrics(short_run)
    assert set(events.Tags()["scalars"]) == {name for line in metrics for name in line if name != "step"}
    for name in events.Tags()["scalars"]:
        written = [(line["step"], line[name]) for line in metrics if name in line]
        shown = events.Scalars(name)
        assert [event.step for event in shown] == [step for step, _ in written]
        np.testing.assert_allclose([event.value for event in shown], [value for _, value in written], rtol=1e-6)
