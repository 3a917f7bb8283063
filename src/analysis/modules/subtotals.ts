import type { ParameterTensor } from '../../formats/format';
import { itemAt } from '../../model/assert';
import type { LayerRow } from '../../protocol/page';
import type { ModuleFigures } from '../../protocol/reports';
import { parametersKnown } from '../layers';
import { bodiesActivations } from '../memory';
import type { Row } from '../rows';
import { workOfNode } from '../work';

/** Figures of several layers together, with all that is in their bodies. */
export class Subtotals {
  /** Rows in the bodies of each row, right below it. */
  readonly #inside = new Map<number, number[]>();

  constructor(
    private readonly nodes: readonly Row[],
    private readonly layers: readonly LayerRow[],
  ) {
    for (const { index, parent } of nodes) {
      if (parent === null) continue;
      const inside = this.#inside.get(parent);
      if (inside) inside.push(index);
      else this.#inside.set(parent, [index]);
    }
  }

  /** @param rows indexes, all of one graph. */
  of(rows: readonly number[]): ModuleFigures {
    const tensors = new Set<ParameterTensor['tensor']>();
    let parametersAreKnown = true;
    let [parameters, parameterBytes] = [0, 0];
    const activations = new Sum();
    const macs = new Sum();
    const energy = new Sum();
    const weigh = (index: number) => {
      const { entry, graph, position } = itemAt(this.nodes, index);
      parametersAreKnown &&= parametersKnown(entry.node);
      const { energyPicojoules = null } = itemAt(this.layers, index);
      energy.add(energyPicojoules, energyPicojoules ?? 0);
      for (const { tensor } of graph.parameters.get(position) ?? []) {
        if (tensors.has(tensor)) continue;
        tensors.add(tensor);
        parameters += tensor.storedElements;
        parameterBytes += tensor.bytes;
      }
      for (const inner of this.#inside.get(index) ?? []) weigh(inner);
    };
    for (const index of rows) {
      weigh(index);
      const { entry } = itemAt(this.nodes, index);
      const own = itemAt(this.layers, index).activationBytes;
      activations.add(own, own ?? 0);
      const work = workOfNode(entry, (node) => node.macs);
      macs.add(work.total, work.atLeast);
      if (entry.bodies.length === 0) continue;
      const inside = bodiesActivations(entry);
      activations.add(inside.total, inside.known);
    }
    return {
      parameters: parametersAreKnown ? parameters : null,
      knownParameters: parameters,
      parameterBytes: parametersAreKnown ? parameterBytes : null,
      knownParameterBytes: parameterBytes,
      activationBytes: activations.total,
      knownActivationBytes: activations.known,
      macs: macs.total,
      knownMacs: macs.known,
      energyPicojoules: energy.total,
      knownEnergyPicojoules: energy.known,
    };
  }
}

/** A sum of which a part may be unknown. */
class Sum {
  total: number | null = 0;
  known = 0;

  add(total: number | null, known: number): void {
    this.total = this.total === null || total === null ? null : this.total + total;
    this.known += known;
  }
}
