import { NotInRevision } from '../../git/headCopy';
import { ModelError } from '../../model/modelError';
import type { App } from '../app';
import { mayAskGit } from '../comparison/readComparison';
import { headFile, watchHeads } from '../versions/headCopy';
import type { Commits } from './commits';

/** What the repository says, as the editor's git and our own reading of it know it. */
export function commitsOf(app: () => App): Commits {
  return {
    copy: async (model) => {
      if (!mayAskGit())
        return { why: 'the workspace is not trusted, so that git is not asked for its HEAD.' };
      try {
        return { path: await headFile(app(), model) };
      } catch (error) {
        if (error instanceof NotInRevision) return { why: 'it is not in HEAD, so it did not grow.' };
        if (error instanceof ModelError) return { why: error.message };
        app().log.warn(`${model} as HEAD has it could not be read: ${error}`);
        return { why: 'what HEAD has of it could not be read.' };
      }
    },
    watch: (changed) => watchHeads(app(), changed),
  };
}
