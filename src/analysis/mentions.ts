import { attributeText } from './details';
import type { Analysis } from './inspect';

/** Rows whose weights or attributes hold a text, whatever the case. Reads no weights: it is their names that are meant. */
export function rowsMentioning({ nodes }: Analysis, text: string): number[] {
  const wanted = text.toLowerCase();
  const holds = (one: string) => one.toLowerCase().includes(wanted);
  return nodes.flatMap(({ entry, graph, position }, index) => {
    const weights = graph.parameters.get(position) ?? [];
    const found =
      weights.some(({ tensor }) => holds(tensor.name)) ||
      entry.node.attributes.some(({ name, value }) => holds(`${name}=${attributeText(value)}`));
    return found ? [index] : [];
  });
}
