import type { LayerSpec } from '../spec';
import { attentions } from './attention';
import { convolutions } from './convolution';
import { dense } from './dense';
import { normalizations } from './normalization';
import { poolings } from './pooling';
import { recurrents } from './recurrent';
import { shaping } from './shaping';
import { weightless } from './weightless';

/** Layers of `keras.layers` by their names there, as of Keras 3. */
export const KERAS: ReadonlyMap<string, LayerSpec> = new Map(
  [attentions, convolutions, dense, normalizations, poolings, recurrents, shaping, weightless].flatMap(
    (table) => Object.entries(table),
  ),
);

/** Other names of the same layers. */
export const KERAS_ALIASES: ReadonlyMap<string, string> = new Map([
  ...[1, 2, 3].flatMap((rank): [string, string][] => [
    [`Convolution${rank}D`, `Conv${rank}D`],
    [`Convolution${rank}DTranspose`, `Conv${rank}DTranspose`],
    [`SeparableConvolution${rank}D`, `SeparableConv${rank}D`],
    [`AvgPool${rank}D`, `AveragePooling${rank}D`],
    [`MaxPool${rank}D`, `MaxPooling${rank}D`],
    [`GlobalAvgPool${rank}D`, `GlobalAveragePooling${rank}D`],
    [`GlobalMaxPool${rank}D`, `GlobalMaxPooling${rank}D`],
  ]),
  ['GroupedQueryAttention', 'GroupQueryAttention'],
]);
