import type { Rewriter } from '../../rewriter';
import { clean } from './clean';
import { withMatchedMeans } from './matchMeans';
import { withChannelMeans, withRanges } from './observe';
import { planModel } from './plan';
import { writeProbe } from './probe';
import { refusal, suggest } from './refusal';
import { replaceValues } from './replaceValues';
import { withRounding } from './roundTensors';
import { writeLayout } from './write';

/** How ONNX files are made smaller. */
export const rewriter: Rewriter = {
  refusal,
  suggest,
  clean,
  plan: planModel,
  write: writeLayout,
  observing: {
    withRanges,
    withChannelMeans,
    withMatchedMeans,
    replaceValues,
    withRounding,
    probe: writeProbe,
  },
};
