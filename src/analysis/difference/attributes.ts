import type { Attribute } from '../../model/model';

/** An attribute with its whole value as text, to tell two of them apart. */
export function attributeKey({ name, value }: Attribute): string {
  return `${name}=${typeof value === 'object' ? value.join() : value}`;
}

/** The number or text of a node's attribute; undefined where it has none of the name. */
export function attributeOf(attributes: readonly Attribute[], name: string): Attribute['value'] | undefined {
  return attributes.find((attribute) => attribute.name === name)?.value;
}
