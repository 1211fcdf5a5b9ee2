"""The other side of the benchmark: TRL's GRPOTrainer with a PEFT LoRA on the CPU.

    python trl_grpo.py JOB.json

Prints JSON lines: one `step` per optimizer step, `evaluation` before and after where asked for, `saved` at the end.
`seconds` counts from the start of this process, so it holds the interpreter's start and the imports.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import psutil
import torch
from datasets import Dataset
from job import Evaluation, Job, read_job, read_problems
from peft import LoraConfig
from rewards import REWARDS, reward_function
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

PROCESS_START = psutil.Process().create_time()


def emit(event: str, **values: Any) -> None:
    """Prints one event."""
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(
        json.dumps({"event": event, "seconds": time.time() - PROCESS_START, "peakRssBytes": peak, **values}), flush=True
    )


class TimedTrainer(GRPOTrainer):
    """GRPOTrainer that notes how long the sampling of a step took and how many tokens it gave."""

    rollout_seconds = 0.0
    rollout_tokens = 0

    def _generate_single_turn(self, *args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        completion_ids, logprobs = super()._generate_single_turn(*args, **kwargs)
        self.rollout_seconds += time.perf_counter() - start
        self.rollout_tokens += sum(len(ids) for ids in completion_ids)
        return completion_ids, logprobs


class StepReporter(TrainerCallback):
    """Emits a `step` event at the end of each optimizer step."""

    trainer: TimedTrainer

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called by the trainer after each optimizer step."""
        emit(
            "step",
            step=state.global_step,
            rollout=self.trainer.rollout_seconds,
            tokens=self.trainer.rollout_tokens,
            reward=self.trainer._metrics["train"]["reward"][-1],
        )
        self.trainer.rollout_seconds, self.trainer.rollout_tokens = 0.0, 0


def configure(job: Job) -> GRPOConfig:
    """TRL's settings for the CPU, with everything off that costs time and was not asked for."""
    return GRPOConfig(
        output_dir=job.output,
        seed=job.seed,
        use_cpu=True,
        bf16=job.precision == "bfloat16",
        max_steps=job.steps,
        per_device_train_batch_size=job.batch_size,
        num_generations=job.group_size,
        max_completion_length=job.max_completion_tokens,
        generation_kwargs={"min_new_tokens": job.min_completion_tokens} if job.min_completion_tokens > 0 else None,
        temperature=job.temperature,
        learning_rate=job.learning_rate,
        lr_scheduler_type=job.schedule,
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
        save_strategy="no",
        eval_strategy="no",
        report_to="none",
        logging_steps=1,
        disable_tqdm=True,
    )


def build_trainer(job: Job) -> TimedTrainer:
    """The trainer on a local model folder."""
    model = AutoModelForCausalLM.from_pretrained(job.model, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(job.model, padding_side="left")
    reporter = StepReporter()
    trainer = TimedTrainer(
        model=model,
        args=configure(job),
        reward_funcs=reward_function(job.reward),
        train_dataset=Dataset.from_dict(read_problems(job.problems)),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            r=job.rank, lora_alpha=job.alpha, target_modules=job.target_modules, task_type="CAUSAL_LM"
        ),
        callbacks=[reporter],
    )
    trainer.remove_callback(PrinterCallback)
    reporter.trainer = trainer
    return trainer


def evaluate(trainer: TimedTrainer, job: Job, evaluation: Evaluation) -> None:
    """Accuracy on each set of held-out problems, one completion a problem."""
    model: Any = trainer.model
    model.eval()
    accuracy = [accuracy_on(read_problems(path), trainer, job, evaluation) for path in evaluation.problems]
    model.train()
    emit("evaluation", accuracy=accuracy)


def accuracy_on(problems: dict[str, list[Any]], trainer: TimedTrainer, job: Job, evaluation: Evaluation) -> float:
    """The share of problems that a sampled completion solves."""
    tokenizer: Any = trainer.processing_class
    model: Any = trainer.model
    score, right = REWARDS[job.reward], 0.0
    sampling: dict[str, Any] = (
        {"do_sample": True, "temperature": evaluation.temperature, "top_p": evaluation.top_p, "top_k": 0}
        if evaluation.temperature > 0
        else {"do_sample": False}
    )
    for start in range(0, len(problems["prompt"]), evaluation.batch_size):
        rows = slice(start, start + evaluation.batch_size)
        prompts = problems["prompt"][rows]
        texts = [
            prompt
            if isinstance(prompt, str)
            else tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
            for prompt in prompts
        ]
        inputs = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        with torch.no_grad():
            output = model.generate(**inputs, max_new_tokens=job.max_completion_tokens, **sampling)
        answers = tokenizer.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        right += sum(
            score(text, reference) for text, reference in zip(answers, problems["reference"][rows], strict=True)
        )
    return right / len(problems["prompt"])


def main() -> None:
    """Runs the job named on the command line."""
    job = read_job(Path(sys.argv[1]))
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(job.threads)
    trainer = build_trainer(job)
    emit("ready")
    if job.evaluation is not None:
        evaluate(trainer, job, job.evaluation)
    trainer.train()
    if job.evaluation is not None:
        evaluate(trainer, job, job.evaluation)
    trainer.save_model(job.output)
    emit("saved")


if __name__ == "__main__":
    main()
