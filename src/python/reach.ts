import { evaluateArguments } from './evaluate/functions';
import type { Machine } from './evaluate/machine';
import { makeLayer } from './evaluate/makeLayer';
import { resolve } from './evaluate/mentions';
import { isKind, type Scope, unknown, type Value } from './evaluate/values';
import { type LayerName, layerOf } from './layers';
import type { Call } from './syntax/ast';
import { boundNames } from './syntax/search';
import type { Statement } from './syntax/statement';

/** A constructor of a layer in the text. */
export interface LayerSite {
  readonly call: Call;
  readonly statement: Statement;
  readonly name: LayerName;
}

/** Constructors of layers, in the order of the text. */
export function callsOf(machine: Machine, statements: readonly Statement[], tick: () => void): LayerSite[] {
  return statements.flatMap((statement) => {
    tick();
    return statement.calls.flatMap((call) => {
      const value = resolve(machine, call.callee);
      const name = isKind(value, 'external') ? layerOf(value.path) : null;
      return name ? [{ call, statement, name }] : [];
    });
  });
}

/** Layers of constructors that nothing ran, with what their own arguments say. */
export function makeUnreached(machine: Machine, sites: readonly LayerSite[]): void {
  const reached = new Set(machine.layers.map((layer) => layer.site));
  const hidden = new Map<Statement, Set<string>>();
  for (const { call, statement, name } of sites) {
    if (reached.has(call.site)) continue;
    machine.begin();
    const names = hidden.get(statement) ?? boundNames(statement.nodes);
    hidden.set(statement, names);
    makeLayer(machine, name, evaluateArguments(machine, call.args, around(machine, names)), call.site);
  }
}

/** The top level as it is seen from where names of the statement's own hide it. */
function around(machine: Machine, hidden: ReadonlySet<string>): Scope {
  const names = new Map<string, Value>();
  for (const name of hidden) names.set(name, unknown(`\`${name}\` is set where it is not followed`, true));
  return { names, parent: machine.globals, outer: new Set() };
}
