import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { openModel } from '../formats';
import { UsageError } from '../model/modelError';
import { printable } from '../protocol/printable';
import type { CheckReport } from '../protocol/reports';
import { check } from '../targets/checks';
import { targetOf, wholeTargets } from '../targets/targets';
import { type BudgetFlags, runBudgets } from './checkBudgets';
import { addDeviceOptions } from './deviceOptions';
import { addMeasureOptions, shard } from './options';
import { print, printJson, terminalWidth } from './output';
import { renderTable } from './table';

/** A rule fails: the same exit status as for other checks. */
const FAILED = 3;

interface TargetFlags {
  target: string;
  json?: boolean;
}

export function addCheck(program: Command): void {
  const command = program
    .command('check')
    .summary('check models against budgets, or against what a target asks for')
    .description(
      'Checks the models that caliper.json names against the budgets in it; or with --target one model against every rule of where it is to be deployed, and says what to change. Nothing is run unless --measure says so.',
    )
    .argument('[files...]', 'models, all that budgets are for unless given; with --merge: reports of --json')
    .option('--config <file>', 'budgets (default: caliper.json here, or in the nearest folder around)')
    .option('--against <revision>', 'compare with this revision of git, for limits on growth')
    .option('--measure', 'run models for limits on latency and accuracy')
    .addOption(
      new Option('--target <target>', 'where one model is to be deployed, instead of budgets').choices(
        wholeTargets.map(({ id }) => id),
      ),
    )
    .optionsGroup('Sharing the work:')
    .option('--shard <i/n>', 'check the i-th of n shares of the models, as n machines do', shard)
    .option('--merge', 'make one report of those of several machines');
  addMeasureOptions(command);
  addDeviceOptions(command);
  command
    .optionsGroup('Output:')
    .addOption(new Option('--json', 'print everything as JSON (see docs/json.md)').conflicts('md'))
    .option('--md', 'print it as Markdown, for a comment')
    .option('--all', 'list every limit, however many are kept')
    .option('--sarif <file>', 'write what is wrong as SARIF 2.1.0, for code scanning')
    .option('--junit <file>', 'write all limits as test cases in JUnit’s XML')
    .option('--benchmark <file>', 'write the figures as JSON for github-action-benchmark')
    .addHelpText(
      'after',
      `
Targets:
${wholeTargets.map(({ id, name }) => `  ${id}  ${name}`).join('\n')}

The smallest caliper.json:
  { "budgets": [{ "models": "*.onnx", "fileSize": "2 MB" }] }

Examples:
  caliper check
  caliper check m.onnx --config caliper.json --sarif out.sarif
  caliper check --against origin/main --junit budgets.xml
  caliper check --shard 1/3 --json > 1.json
  caliper check --merge 1.json 2.json 3.json
  caliper check model.tflite --target mlkit

Where GITHUB_ACTIONS is set, problems are annotated at their lines and the summary of the step gets a table.

Exit status: 0 nothing is over (limits may be unmeasured), 1 an error or something cannot be checked, 2 wrong usage or
a mistake in caliper.json, 3 something is over budget, or a rule of the target fails.`,
    )
    .action(runCheck);
}

async function runCheck(
  files: string[],
  { target, ...flags }: BudgetFlags & { target?: string },
): Promise<void> {
  if (target === undefined) return runBudgets(files, flags);
  const [model, ...others] = files;
  if (model === undefined || others.length > 0) throw new UsageError('Give one model with --target.');
  return checkTarget(model, { target, ...(flags.json && { json: true }) });
}

async function checkTarget(model: string, { target, json }: TargetFlags): Promise<void> {
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
