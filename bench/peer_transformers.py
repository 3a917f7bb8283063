"""Quantizes a transformer with Python's tools, as their documentation recommends. Prints CPU seconds and peak bytes.

    python3 bench/peer_transformers.py dynamic|nbits32|nbits128|float16 model.onnx out.onnx
"""

import json
import resource
import sys
import tempfile

import onnx

kind, model, output = sys.argv[1:4]

if kind == "dynamic":
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        prepared = f"{folder}/prepared.onnx"
        quant_pre_process(model, prepared, skip_symbolic_shape=True)
        quantize_dynamic(prepared, output, per_channel=True, weight_type=QuantType.QInt8)
elif kind == "float16":
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(model), keep_io_types=True), output)
else:
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantizer = MatMulNBitsQuantizer(
        onnx.load(model), block_size=int(kind.removeprefix("nbits")), is_symmetric=True, accuracy_level=4
    )
    quantizer.process()
    quantizer.model.save_model_to_file(output, False)

usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"seconds": usage.ru_utime + usage.ru_stime, "peakBytes": usage.ru_maxrss * 1024}))
