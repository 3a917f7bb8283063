import {
  type BudgetReport,
  countLimits,
  type LimitReport,
  limitName,
  limitSentence,
} from '../../protocol/budgets';
import { printable } from '../../protocol/printable';

/** JUnit's XML, a suite for each model and budget, a case for each limit: what cannot be checked is an error. */
export function* junitOf(report: BudgetReport): Generator<string> {
  const counts = (models: BudgetReport['models']) => {
    const { over, unknown, unmeasured, fits } = countLimits(models);
    return attributes({
      tests: over + unknown + unmeasured + fits,
      failures: over,
      errors: unknown,
      skipped: unmeasured,
    });
  };
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes({ name: 'Model Caliper' })}${counts(report.models)}>\n`;
  for (const one of report.models) {
    const name = attributes({ name: `${one.model} (${one.budget})` });
    yield `  <testsuite${name}${counts([one])}>\n`;
    for (const limit of one.limits) yield testCase(limit, one.model, report.config);
    yield '  </testsuite>\n';
  }
  yield '</testsuites>\n';
}

function testCase(limit: LimitReport, model: string, config: string): string {
  const own = attributes({ name: limitName(limit), classname: model, file: config, line: limit.at.line });
  const message = attributes({ message: limitSentence(limit) });
  const help = escaped((limit.help ?? []).join('\n'));
  switch (limit.status) {
    case 'fits':
      return `    <testcase${own}/>\n`;
    case 'unmeasured':
      return `    <testcase${own}><skipped${message}/></testcase>\n`;
    case 'over':
      return `    <testcase${own}><failure${message} type="${limit.rule}">${help}</failure></testcase>\n`;
    case 'unknown':
      return `    <testcase${own}><error${message} type="${limit.rule}">${help}</error></testcase>\n`;
  }
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(printable(String(value)))}"`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Half of a surrogate pair, and what else XML cannot hold, is replaced. */
function escaped(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')
    .replace(/[\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD');
}
