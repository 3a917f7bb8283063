import type { LitElement } from 'lit';

/** Calls `changed` whenever the element's size changed, and once when it is there. */
export function onResize(element: LitElement, changed: () => void): void {
  const observer = new ResizeObserver(changed);
  element.addController({
    hostConnected: () => observer.observe(element),
    hostDisconnected: () => observer.disconnect(),
  });
}
