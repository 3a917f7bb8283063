"""Judges our compressed Core ML models by coremltools, which needs no Mac for that: its decompress_weights must give
what our reader gives, bit for bit. With --peer it also compresses the same models by coremltools and says how long
either took and how large the results are. For the sample, decompressed weights are put into its ONNX twin, which ONNX
Runtime runs on the sample's images, since Core ML does not run here.

    node scripts/build.mjs
    python3 bench/coreml_peers.py models/shapes_mobilenetv2.mlpackage ../shared/models/coreml/*
    python3 bench/coreml_peers.py --peer --twin models/shapes_mobilenetv2.onnx --images models/shapes \\
        models/shapes_mobilenetv2.mlpackage

With --calibration models/shapes/calibration our weights are rounded by the twin's activations, too.

Needs coremltools (9.0), numpy; for --twin onnx, onnxruntime and Pillow; for palettes of the peer scikit-learn.
"""

import argparse
import json
import logging
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
os.environ["TQDM_DISABLE"] = "1"

import coremltools as ct
import coremltools.optimize.coreml as cto
import numpy as np
from coremltools.models.neural_network import quantization_utils

RECIPES = ["float16", "int8-weights", "int4-weights", "palette-8", "palette-6", "palette-4", "palette-3", "palette-2",
           "palette-1", "sparse"]
HERE = pathlib.Path(__file__).parent

parser = argparse.ArgumentParser()
parser.add_argument("models", nargs="+")
parser.add_argument("--recipes", nargs="*", default=["int8-weights", "palette-4", "int4-weights"])
parser.add_argument("--all", action="store_true", help="every recipe")
parser.add_argument("--peer", action="store_true")
parser.add_argument("--twin")
parser.add_argument("--images")
parser.add_argument("--calibration", help="images by which our weights are rounded, through --twin")
parser.add_argument("--group-size", help="of our palettes")
options = parser.parse_args()


def size(path):
    path = pathlib.Path(path)
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) if path.is_dir() else path.stat().st_size


def program_weights(model):
    """Every constant of a program, those of blocks inside operations too."""
    found = {}

    def walk(block):
        for op in block.operations:
            for inside in op.blocks:
                walk(inside)
            if op.op_type == "const" and isinstance(op.outputs[0].val, np.ndarray):
                found[op.outputs[0].name] = op.outputs[0].val

    for function in model._mil_program.functions.values():
        walk(function)
    return found


def network_weights(spec):
    """Weights of all layers of a neural network, dequantized by coremltools."""
    network = getattr(spec, spec.WhichOneof("Type"))
    weighted = {layer.name: params.weights for layer in network.layers
                if hasattr(params := getattr(layer, layer.WhichOneof("layer")), "weights")}
    # It takes weights that are float16 alone for indices of a table that is not there.
    if any(len(weights.rawValue) for weights in weighted.values()):
        quantization_utils._dequantize_nn_spec(network)
    found = {}
    for name, weights in weighted.items():
        values = np.array(weights.floatValue, np.float32)
        if values.size == 0:
            values = np.frombuffer(weights.float16Value, np.float16).astype(np.float32)
        found[f"{name}.weights"] = values
    return found


def judged(path):
    model = ct.models.MLModel(str(path), skip_model_load=True)
    spec = model.get_spec()
    if spec.WhichOneof("Type") != "mlProgram":
        return network_weights(spec)
    return program_weights(cto.decompress_weights(model))


def ours(path):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npx", "tsx", HERE / "coreml-weights.ts", path, folder], check=True)
        names = json.loads((pathlib.Path(folder) / "names.json").read_text())
        return {name: np.fromfile(f"{folder}/{i}.f32", np.float32) for i, (name, _) in enumerate(names)}


def compressed(model, recipe, folder):
    suffix = pathlib.Path(model).suffix
    target = f"{folder}/{pathlib.Path(model).stem}.{recipe}{suffix}"
    more = ["--group-size", options.group_size] if options.group_size and recipe.startswith("palette") else []
    if options.calibration and model == options.models[0]:
        more += ["--twin", options.twin, "--data", options.calibration, "--validate", options.images, "--mean", "0.5",
                 "--std", "0.5"]
    start = time.perf_counter()
    run = subprocess.run(["node", HERE.parent / "dist/cli.js", "quantize", model, "--recipe", recipe, "-o", target,
                          "--json", *more], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if run.returncode != 0:
        return None, seconds, run.stderr.strip()
    return target, seconds, json.loads(run.stdout)


def peer(model, recipe):
    start = time.perf_counter()
    source = ct.models.MLModel(model, skip_model_load=True)
    config = {
        "int8-weights": lambda: cto.OpLinearQuantizerConfig(mode="linear_symmetric"),
        "int4-weights": lambda: cto.OpLinearQuantizerConfig(mode="linear_symmetric", dtype="int4",
                                                            granularity="per_block", block_size=32),
    }.get(recipe) or (lambda: cto.OpPalettizerConfig(mode="kmeans", nbits=int(recipe[-1])))
    apply = cto.palettize_weights if recipe.startswith("palette") else cto.linear_quantize_weights
    result = apply(source, cto.OptimizationConfig(config()))
    target = tempfile.mkdtemp() + "/peer.mlpackage"
    result.save(target)
    return target, time.perf_counter() - start


class Twin:
    """The same network in ONNX; weights are found by their values in the float package."""

    def __init__(self, path, images, model):
        import onnx
        from onnx import numpy_helper
        from PIL import Image

        self.onnx, self.helper = onnx, numpy_helper
        self.proto = onnx.load(path)
        self.float = {name: np.asarray(v) for name, v in judged(model).items()}
        files = sorted(p for p in pathlib.Path(images).rglob("*") if p.suffix in (".png", ".jpg"))
        self.samples = [((np.asarray(Image.open(f).convert("RGB"), np.float32) / 255 - 0.5) / 0.5)
                        .transpose(2, 0, 1)[None] for f in files]
        self.expected = self.run(self.proto)

    def run(self, proto):
        import onnxruntime

        session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        return np.concatenate([session.run(None, {name: x})[0].ravel()[None] for x in self.samples])

    def decibels(self, weights):
        changed = self.onnx.ModelProto()
        changed.CopyFrom(self.proto)
        put = 0
        for tensor in changed.graph.initializer:
            values = self.helper.to_array(tensor)
            for name, before in self.float.items():
                if before.size == values.size and np.array_equal(before.ravel(), values.ravel()):
                    after = np.asarray(weights[name], np.float32).ravel()
                    put += not np.array_equal(after, before.ravel())
                    tensor.CopyFrom(self.helper.from_array(after.reshape(values.shape), tensor.name))
                    break
        got = self.run(changed)
        noise = ((self.expected - got) ** 2).sum()
        same = (self.expected.argmax(1) == got.argmax(1)).mean()
        return 10 * np.log10((self.expected**2).sum() / noise), same, put


twin = Twin(options.twin, options.images, options.models[0]) if options.twin else None
recipes = RECIPES if options.all else options.recipes
with tempfile.TemporaryDirectory() as folder:
    for model in options.models:
        print(f"{model} ({size(model):,} bytes)")
        for recipe in recipes:
            target, seconds, report = compressed(model, recipe, folder)
            if target is None:
                print(f"  {recipe}: {report}")
                continue
            theirs, mine = judged(target), ours(target)
            # coremltools may fold or rename what it does not need; every weight that it has must be ours.
            shared = [name for name in mine if name in theirs and theirs[name].size == mine[name].size]
            large = [name for name in shared if mine[name].size > 2048]
            equal = [name for name in large
                     if np.array_equal(np.asarray(theirs[name], np.float32).ravel().view(np.uint32),
                                       mine[name].view(np.uint32))]
            decibels = report.get("weightSqnrDb")
            line = (f"  {recipe}: {size(target):,} bytes, {seconds:.1f} s, weights "
                    f"{'without loss' if decibels is None else f'{decibels:.2f} dB'}; "
                    f"{len(equal)} of {len(large)} large weights equal bit for bit")
            if twin and model == options.models[0]:
                line += "; output {:.2f} dB, same top class {:.1%}, {} weights changed".format(*twin.decibels(mine))
            print(line, flush=True)
            if options.peer and not recipe.startswith(("float16", "sparse")):
                try:
                    other, took = peer(model, recipe)
                except Exception as error:
                    print(f"    coremltools: {error}")
                    continue
                line = f"    coremltools: {size(other):,} bytes, {took:.1f} s"
                if twin and model == options.models[0]:
                    weights = {**twin.float, **judged(other)}
                    aliases = {name.rsplit("_", 1)[0]: value for name, value in weights.items()
                               if name.endswith(("_quantized", "_palettized"))}
                    line += "; output {:.2f} dB, same top class {:.1%}, {} weights changed".format(
                        *twin.decibels({**weights, **aliases}))
                print(line, flush=True)
                shutil.rmtree(pathlib.Path(other).parent)
