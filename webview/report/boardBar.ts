import type { BoardReportData } from '../../src/protocol/reportFile';
import { mount } from '../base/mount';

/** Height of the bar above the page (pixels). */
const BAR = 32;
/** In place of a comparison's. */
const BOARD = -1;

/** A board and its comparisons, one at a time, with a bar above that says which. */
export class BoardBar {
  private readonly select = document.createElement('select');
  /** Place of the comparison that is shown. */
  place = BOARD;

  constructor({ comparisons }: BoardReportData) {
    const { select } = this;
    select.append(new Option('all models', String(BOARD)));
    for (const [place, { beforeName, afterName }] of comparisons.entries())
      select.append(new Option(`${beforeName} → ${afterName}`, String(place)));
    // Without it the choices would be a part of the name.
    select.ariaLabel = 'Shown';
    Object.assign(select.style, {
      background: 'var(--vscode-input-background)',
      border: '1px solid var(--vscode-input-border)',
      borderRadius: '4px',
      color: 'var(--vscode-input-foreground)',
      font: 'inherit',
      height: '24px',
      maxWidth: 'calc(100% - 80px)',
    });
    select.addEventListener('change', () => this.show(Number(select.value)));
    const label = document.createElement('label');
    label.append('Shown: ', select);
    Object.assign(label.style, {
      boxSizing: 'border-box',
      color: 'var(--vscode-foreground)',
      display: 'block',
      font: '13px system-ui, sans-serif',
      height: `${BAR}px`,
      padding: '4px 16px',
    });
    document.body.prepend(label);
    this.show(BOARD);
  }

  /** Puts a comparison in the place of what was shown. */
  readonly show = (place: number): void => {
    this.place = place;
    this.select.value = String(place);
    const name = place === BOARD ? 'caliper-board-page' : 'caliper-comparison-page';
    for (const page of document.querySelectorAll('caliper-board-page, caliper-comparison-page'))
      page.remove();
    mount(name);
    const page = document.querySelector<HTMLElement>(name);
    if (page !== null) page.style.height = `calc(100vh - ${BAR}px)`;
  };
}
