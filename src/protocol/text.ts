import type { LayerDetails, LayerRow, TensorStatistics } from './page';
import type { TensorReport } from './reports';

/** What an editor asks about a model's text. Lines and characters count from 0, characters in UTF-16. */
export interface TextPosition {
  line: number;
  character: number;
}

export interface TextRange {
  start: TextPosition;
  end: TextPosition;
}

export interface TextProblem {
  range: TextRange;
  message: string;
}

/** An entry of the outline. */
export interface TextSymbol {
  name: string;
  detail: string;
  kind: 'graph' | 'function' | 'group' | 'input' | 'output' | 'initializer' | 'node';
  range: TextRange;
  /** Its name, within the range. */
  selection: TextRange;
  children: TextSymbol[];
}

/** The tensor or function that is named somewhere. */
export interface TextNames {
  /** Where it gets its meaning; null where nothing in the text gives it. */
  definition: TextRange | null;
  /** All places, the definition among them; `writes` where it gets its value. */
  mentions: { range: TextRange; writes: boolean }[];
}

export interface LayerLink {
  name: string;
  /** Of the row of the model's table. */
  id: string;
}

export type TextHover = { range: TextRange } & (NodeHover | TensorHover);

export interface NodeHover {
  kind: 'node';
  name: string;
  op: string;
  /** What it costs, where the text's node is a row of the model's table. */
  layer: LayerRow | null;
  details: LayerDetails | null;
  /** Rows that give its inputs, and that use its outputs: the first ones, and how many there are. */
  producers: LayerLink[];
  consumers: LayerLink[];
  consumerCount: number;
}

export interface TensorHover {
  kind: 'tensor';
  name: string;
  tensor: TensorReport | null;
  bytes: number | null;
  /** Its value is stored in the model. */
  stored: boolean;
  /** null where it is none, or cannot be read. */
  statistics: TensorStatistics | null;
  producer: LayerLink | null;
  consumers: LayerLink[];
  consumerCount: number;
}
