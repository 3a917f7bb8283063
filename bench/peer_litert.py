"""Runs models on Python's interpreter, three times each, and writes what they give: the independent judge of
bench/litert-native.ts. Needs ai-edge-litert and numpy.

    python3 bench/peer_litert.py jobs.json

jobs.json: [{"model", "signature": name or null, "inputs": {"name": {"file", "dtype", "shape"}}, "outputs": {"name": file}}].
Names are the signature's, or without one those of the main graph's tensors. Prints, for each, "ok" or what went wrong.
"""

import json
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

RUNS = 3


def read(given):
    return np.fromfile(given["file"], dtype=given["dtype"]).reshape(given["shape"])


def run_signature(interpreter, job, inputs):
    runner = interpreter.get_signature_runner(job["signature"])
    return [runner(**inputs) for _ in range(RUNS)]


def run_main(interpreter, job, inputs):
    for detail in interpreter.get_input_details():
        interpreter.resize_tensor_input(detail["index"], inputs[detail["name"]].shape)
    interpreter.allocate_tensors()
    results = []
    for _ in range(RUNS):
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], inputs[detail["name"]])
        interpreter.invoke()
        results.append({d["name"]: interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()})
    return results


def run(job):
    interpreter = Interpreter(model_path=job["model"], num_threads=1)
    inputs = {name: read(given) for name, given in job["inputs"].items()}
    results = (run_main if job["signature"] is None else run_signature)(interpreter, job, inputs)
    for name, file in job["outputs"].items():
        first, *others = [np.ascontiguousarray(result[name]).tobytes() for result in results]
        if any(other != first for other in others):
            return f"its own runs differ in {name}"
        with open(file, "wb") as output:
            output.write(first)
    return "ok"


with open(sys.argv[1], encoding="utf-8") as text:
    for job in json.load(text):
        try:
            print(run(job), flush=True)
        except Exception as error:  # whatever a model does is a line of the report
            print(" ".join(str(error).split())[:200], flush=True)
