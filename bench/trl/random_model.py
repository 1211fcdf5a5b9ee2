"""Writes a Qwen2 folder of 1.59 M random parameters (d 192, 4 layers), with a tokenizer of one token per character.

    python random_model.py FOLDER SEED

A random policy earns nothing by solving problems, and a step without reward has no gradient to compute. So 0 and 1 are
the only digits of its alphabet: the last number of a random completion is a single 0 or 1 most of the time, and nearly
every group of 8 holds right and wrong answers.
"""

from __future__ import annotations

import json
import string
import sys
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

PAD, END = "<|endoftext|>", "<|im_end|>"
ALPHABET = "01" + string.ascii_letters + " ?!:;_#@"


def build_tokenizer() -> PreTrainedTokenizerFast:
    """One token per character."""
    vocabulary = {token: index for index, token in enumerate([PAD, END, *ALPHABET])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="#"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )


def main() -> None:
    """Writes the folder named on the command line."""
    folder, seed = Path(sys.argv[1]), int(sys.argv[2])
    tokenizer = build_tokenizer()
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=6,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    model = Qwen2ForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    print(json.dumps({"parameters": sum(p.numel() for p in model.parameters())}))


if __name__ == "__main__":
    main()
