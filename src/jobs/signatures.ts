import { mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkRoom } from '../files/scratch';
import { openComplete } from '../formats';
import { sizeOf } from '../formats/inputFiles';
import { ModelError, UsageError } from '../model/modelError';

/** A file whose main graph a signature calls, and which graph that is in the model. */
export interface SignatureFile {
  readonly path: string;
  readonly graph: number;
}

/**
 * The model, or a copy of it whose main graph is the one that is wanted.
 *
 * @param scratch a folder that the copy goes to
 * @throws UsageError where the format has no signatures, or the model has none of this name
 */
export function chooseSignature(model: string, signature: string, scratch: string): SignatureFile {
  const file = openComplete(model);
  try {
    const { name, withSignature } = file.format;
    if (withSignature === undefined)
      throw new UsageError(`${name} models have no signatures: leave --signature out.`);
    checkRoom(
      scratch,
      sizeOf(file),
      `A copy of ${basename(model)}, in which the signature's graph comes first,`,
    );
    const path = join(mkdtempSync(join(scratch, 'signature-')), basename(model));
    const graph = withSignature(file, signature, path);
    return { path: graph === 0 ? model : path, graph };
  } finally {
    file.close();
  }
}

/** Whether a model can be called in several ways. */
export function hasSignatures(model: string): boolean {
  const file = openComplete(model);
  try {
    return file.format.withSignature !== undefined && (file.model.signatures ?? []).length > 0;
  } finally {
    file.close();
  }
}

/** Id of a node of another graph than the main one, by its id in a copy where that graph is the main one. */
export function idInGraph(graph: number, id: string): string {
  return graph === 0 ? id : `#${graph}/${id}`;
}

/** What went wrong with a copy, as a sentence about the model that it is of. */
export function saidOfModel(error: unknown, copy: string, model: string): unknown {
  if (!(error instanceof ModelError)) return error;
  const { message, file, node, offset } = error;
  // Wrong usage stays wrong usage, and so on.
  const Kind = error.constructor as typeof ModelError;
  return new Kind(
    message.replaceAll(copy, model),
    { file: file === copy ? model : file, node, offset },
    error,
  );
}
