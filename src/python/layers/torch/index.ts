import type { LayerSpec } from '../spec';
import { attentions } from './attention';
import { convolutions } from './convolution';
import { linears } from './linear';
import { normalizations } from './normalization';
import { poolings } from './pooling';
import { recurrents } from './recurrent';
import { weightless } from './weightless';

/** Layers of `torch.nn` by their names there, as of PyTorch 2. */
export const TORCH: ReadonlyMap<string, LayerSpec> = new Map(
  [attentions, convolutions, linears, normalizations, poolings, recurrents, weightless].flatMap((table) =>
    Object.entries(table),
  ),
);
