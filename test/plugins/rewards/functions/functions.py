import os
import time


def reward(prompt, completion, reference, rest):
    return float(reference in completion) + len(rest["completionIds"]) / rest["maxCompletionTokens"]


def three(prompt, completion, reference):
    print("printed", completion)
    return completion == reference


def bad(prompt, completion, reference):
    if completion == "nothing":
        return None
    if completion == "throw":
        raise ValueError("no such luck")
    if completion == "loop":
        while True:
            pass
    if completion == "block":
        time.sleep(1000)
    if completion == "exit":
        os._exit(0)
    if completion == "text":
        return "1"
    return float(completion)
