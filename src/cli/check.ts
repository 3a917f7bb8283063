import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { openModel } from '../formats';
import { printable } from '../protocol/printable';
import type { CheckReport } from '../protocol/reports';
import { check } from '../targets/checks';
import { targetOf, wholeTargets } from '../targets/targets';
import { print, printJson, terminalWidth } from './output';
import { renderTable } from './table';

/** A rule fails: the same exit status as for other checks. */
const FAILED = 3;

interface CheckFlags {
  target: string;
  json?: boolean;
}

export function addCheck(program: Command): void {
  program
    .command('check')
    .summary('check whether a model can be deployed somewhere')
    .description(
      'Checks a model against every rule of where it is to be deployed, and says what to change. Nothing is run.',
    )
    .argument('<model>', 'model file')
    .addOption(
      new Option('--target <target>', 'where it is to be deployed')
        .choices(wholeTargets.map(({ id }) => id))
        .makeOptionMandatory(),
    )
    .addOption(new Option('--json', 'print everything as JSON (see docs/json.md)'))
    .addHelpText(
      'after',
      `
Targets:
${wholeTargets.map(({ id, name }) => `  ${id}  ${name}`).join('\n')}

Example:
  caliper check model.tflite --target mlkit

Exit status: 0 no rule fails (some may be unknown), 1 an error, 2 wrong usage, 3 a rule fails.`,
    )
    .action(runCheck);
}

async function runCheck(model: string, { target, json }: CheckFlags): Promise<void> {
  const file = openModel(model);
  try {
    const report = check(file, targetOf(target));
    if (report.rules.some(({ status }) => status === 'fail')) process.exitCode = FAILED;
    await (json ? printJson(report) : print(describe(report)));
  } finally {
    file.close();
  }
}

function describe({ file, targetName, rules }: CheckReport): string {
  const count = (wanted: string) => rules.filter(({ status }) => status === wanted).length;
  const fixes = rules.flatMap(({ rule, fix }) =>
    fix === undefined ? [] : `${printable(`${rule}: ${fix}`)}\n`,
  );
  return [
    `${printable(basename(file))} for ${targetName}: ${count('pass')} pass, ${count('fail')} fail, ${count('unknown')} unknown\n`,
    renderTable(
      [
        { title: 'status' },
        { title: 'rule' },
        { title: 'asks for', flexible: true },
        { title: 'found', flexible: true },
      ],
      rules.map(({ status, rule, title, reason }) => [status, rule, title, reason]),
      terminalWidth(),
    ),
    ...(fixes.length === 0 ? [] : [`What to change\n${fixes.join('')}`]),
  ].join('\n');
}
