import { UsageError } from '../../model/modelError';
import type { ModelFile } from '../format';
import { writeTables } from './encode';
import type { TfliteModel } from './reader';
import { withCallees } from './subgraphs';

/**
 * Writes a copy of a model whose main graph is the one that a signature calls, and gives that graph's index; engines
 * and everything else here run main graphs. 0, and no copy, where it is the main graph already.
 * @throws UsageError that names the signatures, where there is none of this name
 */
export function withSignature(file: ModelFile, name: string, target: string): number {
  const { root } = file.model as TfliteModel;
  const { signatureDefs = [], ...rest } = root;
  const wanted = signatureDefs.find(({ signatureKey = '' }) => signatureKey === name);
  if (wanted === undefined) {
    const names = signatureDefs.map(({ signatureKey = '' }) => `"${signatureKey}"`);
    const has = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    throw new UsageError(`There is no signature "${name}" in ${file.model.file}: ${has}.`);
  }
  const { subgraphIndex = 0 } = wanted;
  const graphs = root.subgraphs ?? [];
  const [main, chosen] = [graphs[0], graphs[subgraphIndex]];
  if (main === undefined || chosen === undefined)
    throw new UsageError(
      `The signature "${name}" of ${file.model.file} calls the graph ${subgraphIndex}, which does not exist.`,
    );
  if (subgraphIndex === 0) return 0;
  const moved = new Map([
    [0, subgraphIndex],
    [subgraphIndex, 0],
  ]);
  const subgraphs = graphs.map((graph, index) => {
    const at = moved.get(index);
    const { operators, ...others } = graphs[at ?? index] ?? graph;
    return {
      ...others,
      ...(operators && { operators: operators.map((operator) => withCallees(operator, moved)) }),
    };
  });
  writeTables({ ...rest, subgraphs }, target);
  return subgraphIndex;
}
