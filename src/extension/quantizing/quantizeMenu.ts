import path from 'node:path';
import * as vscode from 'vscode';
import { ModelError } from '../../model/modelError';
import { type DataOptions, PORTS, PRESETS, type Preset, type QuantizeOptions } from '../../protocol/options';
import type { QuantizeDefaults } from '../../protocol/page';
import { PRESET_VALUES } from '../../protocol/presets';
import { factsOf, isCalibrated } from '../../protocol/recipes';

import { packageFolder } from '../files/packages';
import type { ModelDocument } from '../model/modelDocument';
import { choosePath } from '../telling/dialogs';
import { asText } from '../telling/plainText';
import { resultPath } from './resultPath';

type Wish = Partial<QuantizeOptions>;
/** `choose` says whether to start; anything else changed the wish. */
type Item = vscode.QuickPickItem & { choose(): Promise<'start' | undefined> };

const DATA_HELP = 'Random data: accuracy will suffer';

/** Asks how to quantize, beginning with what fits: Enter takes it. undefined when the user leaves. */
export async function quantizeMenu(
  document: ModelDocument,
  defaults: QuantizeDefaults,
): Promise<Wish | undefined> {
  if (!defaults.possible) throw new ModelError(defaults.reason);
  const wish: Wish = {
    ...defaults.options,
    ...(defaults.runs || defaults.options.twin ? {} : { calibration: null, validation: null }),
    recipe: null,
    output: resultPath(document.path, defaults.recipe),
  };
  const title = `Quantize ${path.basename(packageFolder(document.path) ?? document.path)}`;
  for (;;) {
    // The first row starts, so that Enter takes what is set.
    const options = { title, placeHolder: 'Enter starts', ignoreFocusOut: true };
    const choice = await vscode.window.showQuickPick(menu(document, defaults, wish), options);
    if (!choice) return undefined;
    if ((await choice.choose()) === 'start') return wish;
  }
}

function menu(document: ModelDocument, defaults: QuantizeDefaults, wish: Wish): Item[] {
  const recipe = wish.recipe ?? defaults.recipe;
  const calibrated = isCalibrated(recipe);
  const hasPorts = defaults.recipes.some((offered) => offered.recipe === recipe && offered.ports);
  const folder = vscode.Uri.joinPath(document.uri, '..');
  const chooseData = (what: 'data' | 'validation', key: 'calibration' | 'validation') => async () => {
    const chosen = await choosePath(what, folder);
    if (chosen) wish[key] = { path: chosen.path, labels: null, labelOffset: 0 };
    return undefined;
  };
  return [
    {
      label: '$(play) Quantize',
      description: asText(`${recipe} → ${path.basename(wish.output ?? '')}`),
      detail: asText(wish.recipe ? factsOf(wish.recipe).sentence : `Fits this model: ${defaults.reason}`),
      choose: async () => 'start',
    },
    {
      label: '$(settings) Recipe',
      description: recipe,
      choose: async () => {
        const items = defaults.recipes.map(({ recipe: label, ports, refusal }) => ({
          label,
          ports,
          refusal,
          detail: asText(refusal ?? factsOf(label).sentence),
        }));
        const chosen = await vscode.window.showQuickPick(items, { title: 'Recipe' });
        if (!chosen || chosen.refusal !== null) return undefined;
        if (wish.output === resultPath(document.path, recipe))
          Object.assign(wish, { output: resultPath(document.path, chosen.label), force: false });
        wish.recipe = chosen.label;
        if (!chosen.ports) wish.ports = 'float';
        return undefined;
      },
    },
    ...(calibrated
      ? [
          {
            label: '$(file-media) Calibration data',
            description: describeData(wish.calibration),
            ...(wish.calibration ? {} : { detail: DATA_HELP }),
            choose: chooseData('data', 'calibration'),
          },
        ]
      : []),
    ...(defaults.runs
      ? [
          {
            label: '$(beaker) Validation data',
            description:
              wish.validation || !wish.calibration
                ? describeData(wish.validation)
                : 'part of the calibration data',
            choose: chooseData('validation', 'validation'),
          },
        ]
      : []),
    ...(defaults.runs && defaults.imageInput
      ? [
          {
            label: '$(symbol-color) Preprocessing',
            description: describePreprocessing(wish),
            choose: () => choosePreset(wish),
          },
        ]
      : []),
    ...(hasPorts
      ? [
          {
            label: '$(plug) Inputs and outputs',
            description: wish.ports ?? 'float',
            choose: async () => {
              const ports = await vscode.window.showQuickPick(
                PORTS.map((label) => ({ label })),
                { title: 'Inputs and outputs' },
              );
              if (ports) wish.ports = ports.label;
              return undefined;
            },
          },
        ]
      : []),
    {
      label: '$(save) Save as',
      description: asText(wish.output ?? ''),
      choose: async () => {
        const chosen = await choosePath('output', vscode.Uri.file(wish.output ?? document.path));
        // The dialog has asked about replacing the file already.
        if (chosen) Object.assign(wish, { output: chosen.path, force: true });
        return undefined;
      },
    },
  ];
}

async function choosePreset(wish: Wish): Promise<undefined> {
  const items = PRESETS.map((label) => ({ label, detail: presetHelp(label) }));
  const chosen = await vscode.window.showQuickPick(items, { title: 'How images become inputs' });
  if (chosen) wish.preprocessing = structuredClone(PRESET_VALUES[chosen.label]);
  return undefined;
}

function presetHelp(preset: Preset): string {
  const { scale, mean, std, channels } = PRESET_VALUES[preset];
  const pixel = scale === 1 ? 'pixel' : 'pixel / 255';
  return `${channels.toUpperCase()}, (${pixel} − ${mean.join(', ')}) / ${std.join(', ')}`;
}

function describePreprocessing(wish: Wish): string {
  const { preprocessing } = wish;
  if (!preprocessing) return 'not given';
  const same = (preset: Preset) => JSON.stringify(PRESET_VALUES[preset]) === JSON.stringify(preprocessing);
  return PRESETS.find(same) ?? 'your own numbers';
}

function describeData(data: DataOptions | null | undefined): string {
  return data ? asText(vscode.workspace.asRelativePath(data.path)) : 'random';
}
