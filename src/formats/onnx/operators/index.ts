import { attentions } from './attention';
import { classical } from './classical';
import { convolutions } from './convolution';
import { einsum } from './einsum';
import { elementwise } from './elementwise';
import { experimental } from './experimental';
import { generators } from './generator';
import { images } from './image';
import { indexing } from './indexing';
import { joining } from './joining';
import { matmuls } from './matmul';
import { normalizations } from './normalization';
import type { Operator, Operators } from './operator';
import { poolings } from './pooling';
import { quantizations } from './quantization';
import { recurrents } from './recurrent';
import { reductions } from './reduction';
import { sequences } from './sequences';
import { shapes } from './shape';
import { signals } from './signal';
import { strings } from './strings';
import { training } from './training';

const OPERATORS: Operators = {
  ...attentions,
  ...classical,
  ...convolutions,
  ...einsum,
  ...elementwise,
  ...experimental,
  ...generators,
  ...images,
  ...indexing,
  ...joining,
  ...matmuls,
  ...normalizations,
  ...poolings,
  ...quantizations,
  ...recurrents,
  ...reductions,
  ...sequences,
  ...shapes,
  ...signals,
  ...strings,
  ...training,
};

const BY_NAME: ReadonlyMap<string, Operator> = new Map(Object.entries(OPERATORS));

/** What an operator means, by its name with the domain unless that is the default one; undefined = not known. */
export function operatorOf(op: string): Operator | undefined {
  return BY_NAME.get(op);
}
