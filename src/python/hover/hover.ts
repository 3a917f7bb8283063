import { formatBytes, formatInteger } from '../../protocol/numbers';
import type { LayerCall, LayerInstance } from '../sourceFile';
import { type HoverContent, type HoverGroup, hoverContent } from './content';
import { code, codeBlock, escapeMarkdown, sentence } from './markdown';

/**
 * The hover of a layer's constructor as Markdown.
 * @param sections what others know of the layer, in Markdown of their own, shown below
 */
export function hoverMarkdown(call: LayerCall, sections: readonly string[] = []): string {
  const content = hoverContent(call);
  const [only] = content.groups;
  const parts =
    content.groups.length === 1 && only ? oneKind(content, call, only) : severalKinds(content, call);
  const notes = content.notes.map(sentence);
  for (const { name, atLeast, gaps } of content.open) {
    const least =
      atLeast > 0 ? `at least ${formatInteger(atLeast)} parameters` : 'parameters that are not known';
    notes.push([`${code(name)} has ${least}\\.`, ...gaps.map(sentence)].join(' '));
  }
  if (only?.instance.uncertain) notes.push('Whether it is made depends on a condition that is not known\\.');
  const own = [...parts, notes.join('  \n')].filter((part) => part !== '').join('\n\n');
  return [own, ...sections].join('\n\n---\n\n');
}

/** What stands where a layer's name would, for weights that a module holds itself. */
const OWN_WEIGHTS = new Set(['Parameter', 'Buffer', 'Weight', 'Statistic']);

/** All that the constructor makes is alike. */
function oneKind(content: HoverContent, call: LayerCall, { instance, paths }: HoverGroup): string[] {
  const lines = [countOf(instance), ...sizesOf(instance.parameters)];
  const output = shapeOf(instance);
  const isLayer = instance.args.length > 0 || !OWN_WEIGHTS.has(call.layer);
  if (output !== null) lines.push(`${isLayer ? 'Output' : 'Shape'}: ${output}`);
  const head = isLayer ? codeBlock(written(call, instance)) : `**${escapeMarkdown(call.layer)}**`;
  return [head, lines.join('  \n'), placeOf(content, paths)];
}

/** A table with a row for each kind. */
function severalKinds(
  { made, groups, more, total, atLeast, buffers }: HoverContent,
  call: LayerCall,
): string[] {
  const stored = buffers !== null && buffers > 0 ? ` and ${formatInteger(buffers)} in buffers` : '';
  const count = total === null || total === 0 ? 'no' : `**${formatInteger(total)}**`;
  const least = atLeast > 0 ? `, at least **${formatInteger(atLeast)}** parameters in all` : '';
  const all = total === null ? least : `, ${count} parameters${stored} in all`;
  const head = `**${escapeMarkdown(call.layer)}**: made ${formatInteger(made)} times${all}`;
  const rows = groups.map(({ instance, count, paths }) => {
    const rest = count > paths.length ? ` and ${count - paths.length} more` : '';
    const places =
      paths.length === 0 ? `${count} ×` : paths.map((path) => code(path, true)).join(', ') + rest;
    const parameters = formulaOf(instance, true);
    return `| ${places} | ${parameters} | ${shapeOf(instance, true) ?? ''} |`;
  });
  const table = ['| Layer | Parameters | Output |', '| :-- | :-- | :-- |', ...rows].join('\n');
  const parts = [head, table];
  if (more > 0) parts.push(`… and ${formatInteger(more)} more\\.`);
  if (total !== null && total > 0) parts.push(sizesOf(total).join('  \n'));
  return parts;
}

/** The call with the names of its arguments. */
function written(call: LayerCall, { args }: LayerInstance): string {
  const shown = args.filter(({ given, value }) => given || value === null);
  return `${call.layer}(${shown.map(({ name, value }) => `${name}=${value ?? '?'}`).join(', ')})`;
}

function countOf(instance: LayerInstance): string {
  const { parameters, buffers } = instance;
  const stored = buffers !== null && buffers > 0 ? `, and ${formatInteger(buffers)} in buffers` : '';
  if (parameters === 0) return `No parameters${stored}`;
  return `Parameters: ${formulaOf(instance, false)}${stored}`;
}

function formulaOf({ formula, parameters }: LayerInstance, inTable: boolean): string {
  if (parameters === 0) return 'none';
  const count = parameters === null ? '' : `**${formatInteger(parameters)}**`;
  if (formula === null) return count || 'not known';
  const simple = /^\d+$/.test(formula);
  if (simple) return count;
  return count === '' ? `${code(formula, inTable)}, not known` : `${code(formula, inTable)} = ${count}`;
}

/** Bytes of the parameters in the types that they are stored in. */
function sizesOf(parameters: number | null): string[] {
  if (parameters === null || parameters === 0) return [];
  const sizes = [
    [4, 'float32'],
    [2, 'float16'],
    [1, 'int8'],
  ] as const;
  return [`Size: ${sizes.map(([bytes, type]) => `${formatBytes(parameters * bytes)} ${type}`).join(' · ')}`];
}

function shapeOf({ output }: LayerInstance, inTable = false): string | null {
  if (output === null) return null;
  if (output.length === 1 && output[0] === '…') return 'the shape of its input';
  return output.length === 0 ? 'scalar' : code(output.map(grouped).join('×'), inTable);
}

/** A size that is an expression, so that the sign between sizes is not read as part of it. */
function grouped(size: number | string): string {
  return typeof size === 'string' && / /.test(size) && !/^[⌊⌈][^⌊⌈]*[⌋⌉]$/.test(size)
    ? `(${size})`
    : String(size);
}

function placeOf({ made, module }: HoverContent, paths: readonly string[]): string {
  const names = paths.map((path) => code(path)).join(', ');
  const of = module === null ? '' : ` of ${code(module)}`;
  if (made > 1) {
    const where = names === '' ? '' : `: ${names}${made > paths.length ? ', …' : ''}`;
    return `Made ${formatInteger(made)} times${of === '' ? '' : ` as part${of}`}${where}`;
  }
  if (names !== '') return names + of;
  return module === null ? 'Not seen to become part of a module\\.' : `Part${of}`;
}
