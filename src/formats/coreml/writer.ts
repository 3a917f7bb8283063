import { mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { cannotWrite } from '../../files/systemError';
import { ModelError } from '../../model/modelError';
import { type Piece, sizeOf } from '../pieces';
import { assemble, fieldsOf, header, replacePayloads } from '../protobuf/encoded';
import { type Payload, PayloadSchema } from '../protobuf/payload_pb';
import { PAYLOAD, wireMessage } from '../protobuf/wire';
import { writeFiles } from '../writeFiles';
import { type Model, ModelSchema } from './coreml_pb';
import { filesOf, type PackagePath } from './package';

/** What readers of protobuf accept as one message. */
const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/**
 * Writes a model as it is: weights are streamed from where they lie, and everything is as protobuf-es keeps it,
 * unknown fields included, so that an unchanged model gives the same bytes. A package becomes a package.
 *
 * @param replaced files that take the place of some of the package's, by the path of those.
 * @throws ModelError when the target exists or the disk does not take it; nothing is left behind then.
 */
export function writeModel(
  proto: Model,
  from: PackagePath,
  target: string,
  replaced: ReadonlyMap<string, string> = new Map(),
): void {
  const specification = encoded(proto);
  if (sizeOf(specification) > MAX_MESSAGE_BYTES) {
    throw new ModelError(`${target} cannot be written: without its weight files it is above 2 GB.`, {
      file: target,
    });
  }
  if (from.package === null) {
    writeFiles([{ path: target, parts: specification }]);
    return;
  }
  const folder = from.package;
  const own = relative(folder, from.specification);
  const files = filesOf(folder).map((name) => ({
    path: join(target, name),
    parts: name === own ? specification : whole(replaced.get(join(folder, name)) ?? join(folder, name)),
  }));
  try {
    mkdirSync(target);
  } catch (error) {
    throw cannotWrite(target, error);
  }
  try {
    for (const { path } of files) mkdirSync(dirname(path), { recursive: true });
    writeFiles(files);
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    throw error;
  }
}

function whole(path: string): Piece[] {
  return [{ path, offset: 0, length: statSync(path).size }];
}

/** The model's message with the payloads that stayed in its file. */
function encoded(proto: Model): Piece[] {
  const skeleton = toBinary(ModelSchema, proto);
  return replacePayloads(skeleton, wireMessage(ModelSchema), (_, start, end) => {
    const fields = [...fieldsOf(skeleton, start, end)];
    const payloads = fields
      .filter((field) => field.number === PAYLOAD)
      .map((field): Payload => fromBinary(PayloadSchema, skeleton.subarray(field.body, field.end)));
    // A message with a payload holds no further ones.
    let bytes: Piece[] | null = null;
    const places = [...new Set(payloads.map((payload) => payload.field))].sort((a, b) => a - b);
    if (places.length > 1) throw new ModelError('A weight is stored in two fields at once.');
    for (const place of places) {
      const pieces = payloads.flatMap(({ path, offset, length }): Piece[] => [
        header(place, Number(length)),
        { path, offset: Number(offset), length: Number(length) },
      ]);
      bytes = assemble(skeleton, fields, new Set([PAYLOAD, place]), place, pieces);
    }
    return bytes;
  });
}
