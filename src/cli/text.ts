import type { Command } from 'commander';
import { openModel } from '../formats';
import type { ModelFile } from '../formats/format';
import { printModel } from '../onnxtxt/printer';
import { print } from './output';

export function addText(program: Command): void {
  program
    .command('text')
    .summary('print a model as text')
    .description(
      'Prints a model in ONNX’s textual syntax, whatever its format: one line a node, one line a tensor, of weights type, shape and a few values. The same model is always the same text, so that texts can be compared.',
    )
    .argument('<model>', 'model file')
    .addHelpText(
      'after',
      `
Examples:
  caliper text model.onnx | less
  diff <(caliper text before.onnx) <(caliper text after.onnx)

So that git diff reads models:
  git config diff.caliper.textconv "caliper text"
  echo '*.onnx diff=caliper' >> .gitattributes`,
    )
    .action(runText);
}

async function runText(model: string): Promise<void> {
  const file = openModel(model);
  try {
    await print(lines(file));
  } finally {
    file.close();
  }
}

function* lines(file: ModelFile): Generator<string> {
  for (const line of printModel(file.text())) yield `${line}\n`;
}
