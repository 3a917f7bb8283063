import { randomUUID } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { Reader } from '../../jobs/readerClient';
import { itemAt } from '../../model/assert';
import { ModelError } from '../../model/modelError';
import { type BoardPage, type BoardWish, measuredBoard } from '../../protocol/board';
import type { PageEvent } from '../../protocol/page';
import type { App } from '../app';
import { outdated, stampsOf } from '../comparison/keptComparisons';
import { compareOptions, readComparison } from '../comparison/readComparison';
import { cannotRun } from '../trust';
import { copyFolder, forgetCopy, type KeptBoard, type KeptModel, keepBoard, loadBoard } from './keptBoard';

/** Changes of the board, one after the other: each begins with what the last one left. */
let changing: Promise<unknown> = Promise.resolve();

/** The board as its page shows it. */
export async function boardPage(app: App): Promise<BoardPage> {
  const { models, cannotRun: formats } = await loadBoard(app);
  return {
    models: models.map(({ stamps, ...model }) => {
      const { before, after } = outdated(app, { comparison: model.comparison, stamps });
      return { ...model, became: after ?? before };
    }),
    cannotRun: cannotRun() ?? formats,
  };
}

/** Gives models a column each, behind the others; one that has one keeps it. */
export function addToBoard(app: App, wishes: readonly BoardWish[]): Promise<void> {
  return change(app, async (board) => {
    let now = board;
    for (const wish of wishes) {
      if (now.models.some((model) => model.path === wish.path)) continue;
      const [first = wish] = now.models;
      const added = await compared(app, first, { ...wish, id: randomUUID() });
      if (added === null) break;
      now = { models: [...now.models, added.model], cannotRun: now.cannotRun ?? added.cannotRun };
    }
    return now;
  });
}

/** The same of a candidate, whose file would not last: the board has a copy of its own. */
export async function addCandidate(app: App, input: string, { path: file, name }: BoardWish): Promise<void> {
  const folder = await copyFolder(app, randomUUID());
  const copy = vscode.Uri.joinPath(folder, path.basename(file)).fsPath;
  const reader = new Reader(app.readerScript, input);
  try {
    await reader.ask('place', { built: file, output: copy, force: true });
  } finally {
    reader.stop();
  }
  await addToBoard(app, [{ path: copy, name }]);
}

/** Where the first one goes, the next is what the others are set against. */
export function removeFromBoard(app: App, id: string): Promise<void> {
  return change(app, async ({ models }) => {
    const gone = models.find((model) => model.id === id);
    if (gone !== undefined) await forgetCopy(app, gone);
    const left = models.filter((model) => model.id !== id);
    if (gone === models[0]) return read(app, left);
    return { models: left, cannotRun: await whyNotRun(app, left) };
  });
}

/** The others are set against this one from now on, which nothing was measured of. */
export function setAgainst(app: App, id: string): Promise<void> {
  return change(app, ({ models }) =>
    read(app, [...models.filter((model) => model.id === id), ...models.filter((model) => model.id !== id)]),
  );
}

/** Reads all files again, as they are now. */
export function readAgain(app: App): Promise<void> {
  return change(app, ({ models }) => read(app, models));
}

/** Runs all models in one go; false when the user cancelled. */
export async function measureBoard(
  app: App,
  latency: boolean,
  send: (event: PageEvent) => void,
): Promise<boolean> {
  const { models } = await loadBoard(app);
  if (models.length < 2) throw new ModelError('There is nothing to set the model against: add another one.');
  const paths = models.map((model) => model.path);
  const first = itemAt(paths, 0);
  const stamps = paths.map((file) => stampsOf(first, file));
  const measured = await app.jobs.run({
    kind: 'compare',
    title: `Measuring the ${models.length} models of the board`,
    options: {
      ...compareOptions(app, vscode.Uri.file(itemAt(paths, paths.length - 1)), paths),
      measure: latency,
    },
    send,
  });
  if (measured === null) return false;
  await change(app, async (board) => {
    // Somebody may have taken one off meanwhile.
    if (board.models.map((model) => model.path).join('\n') !== paths.join('\n')) return board;
    const now = measuredBoard(board.models, measured);
    return { ...board, models: now.map((model, place) => ({ ...model, stamps: itemAt(stamps, place) })) };
  });
  return true;
}

function change(app: App, work: (board: KeptBoard) => Promise<KeptBoard>): Promise<void> {
  const next = changing.then(async () => keepBoard(app, await work(await loadBoard(app))));
  changing = next.catch(() => undefined);
  return next;
}

/** Each against the first of them; what the user did not wait for stays as it was. */
async function read(app: App, models: readonly KeptModel[]): Promise<KeptBoard> {
  const [first] = models;
  const found: KeptModel[] = [];
  let why: string | null = null;
  for (const model of models) {
    const again = first === undefined ? null : await compared(app, first, model);
    found.push(again?.model ?? model);
    why ??= again?.cannotRun ?? null;
  }
  return { models: found, cannotRun: why };
}

/** Whether what is left is run here. */
async function whyNotRun(app: App, models: readonly KeptModel[]): Promise<string | null> {
  const [first] = models;
  if (first === undefined) return null;
  for (const model of models) {
    const why = (await compared(app, first, model))?.cannotRun ?? null;
    if (why !== null) return why;
  }
  return null;
}

/** A model set against the first one, as their files say; null when the user cancelled. */
async function compared(
  app: App,
  first: BoardWish,
  model: BoardWish & Pick<KeptModel, 'id'>,
): Promise<{ model: KeptModel; cannotRun: string | null } | null> {
  const found = await readComparison(app, {
    model: vscode.Uri.file(model.path),
    before: first,
    after: model,
  });
  if (found === null) return null;
  const { comparison, stamps } = found;
  const { id, path: file, name } = model;
  return { model: { id, path: file, name, comparison, stamps }, cannotRun: found.cannotRun };
}
