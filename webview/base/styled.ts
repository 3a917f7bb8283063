import { Directive, directive, type ElementPart } from 'lit/directive.js';

type Properties = Readonly<Record<string, string | null>>;

/**
 * Sets style properties one by one from script. Lit's own `styleMap` renders a style attribute first, which a strict
 * content security policy forbids.
 */
class StyledDirective extends Directive {
  private last: Properties = {};

  override render(_properties: Properties): undefined {}

  override update(part: ElementPart, [properties]: [Properties]): undefined {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(properties)) {
      if (this.last[name] !== value) style.setProperty(name, value);
    }
    this.last = properties;
  }
}

/** `<div ${styled({ width: '50%', '--share': '0.5' })}>`; the same names at every render, null takes one away. */
export const styled = directive(StyledDirective);
