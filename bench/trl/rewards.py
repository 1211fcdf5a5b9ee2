"""The rewards of the benchmarked experiments, in Python: 1 for the right answer, else 0."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

BOXED = re.compile(r"\\boxed\{\s*(-?\d+)\s*\}")
NUMBER = re.compile(r"-?\d+")


def text_of(completion: Any) -> str:
    """TRL passes plain text, or for chat prompts a list with the assistant's message."""
    return completion if isinstance(completion, str) else str(completion[0]["content"])


def last_match(pattern: re.Pattern[str], text: str) -> int | None:
    """The last integer that the pattern finds, if any."""
    found: list[str] = pattern.findall(text)
    return int(found[-1]) if found else None


def boxed(text: str, reference: str) -> float:
    r"""Whether the last \boxed{} integer equals the reference."""
    return float(last_match(BOXED, text) == int(reference))


def last_number(text: str, reference: str) -> float:
    """Whether the last integer anywhere equals the reference."""
    return float(last_match(NUMBER, text) == int(reference))


REWARDS: dict[str, Callable[[str, str], float]] = {"boxed": boxed, "last_number": last_number}


def reward_function(name: str) -> Callable[..., list[float | None]]:
    """A reward in the form that GRPOTrainer calls."""
    score = REWARDS[name]

    def reward(completions: list[Any], reference: list[str], **_: Any) -> list[float | None]:
        return [score(text_of(completion), answer) for completion, answer in zip(completions, reference, strict=True)]

    return reward
