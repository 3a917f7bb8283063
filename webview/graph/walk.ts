import { at } from './lists';
import { KINDS, type Scene } from './scene';

/** Who gives to whom in a picture: tensors lead through the borders of open groups. */
export class Walk {
  /** Edges of each tensor. */
  private readonly byTensor = new Map<string, number[]>();
  private readonly leaving: number[][];
  private readonly entering: number[][];

  constructor(private readonly scene: Scene) {
    this.leaving = Array.from(scene.kinds, () => []);
    this.entering = Array.from(scene.kinds, () => []);
    for (let edge = 0; edge < scene.rows.length; edge++) {
      const key = this.tensor(edge);
      const known = this.byTensor.get(key);
      if (known) known.push(edge);
      else this.byTensor.set(key, [edge]);
      this.leaving[at(scene.from, edge)]?.push(edge);
      this.entering[at(scene.to, edge)]?.push(edge);
    }
  }

  /** Nodes that take what a node gives, none of them open, the nearest first. */
  consumers(node: number): number[] {
    return this.others(node, this.leaving[node] ?? [], this.scene.to);
  }

  /** Nodes that give what a node takes, the nearest first. */
  producers(node: number): number[] {
    return this.others(node, this.entering[node] ?? [], this.scene.from);
  }

  /** The node beside another one at the same height; null at the end. */
  beside(node: number, direction: -1 | 1): number | null {
    const { boxes, kinds } = this.scene;
    const [x, y, , height] = boxes.subarray(node * 4, node * 4 + 4);
    let found: number | null = null;
    let nearest = Number.POSITIVE_INFINITY;
    for (let other = 0; other < kinds.length; other++) {
      const top = at(boxes, other * 4 + 1);
      if (KINDS[at(kinds, other)] === 'open' || top >= (y ?? 0) + (height ?? 0)) continue;
      if (top + at(boxes, other * 4 + 3) <= (y ?? 0)) continue;
      const distance = (at(boxes, other * 4) - (x ?? 0)) * direction;
      if (distance > 0 && distance < nearest) [found, nearest] = [other, distance];
    }
    return found;
  }

  private tensor(edge: number): string {
    return `${at(this.scene.rows, edge)} ${at(this.scene.slots, edge)}`;
  }

  private others(node: number, edges: readonly number[], side: Int32Array): number[] {
    const { boxes, kinds } = this.scene;
    const found = new Set<number>();
    for (const edge of edges) {
      for (const one of this.byTensor.get(this.tensor(edge)) ?? []) {
        const other = at(side, one);
        if (other >= 0 && other !== node && KINDS[at(kinds, other)] !== 'open') found.add(other);
      }
    }
    const far = (other: number) =>
      Math.abs(at(boxes, other * 4 + 1) - at(boxes, node * 4 + 1)) +
      Math.abs(at(boxes, other * 4) - at(boxes, node * 4));
    return [...found].sort((a, b) => far(a) - far(b) || a - b);
  }
}
