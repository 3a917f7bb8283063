import { byteLength, elementCount } from '../model/dataType';
import type { InferredTensor, SequenceItem } from '../model/inference';

/** Bytes of a tensor, or of all that a sequence holds; null where they are not known. */
export function tensorBytes(tensor: InferredTensor | undefined): number | null {
  const { sequence } = tensor ?? {};
  if (!sequence) return itemBytes(tensor);
  if (sequence.items === null) {
    const each = sequence.each && itemBytes(sequence.each);
    return each === null || sequence.length === null ? null : each * sequence.length;
  }
  let bytes = 0;
  for (const item of sequence.items) {
    const one = itemBytes(item);
    if (one === null) return null;
    bytes += one;
  }
  return bytes;
}

function itemBytes(tensor: SequenceItem | undefined): number | null {
  if (!tensor?.type) return null;
  const elements = elementCount(tensor.shape);
  return elements === null ? null : byteLength(tensor.type, elements);
}
