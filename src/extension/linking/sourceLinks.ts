import { linkModule } from '../../python/linking/linkModule';
import type { ModelIndex } from '../../python/linking/modelIndex';
import type { Ambiguity, ModuleLink } from '../../python/linking/moduleLink';
import type { SourceModule } from '../../python/sourceFile';

/** What a question may take at once, in ms; the rest is done when nobody waits. */
const BUDGET = 10;

export type Found = ModuleLink | Ambiguity | null;

/** Modules of sources in models, each pair looked for once. Whoever asks gets what is known and does not wait. */
export class SourceLinks {
  private readonly known = new WeakMap<SourceModule, WeakMap<ModelIndex, Found>>();
  private readonly todo = new Map<SourceModule, Set<ModelIndex>>();
  private running = false;

  /** @param changed called when more is known than was answered */
  constructor(private readonly changed: () => void) {}

  /** By model, as far as it was looked into; the first models are looked into first. */
  of(module: SourceModule, indexes: readonly ModelIndex[]): Map<ModelIndex, Found> {
    const end = performance.now() + BUDGET;
    const found = new Map<ModelIndex, Found>();
    for (const index of indexes) {
      const link = this.known.get(module)?.get(index);
      if (link !== undefined) found.set(index, link);
      else if (performance.now() < end) found.set(index, this.link(module, index));
      else this.later(module, index);
    }
    return found;
  }

  private link(module: SourceModule, index: ModelIndex): Found {
    let links = this.known.get(module);
    if (links === undefined) {
      links = new WeakMap();
      this.known.set(module, links);
    }
    const link = linkModule(module, index);
    links.set(index, link);
    return link;
  }

  private later(module: SourceModule, index: ModelIndex): void {
    const waiting = this.todo.get(module);
    if (waiting) waiting.add(index);
    else this.todo.set(module, new Set([index]));
    if (this.running) return;
    this.running = true;
    setImmediate(() => this.next());
  }

  private next(): void {
    const [first] = this.todo;
    if (first === undefined) {
      this.running = false;
      this.changed();
      return;
    }
    const [module, waiting] = first;
    const [index] = waiting;
    if (index === undefined) this.todo.delete(module);
    else {
      waiting.delete(index);
      this.link(module, index);
    }
    setImmediate(() => this.next());
  }
}
