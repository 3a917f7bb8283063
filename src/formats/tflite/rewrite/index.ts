import type { Rewriter } from '../../rewriter';
import { clean } from './clean';
import { withMatchedMeans } from './matchMeans';
import { withChannelMeans, withRanges } from './observe';
import { planModel } from './plan';
import { notes, refusal, suggest } from './refusal';
import { replaceValues } from './replaceValues';
import { write } from './write';

export const rewriter: Rewriter = {
  refusal,
  suggest,
  notes,
  clean,
  plan: planModel,
  write,
  groupSizes: [],
  observing: { withRanges, withChannelMeans, withMatchedMeans, replaceValues },
};
