import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Node } from 'jsonc-parser';
import { ModelError } from '../model/modelError';
import type { DimensionOptions } from '../protocol/options';
import type { Budget, BudgetFile, Limit } from './budget';
import { LIMIT_FIELDS } from './fields';
import { type Entry, entriesOf, fieldsOf, integerOf, listOf, namesOf, textOf } from './reading';
import { Source } from './syntax';

/** More than anybody writes by hand. */
const MAX_BUDGETS = 1000;

/**
 * Reads `caliper.json`.
 *
 * @throws ConfigError with line and column where it says something that is not understood; ModelError where there is none.
 */
export function readBudgets(path: string): BudgetFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ModelError(`${path} cannot be read: is there such a file?`, { file: path }, error);
  }
  return parseBudgets(path, text);
}

/**
 * Understands the text of `caliper.json`; paths in it are from its folder.
 *
 * @throws ConfigError with line and column.
 */
export function parseBudgets(path: string, text: string): BudgetFile {
  const source = new Source(basename(path), text.replace(/^\uFEFF/, ' '));
  const fields = fieldsOf(source, source.root, ['$schema', 'budgets']);
  const list = fields.get('budgets');
  if (list === undefined)
    throw source.error(source.root, 'it has no "budgets", the list of what models must keep.');
  const nodes = listOf(source, list.value, 'budgets', MAX_BUDGETS);
  const folder = dirname(resolve(path));
  return {
    path: resolve(path),
    text,
    budgets: nodes.map((node, index) => budgetOf(source, node, index, folder)),
  };
}

const OWN_FIELDS = ['name', 'models', 'dims', 'shapes'];

function budgetOf(source: Source, node: Node, index: number, folder: string): Budget {
  const fields = fieldsOf(source, node, [...OWN_FIELDS, ...Object.keys(LIMIT_FIELDS)]);
  const models = fields.get('models');
  if (models === undefined)
    throw source.error(node, 'this budget has no "models", the files that it is for.');
  const name = fields.get('name');
  const limits: Limit[] = [];
  for (const [key, entry] of fields) {
    const read = LIMIT_FIELDS[key];
    if (read !== undefined) limits.push(...read({ source, folder, ...entry }));
  }
  if (limits.length === 0)
    throw source.error(node, 'this budget limits nothing: give it "fileSize", "macs" or another limit.');
  return {
    name: name === undefined ? `budget ${index + 1}` : textOf(source, name.value, 'the name'),
    models: globsOf(source, models),
    sizes: sizesOf(source, fields),
    limits,
    at: source.span(models.value),
  };
}

function globsOf(source: Source, { value }: Entry): string[] {
  const globs = namesOf(source, value, 'a path or glob of models');
  for (const { name, node } of globs) {
    if (/^!?(\/|[A-Za-z]:|\\)|(^|\/)\.\.(\/|$)/.test(name))
      throw source.error(node, 'models lie in the folder of this file or below it: give a path from there.');
    if (name.includes('\\')) throw source.error(node, 'write paths with /, on every system.');
  }
  if (globs.every(({ name }) => name.startsWith('!')))
    throw source.error(value, 'this names no model: globs that begin with ! only leave out.');
  return globs.map(({ name }) => name.replace(/^(!?)\.\//, '$1'));
}

/** Sizes of tensors are 31 bits wide. */
const MAX_SIZE = 2 ** 31 - 1;

function sizesOf(source: Source, fields: ReadonlyMap<string, Entry>): DimensionOptions {
  const [dims, shapes] = [fields.get('dims'), fields.get('shapes')];
  const size = (node: Node) => integerOf(source, node, 'a size', 0, MAX_SIZE);
  return {
    dims: dims
      ? Object.fromEntries(entriesOf(source, dims.value).map(([key, { value }]) => [key, size(value)]))
      : {},
    shapes: shapes
      ? Object.fromEntries(
          entriesOf(source, shapes.value).map(([key, { value }]) => [
            key,
            listOf(source, value, key, 64).map(size),
          ]),
        )
      : {},
  };
}
