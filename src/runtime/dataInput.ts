import type { DataType } from '../model/dataType';
import type { Quantized } from './engine';

/** An input of the model, as the data has to fit it. */
export interface DataInput {
  readonly name: string;
  readonly type: DataType;
  /** Dimensions with values given to the symbolic ones. */
  readonly shape: readonly number[];
  /** Dimensions as the model declares them: data may have any size where there is no number. */
  readonly declaredShape?: readonly (number | string | null)[];
  /** What its integers stand for, where the model says so. */
  readonly quantization?: Quantized;
}
