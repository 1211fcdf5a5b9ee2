"""The tokenizer and the chat template of the base, also where a merged folder has them, do what transformers does with them."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import BASE, read_json, tools
from transformers import AutoTokenizer

TEXTS = [
    "",
    "What is (12+7)*3-5?",
    "Solve 3*x+4=19",
    " two  spaces\n\nand\ttabs ",
    "<think>12+7=19, 19*3=57, 57-5=52</think>\\boxed{52}",
    "<|im_start|>user\nWhat is 1+1?<|im_end|>\n<|im_start|>assistant\n",
    "not in the vocabulary: é, 你好, \U0001f600, \x00, \ufeff, e\u0301",
    "<think",
]
CONVERSATIONS = [
    [{"role": "user", "content": "What is 2+2?"}],
    [{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": " What is 2+2? "}],
    [
        {"role": "user", "content": "What is 2+2?"},
        {"role": "assistant", "content": "<think>2+2=4</think>\\boxed{4}"},
        {"role": "user", "content": "Solve x+1=3"},
    ],
]


def check_folder(folder: Path, tmp_path: Path) -> None:
    request, result = tmp_path / "request.json", tmp_path / "text.json"
    conversations = [
        {"messages": messages, "generation": generation} for messages in CONVERSATIONS for generation in (False, True)
    ]
    request.write_text(json.dumps({"model": str(folder), "texts": TEXTS, "conversations": conversations}))
    tools("text", request, result)
    ours = read_json(result)
    theirs = AutoTokenizer.from_pretrained(folder)
    assert ours["size"] == len(theirs)
    for text, mine in zip(TEXTS, ours["encoded"], strict=True):
        ids = theirs(text, add_special_tokens=False)["input_ids"]
        assert mine == {
            "ids": ids,
            "special": theirs(text)["input_ids"],
            "decoded": theirs.decode(ids),
            "plain": theirs.decode(ids, skip_special_tokens=True),
        }, text
    assert ours["rendered"] == [
        theirs.apply_chat_template(entry["messages"], tokenize=False, add_generation_prompt=entry["generation"])
        for entry in conversations
    ]


def test_base(tmp_path: Path) -> None:
    check_folder(BASE, tmp_path)


def test_merged_run(merged: Path, tmp_path: Path) -> None:
    check_folder(merged, tmp_path)
