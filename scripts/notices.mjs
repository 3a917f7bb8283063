// Writes the licences of what is shipped: packages in the bundles, engines beside them, native packages.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LINKED } from './linked.mjs';
import { ROOT } from './root.mjs';

/** For packages that have an Apache licence and no copy of it. */
const APACHE = 'sharp';

/**
 * @param inputs paths of the files that were bundled or copied
 * @param target the file to write
 */
export function writeNotices(inputs, target) {
  const shipped = readFileSync(path.join(ROOT, '.vscodeignore'), 'utf8').split('\n');
  const names = [...inputs, ...shipped].flatMap((file) => packageOf(file) ?? []);
  const parts = [...new Set(names)].sort().map(notice);
  const apache = `Apache License 2.0, for what is named above without a copy of it\n\n${licenceOf(APACHE)}`;
  writeFileSync(target, [...parts, ...LINKED, apache].join(`\n${'-'.repeat(80)}\n\n`));
}

/** `@scope/name` of a path in node_modules. */
function packageOf(file) {
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file.replaceAll('\\', '/'))?.[1];
}

function notice(name) {
  const { version, license, homepage, repository } = JSON.parse(
    readFileSync(path.join(folderOf(name), 'package.json'), 'utf8'),
  );
  const where = homepage ?? repository?.url ?? `https://www.npmjs.com/package/${name}`;
  return [`${name} ${version}`, `Licence: ${license}`, `${where}\n`, licenceOf(name)].join('\n');
}

function licenceOf(name) {
  const files = readdirSync(folderOf(name)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  return files.map((file) => `${readFileSync(path.join(folderOf(name), file), 'utf8').trim()}\n`).join('\n');
}

function folderOf(name) {
  return path.join(ROOT, 'node_modules', name);
}
