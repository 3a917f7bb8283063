import type { ComparisonPage } from '../../src/protocol/page';

/** Which files became others since they were compared, in a sentence for each; '' where none did. */
export function outdatedText({ beforeName, afterName, outdated }: ComparisonPage): string {
  const files = [
    { name: beforeName, became: outdated.before },
    { name: afterName, became: outdated.after },
  ].filter(({ became }) => became !== null);
  if (files.length === 0) return '';
  const sentences = files.map(
    ({ name, became }) =>
      `${name} ${became === 'missing' ? 'is gone' : 'has changed'} since it was compared.`,
  );
  return [
    ...sentences,
    `The figures are of what ${files.length === 1 ? 'it was' : 'they were'} before.`,
  ].join(' ');
}
