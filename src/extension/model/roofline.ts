import { ModelError } from '../../model/modelError';
import { otherDevice } from '../../protocol/deviceNames';
import type { RooflineReport } from '../../protocol/roofline';
import type { App } from '../app';
import type { ModelView } from './modelView';

/** The layers beside what this computer reaches at most, as far as the last profile and its ceilings are known. */
export function rooflineOf(app: App, { document, choice }: ModelView): Promise<RooflineReport> {
  const profile = document.profileFor(choice);
  return document.reader.ask('roofline', { choice, profile, memory: app.jobs.memory.fsPath });
}

/** Measures what this computer reaches at most with the engine of the last profile. */
export async function measureCeilings(app: App, view: ModelView): Promise<RooflineReport> {
  const { document, choice } = view;
  const profile = document.profileFor(choice);
  if (profile === null || otherDevice(profile) !== null)
    throw new ModelError('Profile the latency on this computer first: ceilings are those of an engine.');
  await app.jobs.run({
    kind: 'ceilings',
    title: 'Measuring what this computer reaches',
    options: { model: document.path, threads: profile.threads, ...choice },
    send: (event) => document.send(event),
  });
  return rooflineOf(app, view);
}
