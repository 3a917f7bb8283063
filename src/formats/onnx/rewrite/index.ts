import type { Rewriter } from '../../rewriter';
import { clean } from './clean';
import { writeInt8Dynamic } from './dynamic';
import { float16Tensors, writeFloat16 } from './float16';
import { writeInt8 } from './int8';
import { withMatchedMeans } from './matchMeans';
import { withChannelMeans, withRanges } from './observe';
import { planModel } from './plan';
import { writeProbe } from './probe';
import { refusal, suggest } from './refusal';

export const rewriter: Rewriter = {
  refusal,
  suggest,
  clean,
  plan: planModel,
  withRanges,
  withChannelMeans,
  withMatchedMeans,
  probe: writeProbe,
  int8: writeInt8,
  int8Dynamic: writeInt8Dynamic,
  float16Tensors,
  float16: writeFloat16,
};
