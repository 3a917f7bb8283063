import type { Analysis } from '../analysis/inspect';
import { imageInput } from '../evaluation/data/preprocess';
import { type DataType, elementCount } from '../model/dataType';
import { ModelError } from '../model/modelError';
import type { QuantizeDefaults } from '../protocol/page';

/** Size of the first input that a picture fits. */
export function imageSize({ report }: Analysis): QuantizeDefaults['imageInput'] {
  for (const { name, type, shape } of report.inputs) {
    if (type === null || shape === null || elementCount(shape) === null) continue;
    try {
      const sizes = shape.map((size) => size ?? 0);
      const { width, height, layout } = imageInput({ name, type: type as DataType, shape: sizes }, null);
      return { width, height, layout };
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
    }
  }
  return null;
}
