import { join } from 'node:path';
import type { Against } from '../budgets/check';
import { openModel } from '../formats';
import { Repository } from '../git/git';
import { copyHead, NotInRevision } from '../git/headCopy';

/**
 * Models as another revision of the repository around a folder has them, copied into a folder of ours when they are asked
 * for; a few copies are kept.
 *
 * @throws ModelError where there is no repository or no such revision.
 */
export async function againstRevision(revision: string, folder: string, scratch: string): Promise<Against> {
  const repository = await Repository.of(folder, 'git');
  const commit = await repository.commit(revision);
  return {
    revision,
    commit,
    copy: async (model) => {
      try {
        const settings = { git: 'git', folder: join(scratch, 'revision'), companions, revision };
        return { path: (await copyHead(model, settings)).path };
      } catch (error) {
        if (error instanceof NotInRevision) return { why: `it is not in ${revision}, so it did not grow.` };
        throw error;
      }
    },
  };
}

async function companions(path: string): Promise<string[]> {
  const file = openModel(path);
  try {
    return file.model.externalFiles.map((external) => external.path);
  } finally {
    file.close();
  }
}
