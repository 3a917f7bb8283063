"""Quantizes a model with Python's onnxruntime.quantization, as its documentation recommends: pre-processing, then
static QDQ, MinMax, per channel, uint8 activations and int8 weights. Prints seconds and peak bytes as JSON.

    python3 bench/peer_quantize.py model.onnx out.onnx images/      (images prepared as for the sample model, and resized)
    python3 bench/peer_quantize.py model.onnx out.onnx random
"""

import json
import pathlib
import resource
import sys
import tempfile
import time

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

model, output, data = sys.argv[1:4]
entry = onnxruntime.InferenceSession(model).get_inputs()[0]
shape = [size if isinstance(size, int) else 1 for size in entry.shape]


def samples():
    if data == "random":
        generator = np.random.default_rng(0)
        for _ in range(20):
            yield generator.standard_normal(shape).astype(np.float32)
        return
    from PIL import Image

    for path in sorted(p for p in pathlib.Path(data).rglob("*") if p.suffix in (".png", ".jpg")):
        image = Image.open(path).convert("RGB")
        pixels = np.asarray(image.resize((shape[3], shape[2])), np.float32)
        yield ((pixels / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]


class Reader(CalibrationDataReader):
    def __init__(self):
        self.samples = samples()

    def get_next(self):
        sample = next(self.samples, None)
        return None if sample is None else {entry.name: sample}


start = time.time()
with tempfile.TemporaryDirectory() as folder:
    prepared = f"{folder}/prepared.onnx"
    quant_pre_process(model, prepared)
    quantize_static(
        prepared,
        output,
        Reader(),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
seconds = time.time() - start
print(json.dumps({"seconds": seconds, "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
