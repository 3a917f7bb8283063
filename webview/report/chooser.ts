import type { ComparisonReportData } from '../../src/protocol/reportFile';
import { mount } from '../base/mount';

const PAGE = 'caliper-comparison-page';
/** Height of the bar above the page (pixels). */
const BAR = 32;

/** Shows one comparison; where there are several, a bar above it says which. */
export function showComparisons(
  { comparisons }: ComparisonReportData,
  choose: (place: number) => void,
): void {
  mount(PAGE);
  if (comparisons.length < 2) return;
  const label = document.createElement('label');
  const select = document.createElement('select');
  for (const [place, { beforeName, afterName }] of comparisons.entries())
    select.append(new Option(`${beforeName} → ${afterName}`, String(place)));
  // Without it the choices would be a part of the name.
  select.ariaLabel = 'Comparison';
  label.append('Comparison ', select);
  Object.assign(label.style, {
    boxSizing: 'border-box',
    color: 'var(--vscode-foreground)',
    display: 'block',
    font: '13px system-ui, sans-serif',
    height: `${BAR}px`,
    padding: '6px 16px',
  });
  const fit = () => {
    const page = document.querySelector<HTMLElement>(PAGE);
    if (page !== null) page.style.height = `calc(100vh - ${BAR}px)`;
  };
  select.addEventListener('change', () => {
    choose(Number(select.value));
    document.querySelector(PAGE)?.remove();
    mount(PAGE);
    fit();
  });
  document.body.prepend(label);
  fit();
}
