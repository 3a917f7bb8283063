import type { DataType } from '../../../model/dataType';
import { tensor } from '../../value';
import { intAttribute } from '../attributes';
import { dataTypeOf } from '../dataTypes';
import { type Context, input, named, type Operators, optionalInput } from './operator';

function typeFrom(context: Context, attribute: string): DataType | null {
  return dataTypeOf(intAttribute(context.node, attribute, 0));
}

/** The type is the zero point's, else what the attribute says, else uint8. */
const quantize = {
  infer(context: Context) {
    const zeroPoint = optionalInput(context, 2);
    const type = zeroPoint === null ? (typeFrom(context, 'output_dtype') ?? 'uint8') : zeroPoint.type;
    return [tensor(type, input(context, 0).shape)];
  },
};

/** The type is the scale's unless the attribute says another. */
const dequantize = {
  infer: (context: Context) => [
    tensor(typeFrom(context, 'output_dtype') ?? input(context, 1).type, input(context, 0).shape),
  ],
};

export const quantizations: Operators = {
  ...named(['QuantizeLinear', 'com.microsoft.QuantizeLinear'], quantize),
  ...named(['DequantizeLinear', 'com.microsoft.DequantizeLinear'], dequantize),
  DynamicQuantizeLinear: {
    infer: (context) => [
      tensor('uint8', input(context, 0).shape),
      tensor('float32', []),
      tensor('uint8', []),
    ],
  },
};
