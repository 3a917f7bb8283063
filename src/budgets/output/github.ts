import { type BudgetReport, limitSentence } from '../../protocol/budgets';
import { printable } from '../../protocol/printable';

/**
 * Commands for GitHub's runner, a line each, which it shows at the lines of the limits. A name in them cannot become
 * another command: what has a meaning there is escaped.
 */
export function* annotationsOf({ config, models }: BudgetReport): Generator<string> {
  for (const { model, limits } of models) {
    for (const limit of limits) {
      if (limit.status !== 'over' && limit.status !== 'unknown') continue;
      const { line, column, endLine, endColumn } = limit.at;
      const place = { file: config, line, endLine, ...(line === endLine && { col: column, endColumn }) };
      const title = limit.status === 'over' ? `${model} is over budget` : `${model} cannot be checked`;
      const properties = Object.entries({ ...place, title })
        .map(([name, value]) => `${name}=${property(printable(String(value)))}`)
        .join(',');
      const text = [`${model}: ${limitSentence(limit)}`, ...(limit.help ?? [])].map(printable).join('\n');
      yield `::${limit.status === 'over' ? 'error' : 'warning'} ${properties}::${data(text)}\n`;
    }
  }
}

/** Of the message (github.com/actions/toolkit, `command.ts`). */
function data(text: string): string {
  return text
    .replaceAll('##[', '## [')
    .replaceAll('%', '%25')
    .replaceAll('\r', '%0D')
    .replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** The older form of a command stands anywhere in a line; text for people must not hold one. */
export function withoutCommands(text: string): string {
  return text.replaceAll('##[', '## [').replace(/^(\s*)::/gm, '$1: :');
}
