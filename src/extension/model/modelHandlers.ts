import { ModelError } from '../../model/modelError';
import type { AdviceFacts } from '../../protocol/advice/situation';
import type { App } from '../app';
import { addToBoard } from '../board/board';
import { openBoard } from '../board/boardPanel';
import { showLimit } from '../budgets/showLimit';
import { chooseDevice, listDevices, measuring } from '../devices';
import { fileName } from '../files/targets';
import { liteRtPlaces } from '../liteRtPlaces';
import type { Handlers } from '../page/channel';
import { sharedHandlers } from '../page/sharedHandlers';
import { keepCandidate, NOTHING_BESIDE, quantize, quantizeDefaults } from '../quantizing/quantizing';
import { choosePath, saveText } from '../telling/dialogs';
import { revealText } from '../text/textCommands';
import { cannotRun } from '../trust';
import { importMeasurements } from './importing';
import type { ModelView } from './modelView';
import { profile, saveTrace } from './profiling';
import { measureCeilings, rooflineOf } from './roofline';

/** A model that is not quantized here has no recipes. */
async function adviceFacts(view: ModelView): Promise<AdviceFacts> {
  const facts = await view.document.reader.ask('adviceFacts', { choice: view.choice });
  return view.quantizes ? facts : { ...facts, recipe: null, recipes: [], smaller: null };
}

/** What a model's page may ask. */
export function modelHandlers(app: App, view: ModelView): Handlers {
  const { document } = view;
  const { reader } = document;
  return {
    ...sharedHandlers(app),
    open: async (choice) => {
      view.choice = choice;
      const read = await reader.ask('open', { choice });
      const untrusted = cannotRun();
      const cannotQuantize = (document.isCopy ? NOTHING_BESIDE : null) ?? read.cannotQuantize ?? untrusted;
      view.quantizes = cannotQuantize === null;
      app.editor.updateContext();
      return {
        ...read,
        cannotRun: read.cannotRun ?? untrusted,
        cannotQuantize,
        measure: measuring(app.context, document.uri),
        profile: document.profile,
        imported: [...document.imported],
        otherProfiles: document.otherProfiles,
      };
    },
    rows: (range) => reader.ask('rows', { choice: view.choice, ...range }),
    modules: (range) => reader.ask('modules', { choice: view.choice, ...range }),
    edges: (range) => reader.ask('edges', { choice: view.choice, ...range }),
    find: ({ text }) => reader.ask('find', { choice: view.choice, text }),
    details: ({ row }) => reader.ask('details', { choice: view.choice, row }),
    statistics: (what) => reader.ask('statistics', { choice: view.choice, ...what }),
    weightPrecisions: (what) => reader.ask('weightPrecisions', { choice: view.choice, ...what }),
    memory: () => reader.ask('memory', { choice: view.choice }),
    roofline: () => rooflineOf(app, view),
    measureCeilings: () => measureCeilings(app, view),
    adviceFacts: () => adviceFacts(view),
    target: (what) => reader.ask('target', { choice: view.choice, ...what }),
    deployment: (what) => reader.ask('deployment', { choice: view.choice, ...what }),
    budgets: async () => app.budgets.of(document.file),
    showLimit: async ({ config, at }) => {
      await showLimit(config, at);
      return null;
    },
    profile: async (wish) => {
      const report = await profile(app, view, wish);
      if (report === null) throw new ModelError(`Profiling ${fileName(document.uri)} was cancelled.`);
      return report;
    },
    engines: async () => reader.ask('engines', { places: await liteRtPlaces(document.path, app.log) }),
    devices: () => listDevices(app),
    chooseDevice: async ({ device }) => {
      await chooseDevice(app.context, document.uri, device);
      return null;
    },
    saveTrace: () => saveTrace(view),
    importMeasurements: () => importMeasurements(view),
    quantizeDefaults: () => quantizeDefaults(app, view),
    quantize: (wish) => quantize(app, view, wish),
    keepCandidate: ({ which }) => keepCandidate(app, view, which),
    addToBoard: async () => {
      await addToBoard(app, [{ path: document.path, name: fileName(document.uri) }]);
      await openBoard(app);
      return null;
    },
    revealText: async ({ row }) => {
      await revealText(app, document.file, row);
      return null;
    },
    wantedRow: async () => {
      const row = view.wantedRow;
      view.wantedRow = null;
      return row;
    },
    cancel: async () => {
      app.jobs.cancel(document.uri.toString());
      return null;
    },
    choosePath: ({ what }) => choosePath(what, what === 'output' ? document.file : document.folder),
    save: async ({ name, ...content }) =>
      saveText(document.folder, name, content, await reader.ask('inputs', null)),
  };
}
