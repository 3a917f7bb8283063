import type { Attribute } from '../../model/model';

/** An attribute with its whole value as text, to tell two of them apart. */
export function attributeKey({ name, value }: Attribute): string {
  return `${name}=${typeof value === 'object' ? value.join() : value}`;
}

const byName = new WeakMap<readonly Attribute[], ReadonlyMap<string, Attribute['value']>>();

/** The value of a node's attribute; undefined where it has none of the name. */
export function attributeOf(attributes: readonly Attribute[], name: string): Attribute['value'] | undefined {
  let values = byName.get(attributes);
  if (values === undefined) {
    // Backwards, so that of several of one name the first counts.
    values = new Map(attributes.toReversed().map((attribute) => [attribute.name, attribute.value]));
    byName.set(attributes, values);
  }
  return values.get(name);
}
