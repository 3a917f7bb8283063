import { comparisonToMarkdown } from '../../src/protocol/comparisonMarkdown';
import { comparisonToCsv } from '../../src/protocol/csv';
import type { ComparisonPage } from '../../src/protocol/page';
import { copyText } from '../base/copied';
import type { MenuItem } from '../base/menu';
import { host } from '../host';
import { outdatedText } from './outdated';

/** What a comparison can be saved and copied as. */
export function exportItems(compared: ComparisonPage): MenuItem[] {
  const { beforeName, afterName } = compared;
  const outdated = outdatedText(compared);
  const comparison =
    outdated === ''
      ? compared.comparison
      : { ...compared.comparison, warnings: [outdated, ...compared.comparison.warnings] };
  const name = afterName.replace(/\.[^.]+$/, '');
  const csv = () => comparisonToCsv(comparison.layers);
  const json = () => `${JSON.stringify(comparison, null, 2)}\n`;
  const markdown = () => comparisonToMarkdown(comparison, { beforeName, afterName });
  const save = (ending: string, text: string) =>
    void host.request('save', { name: `${name}.comparison.${ending}`, text });
  const copy = (text: string) => void copyText(text);
  return [
    { label: 'Layers as CSV…', run: () => save('csv', csv()) },
    { label: 'Report as JSON…', run: () => save('json', json()) },
    { label: 'Summary as Markdown…', run: () => save('md', markdown()) },
    { label: 'Copy Layers as CSV', run: () => copy(csv()) },
    { label: 'Copy Report as JSON', run: () => copy(json()) },
    { label: 'Copy Summary as Markdown', description: 'for a pull request', run: () => copy(markdown()) },
  ];
}
