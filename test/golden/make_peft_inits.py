"""Golden data for the initialisations that make_peft.py leaves out: CorDA, LoRA-GA and LoftQ, by PEFT itself.

    HF_HUB_OFFLINE=1 python make_peft_inits.py --out DIR [--seed N]      (bitsandbytes is needed beside PEFT)

Writes DIR/peft-inits in the formats of README.peft.md; README.peft-inits.md says what differs. PEFT's LoftQ names CUDA as the device that it
computes on; here its source is compiled again with the CPU in that place.
"""
import argparse
import inspect
import os
import shutil
from pathlib import Path

import torch
from bitsandbytes import functional
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from peft import get_peft_model
from peft.tuners.lora import layer as lora_layer
from peft.tuners.lora.corda import preprocess_corda
from peft.tuners.lora.loraga import preprocess_loraga
from peft.utils import loftq_utils

import make_peft as common

NETS = {
    "tiny": [
        {"name": "square", "type": "linear", "in": 12, "out": 12, "bias": True},
        {"name": "tall", "type": "linear", "in": 6, "out": 16, "bias": False},
        {"name": "wide", "type": "linear", "in": 16, "out": 6, "bias": True},
    ],
}

NF4 = [
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
    0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1.0,
]


def case(name, options, batches=0, equal_peaks=False, **more):
    config = {"r": 3, "lora_alpha": 6, "target_modules": ["square", "tall", "wide"]} | options
    return {"name": name, "method": "lora", "net": "tiny", "config": config, "batches": batches, "equal_peaks": equal_peaks} | more


def ga(direction, scale, **more):
    return {"init_lora_weights": "lora_ga", "lora_ga_config": {"direction": direction, "scale": scale} | more}


def corda(method):
    return {"init_lora_weights": "corda", "corda_config": {"corda_method": method}}


def loftq(bits, rounds, **more):
    return {"init_lora_weights": "loftq", "loftq_config": {"loftq_bits": bits, "loftq_iter": rounds}} | more


CASES = [
    case("corda-ipm", corda("ipm"), batches=1, convert=True),
    case("corda-kpm", corda("kpm") | {"use_rslora": True}, batches=1, convert=True),
    case("corda-batches", corda("ipm") | {"rank_pattern": {"tall": 2}}, batches=3, equal_peaks=True, convert=True),
    case("corda-few-rows", corda("ipm"), batches=1, rows=5),
    case("loraga", ga("ArB2r", "stable"), batches=2, convert=True, free_signs=True),
    case("loraga-alternating", ga("ArBr", "unit"), batches=1, free_signs=True),
    case("loraga-minor", ga("A2rBr", "gd_scale") | {"rank_pattern": {"tall": 2}}, batches=3, free_signs=True),
    case("loraga-rslora", ga("ArB2r", "stable", stable_gamma=64) | {"use_rslora": True}, batches=1, free_signs=True),
    case("loftq", loftq(4, 1, lora_alpha=3)),
    case("loftq-iterations", loftq(4, 4, lora_alpha=3)),
    case("loftq-int8", loftq(8, 1, lora_alpha=3)),
]

FOUND = {}


def batches_of(entry, layers):
    """Inputs and weights of the loss for each batch of calibration, [1, rows, features]."""
    drawn = []
    for i in range(entry["batches"]):
        x, t = common.draw_batch(layers, [1, entry.get("rows", 24)], entry["seed"] + 100 + i)
        drawn.append(({k: v / v.max() if entry["equal_peaks"] else v for k, v in x.items()}, t))
    return drawn


def dequantize(quantised, state):
    """bitsandbytes' own plain torch; its CPU kernel takes the scale of another block where a row is not made of whole blocks."""
    code = quantised.reshape(-1)
    return _dequantize_4bit_compute(code, state.absmax, state.code, state.blocksize, state.shape, state.dtype)


def loftq_on_cpu():
    """PEFT's function with the device replaced."""
    functional.dequantize_4bit = dequantize
    source = inspect.getsource(loftq_utils.loftq_init)
    assert source.count('"cuda"') == 1
    scope = dict(vars(loftq_utils))
    exec(source.replace('"cuda"', '"cpu"'), scope)
    return scope["loftq_init"]


def check_normal_float(weight, frozen):
    """What bitsandbytes made of a weight, from the definition: the nearest of 16 levels times the largest magnitude of the block."""
    levels = torch.tensor(NF4)
    for own, made in zip(weight.flatten().split(64), frozen.flatten().split(64)):
        peak = own.abs().max()
        assert common.gap(peak * levels[(own[:, None] / peak - levels).abs().argmin(dim=1)], made) < 1e-6


def attach(net, entry):
    """The adapter as PEFT starts it, after PEFT's own collection of activations or gradients."""
    FOUND.clear()
    torch.manual_seed(entry["seed"] + 1)
    config = common.make_config(entry["method"], entry["config"])
    layers = NETS[entry["net"]]
    batches = batches_of(entry, layers)
    if config.corda_config is not None:
        preprocess_corda(net, config, run_model=lambda: [net(x=x) for x, _ in batches])
        FOUND.update({f"calibration_x{i}.{k}": v for i, (x, _) in enumerate(batches) for k, v in x.items()})
    if config.lora_ga_config is not None:
        preprocess_loraga(net, config, lambda: [net(x={k: v.clone().requires_grad_() for k, v in x.items()}, t=t).loss.backward() for x, t in batches])
        FOUND.update({f"calibration_grad.{k}": net.get_submodule(k)._peft_loraga_grad.clone() for k in net.names})
    base = common.base_tensors(net)
    model = get_peft_model(net, config)
    if config.loftq_config == {"loftq_bits": 4, "loftq_iter": 1}:
        for name, weight in common.changed_base(model, base).items():
            check_normal_float(base[name], weight)
    return model, config


def calibration(model, layers, entry):
    """Stands where make_peft.py collects EVA's batches."""
    return dict(FOUND)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--seed", type=int, default=9000)
    args = parser.parse_args()
    torch.set_num_threads(1)
    os.environ["HF_HUB_OFFLINE"] = "1"
    out = args.out / "peft-inits"
    shutil.rmtree(out, ignore_errors=True)
    spec = {"nets": {name: {"layers": layers, "seed": args.seed, "shape": [2, 3]} for name, layers in NETS.items()}}
    common.make_nets(spec, out)
    common.attach, common.eva = attach, calibration
    lora_layer.loftq_init = loftq_on_cpu()
    for index, entry in enumerate(CASES):
        seeded = entry | {"seed": args.seed + 10 * (index + 1), "eva_batches": True}
        if entry.get("free_signs"):
            seeded["note"] = "A and B are of different singular triplets: the sign of each row of A and of each column of B is free"
        common.layers_case(seeded, spec, out / "layers")


if __name__ == "__main__":
    main()
