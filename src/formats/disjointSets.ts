/** Names in sets that are joined again and again (union-find). */
export class DisjointSets {
  private readonly parents = new Map<string, string>();

  /** All names that were joined, with others or with themselves. */
  names(): Iterable<string> {
    return this.parents.keys();
  }

  has(name: string): boolean {
    return this.parents.has(name);
  }

  /** The one name that stands for the set; of a name that is in none, itself. */
  find(name: string): string {
    let at = name;
    for (;;) {
      const up = this.parents.get(at);
      if (up === undefined || up === at) return at;
      // Paths are halved: thousands of residual blocks, or operators that are listed backwards, would make them long.
      const next = this.parents.get(up) ?? up;
      this.parents.set(at, next);
      at = next;
    }
  }

  join(a: string, b: string): void {
    const [one, other] = [this.find(a), this.find(b)];
    this.parents.set(other, one);
    this.parents.set(one, one);
  }
}
