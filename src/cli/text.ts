import { once } from 'node:events';
import type { Command } from 'commander';
import { openModel } from '../formats';
import { printModel } from '../text/printer';

/** Lines are handed to the system in pieces of about so many characters. */
const PIECE = 64 * 1024;

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
    let piece = '';
    for (const line of printModel(file.text())) {
      piece += `${line}\n`;
      if (piece.length < PIECE) continue;
      // Whoever reads may be slower: what is not taken yet must not pile up.
      if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
      piece = '';
    }
    process.stdout.write(piece);
  } finally {
    file.close();
  }
}
