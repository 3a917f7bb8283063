import { expect, it } from 'vitest';
import manifest from '../../package.json';

/** What is run, and which computers are called, is the user's to say: a workspace may come from anybody. */
it.each(['caliper.adb', 'caliper.benchmarkModel', 'caliper.devices'])(
  '%s is no setting of a workspace',
  (name) => {
    const settings = new Map(Object.entries<object>(manifest.contributes.configuration.properties));
    expect(settings.get(name)).toMatchObject({ scope: 'machine' });
  },
);
