import { html } from 'lit';
import { host } from '../host';
import './memory';
import './targets';
import './roofline';

/** What is shown above the table. */
export const VIEWS = [
  { id: 'map', label: 'Map', description: 'Which layers take most of a figure' },
  {
    id: 'memory',
    label: 'Memory over time',
    description: 'What activations take while the layers run, and what makes the peak',
  },
  {
    id: 'targets',
    label: 'Targets',
    description: 'Where layers run when the model is deployed, and whether it fits',
  },
  {
    id: 'roofline',
    label: 'Roofline',
    description: 'Which layers are bound by memory, which by computing, which by overhead',
  },
] as const;
export type ViewId = (typeof VIEWS)[number]['id'];

/** Tabs, one for each view. */
export function renderViews(shown: ViewId, choose: (view: ViewId) => void) {
  // A page without the editor can ask for nothing.
  const views = VIEWS.filter(({ id }) => id !== 'targets' || !host.alone);
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const place = views.findIndex(({ id }) => id === shown);
    const next = views[(place + step + views.length) % views.length];
    if (next === undefined) return;
    choose(next.id);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-view=${next.id}]`)?.focus();
  };
  return html`<div class="views" role="tablist" aria-label="Views above the table" @keydown=${onKey}>
    ${views.map(
      ({ id, label, description }) => html`<button
        role="tab"
        data-view=${id}
        aria-selected=${String(id === shown)}
        tabindex=${id === shown ? '0' : '-1'}
        title=${description}
        @click=${() => choose(id)}
      >
        ${label}
      </button>`,
    )}
  </div>`;
}
