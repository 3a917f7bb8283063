import path from 'node:path';
import type { OnnxFile } from '../../../src/formats/onnx/file';
import type { NodeProto, TensorProto } from '../../../src/formats/onnx/onnx_pb';
import { makeFloatTensor, makeValueInfo } from '../../../src/formats/onnx/writing/make';
import { seededNormal } from '../../../src/runtime/random';
import { makeModel, reopen, scratchFolder } from '../support';

/** What a test makes a small model of: `x` of float32 becomes `y`, unless it says otherwise. */
export interface Small {
  nodes: NodeProto[];
  initializers?: TensorProto[];
  inputs?: Record<string, (number | string)[]>;
  outputs?: string[];
  opset?: number;
  /** Domains of operators besides ONNX's own. */
  domains?: string[];
  irVersion?: bigint;
  /** Initializers that are inputs as well. */
  asInputs?: string[];
}

/** Where the tests of a file write, and the small models that they make there. */
export function workshop() {
  const folder = scratchFolder();
  let files = 0;
  return {
    folder,
    /** A path that no file has yet. */
    fresh: () => path.join(folder, `fresh-${files++}.onnx`),
    model: (small: Small): OnnxFile => reopen(protoOf(small), folder),
  };
}

function protoOf({
  nodes,
  initializers = [],
  inputs = { x: [1, 4, 6, 6] },
  outputs = ['y'],
  ...more
}: Small) {
  const { opset = 17, domains = [], irVersion, asInputs = [] } = more;
  const given = Object.entries(inputs).map(([name, shape]) => makeValueInfo(name, 'float32', shape));
  const stored = initializers.filter(({ name }) => asInputs.includes(name));
  const made = makeModel(
    {
      name: 'small',
      node: nodes,
      initializer: initializers,
      input: [...given, ...stored.map(({ name, dims }) => makeValueInfo(name, 'float32', dims.map(Number)))],
      output: outputs.map((name) => ({ name, type: { tensorType: { elemType: 1 } } })),
    },
    irVersion === undefined ? {} : { irVersion },
  );
  for (const own of [...made.opsetImport]) {
    own.version = BigInt(opset);
    for (const domain of domains) made.opsetImport.push({ ...own, domain, version: 1n });
  }
  return made;
}

/** Stored tensors of numbers from N(0, 1), or of others made from such, by a seed. */
export function randomTensors(seed: number) {
  const normal = seededNormal(seed);
  const made = (name: string, shape: number[], make: () => number) =>
    makeFloatTensor(name, shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, make));
  return {
    tensor: (name: string, shape: number[], factor = 1) => made(name, shape, () => factor * normal()),
    positive: (name: string, shape: number[]) => made(name, shape, () => 0.2 + Math.abs(normal())),
  };
}
