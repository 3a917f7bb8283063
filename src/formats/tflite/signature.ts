import { UsageError } from '../../model/modelError';
import type { ModelFile } from '../format';
import { writeTables } from './encode';
import type { TfliteModel } from './reader';
import { associatedFiles } from './rewrite/associatedFiles';
import { withCallees } from './subgraphs';
import type { ModelTable } from './tables';

/**
 * Writes a copy of a model whose main graph is the one that a signature calls, and gives that graph's index; engines
 * and everything else here run main graphs. 0, and no copy, where it is the main graph already.
 * @throws UsageError that names the signatures, where there is none of this name
 */
export function withSignature(file: ModelFile, name: string, target: string): number {
  const { root } = file.model as TfliteModel;
  const { signatureDefs = [] } = root;
  const wanted = signatureDefs.find(({ signatureKey = '' }) => signatureKey === name);
  if (wanted === undefined) {
    const names = signatureDefs.map(({ signatureKey = '' }) => `"${signatureKey}"`);
    const has = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    throw new UsageError(`There is no signature "${name}" in ${file.model.file}: ${has}.`);
  }
  const { subgraphIndex = 0 } = wanted;
  if (root.subgraphs?.[0] === undefined || root.subgraphs[subgraphIndex] === undefined)
    throw new UsageError(
      `The signature "${name}" of ${file.model.file} calls the graph ${subgraphIndex}, which does not exist.`,
    );
  if (subgraphIndex === 0) return 0;
  // Metadata describe the main graph of the model, not that of the copy.
  const { metadata: _metadata, metadataBuffer: _buffers, ...rest } = root;
  writeTables(exchanged(rest, subgraphIndex), target);
  return subgraphIndex;
}

/**
 * Writes what was made of a copy of `withSignature` with its graphs in the order of the model, and with the model's
 * metadata and packed files.
 *
 * @param graph as `withSignature` gave it
 */
export function restoreGraphs(file: ModelFile, copy: ModelFile, graph: number, target: string): void {
  const { metadata, metadataBuffer, buffers: stored = [] } = (file.model as TfliteModel).root;
  const made = exchanged((copy.model as TfliteModel).root, graph);
  const buffers = [...(made.buffers ?? [])];
  const added = (index = 0) => buffers.push(stored[index] ?? {}) - 1;
  const restored = {
    ...(metadata && { metadata: metadata.map((one) => ({ ...one, buffer: added(one.buffer) })) }),
    ...(metadataBuffer && { metadataBuffer: metadataBuffer.map(added) }),
  };
  writeTables({ ...made, ...restored, buffers }, target, associatedFiles(file.model.file));
}

/** The model with another graph in the place of the main one, and the main one in that one's place. */
function exchanged(root: ModelTable, graph: number): ModelTable {
  const { subgraphs = [], signatureDefs } = root;
  const moved = new Map([
    [0, graph],
    [graph, 0],
  ]);
  return {
    ...root,
    subgraphs: subgraphs.map((one, index) => {
      const { operators, ...others } = subgraphs[moved.get(index) ?? index] ?? one;
      return {
        ...others,
        ...(operators && { operators: operators.map((operator) => withCallees(operator, moved)) }),
      };
    }),
    ...(signatureDefs && {
      signatureDefs: signatureDefs.map(({ subgraphIndex = 0, ...one }) => ({
        ...one,
        subgraphIndex: moved.get(subgraphIndex) ?? subgraphIndex,
      })),
    }),
  };
}
