import type { ModelFile } from '../../format';
import type { QuantizableLayer, Rewriter } from '../../rewriter';
import { clean } from './clean';
import { writeInt8Dynamic } from './dynamic';
import { float16Tensors, writeFloat16 } from './float16';
import { editorForInt8, writeInt8 } from './int8';
import { withMatchedMeans } from './matchMeans';
import { withChannelMeans, withRanges } from './observe';
import { planInt8, tensorsWithRange } from './plan';
import { writeProbe } from './probe';
import { operator } from './protos';
import { refusal, suggest } from './refusal';

export const rewriter: Rewriter = {
  refusal,
  suggest,
  clean,
  layers,
  rangesNeeded: (cleaned, keep) => tensorsWithRange(editorForInt8(cleaned, keep), keep),
  withRanges,
  withChannelMeans,
  withMatchedMeans,
  probe: writeProbe,
  int8: writeInt8,
  int8Dynamic: writeInt8Dynamic,
  float16Tensors,
  float16: writeFloat16,
};

function layers(cleaned: ModelFile, keep: ReadonlySet<string>): QuantizableLayer[] {
  return planInt8(editorForInt8(cleaned, keep), keep).layers.map((layer) => ({
    name: layer.name,
    op: operator(layer.node),
    rawOutput: layer.rawOutput,
    output: layer.output,
    correctable: layer.kind === 'product' && layer.node.opType !== 'MatMul',
  }));
}
