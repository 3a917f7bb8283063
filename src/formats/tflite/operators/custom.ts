import { attributesOf } from '../options';
import type { OperatorTable } from '../tables';
import { type Operators, shaped } from './operator';

/** An option of a custom operator, which keeps them as a map in FlexBuffers. */
function customNumber(operator: OperatorTable, name: string, fallback: number): number {
  const value = attributesOf(operator).find((attribute) => attribute.name === name)?.value;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}

/** Custom operators that come with the engine itself. What others compute, nobody says. */
export const custom: Operators = {
  /** The boxes that are left of an SSD detector's, as many as there can be: boxes, classes, scores and their number. */
  TFLite_Detection_PostProcess: {
    infer: ({ operator }) => {
      const detections = customNumber(operator, 'max_detections', Number.NaN);
      const classes = customNumber(operator, 'max_classes_per_detection', 1);
      const boxes = detections * classes;
      const count = Number.isSafeInteger(boxes) ? boxes : null;
      return [shaped([1, count, 4]), shaped([1, count]), shaped([1, count]), shaped([1])];
    },
    works: 'input',
  },
};
