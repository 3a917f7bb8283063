"""Quantizes a .tflite model with Google's AI Edge Quantizer (Python), statically to int8. Prints seconds, peak bytes and
the error, if any, as JSON.

    pip install ai-edge-quantizer pillow
    python3 bench/peer_quantize_tflite.py model.tflite out.tflite images/     (images prepared as for the sample model)
    python3 bench/peer_quantize_tflite.py model.tflite out.tflite random
"""

import json
import pathlib
import resource
import sys
import time

import numpy as np

start = time.time()

from ai_edge_litert.interpreter import Interpreter  # noqa: E402
from ai_edge_quantizer import quantizer, recipe  # noqa: E402

model, output, data = sys.argv[1:4]
interpreter = Interpreter(model)
signatures = interpreter.get_signature_list()
key, names = next(iter(signatures.items())) if signatures else (None, None)
details = interpreter.get_input_details()


def samples():
    if data == "random":
        generator = np.random.default_rng(0)
        for _ in range(20):
            yield [generator.standard_normal(entry["shape"]).astype(entry["dtype"]) for entry in details]
        return
    from PIL import Image

    for path in sorted(p for p in pathlib.Path(data).rglob("*") if p.suffix in (".png", ".jpg")):
        pixels = np.asarray(Image.open(path).convert("RGB"), np.float32)
        yield [((pixels / 255 - 0.5) / 0.5)[None]]


problem = None
try:
    inputs = names["inputs"] if names else [entry["name"] for entry in details]
    tool = quantizer.Quantizer(model, recipe.static_wi8_ai8())
    calibrated = tool.calibrate({key: [dict(zip(inputs, sample)) for sample in samples()]})
    tool.quantize(calibrated).export_model(output, overwrite=True)
except Exception as error:  # noqa: BLE001
    problem = f"{type(error).__name__}: {error}".splitlines()[0][:300]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": time.time() - start, "peakBytes": peak, "problem": problem}))
