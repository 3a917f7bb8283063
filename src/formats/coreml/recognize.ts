import { looksLike } from '../protobuf/recognize';
import { ModelSchema } from './coreml_pb';

/** Every kind of model has a field from this number on; nothing else has. */
const FIRST_KIND = 200;

/** Whether the first bytes of a file look like a Core ML model with a description or a kind. */
export function looksLikeCoreMl(head: Uint8Array): boolean {
  return looksLike(
    ModelSchema,
    head,
    'specificationVersion',
    (field) => field.name === 'description' || field.number >= FIRST_KIND,
  );
}
