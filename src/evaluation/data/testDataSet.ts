import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTensorFile, type StoredTensor } from '../../formats/onnx/reading/tensorFile';
import { ModelError } from '../../model/modelError';
import type { DataOptions } from '../../protocol/options';
import type { DataInput } from '../../runtime/dataInput';
import type { Feeds } from '../../runtime/engine';
import { feedsFrom } from '../../runtime/feeds';
import type { Dataset } from './dataset';
import { fromBytes, toElements } from './elements';
import { fitsWhole } from './samples';

/** Folders `test_data_set_*`: each is one sample, with a file `input_0.pb`, `input_1.pb` … for each input. */
export function openTestDataSets(
  options: DataOptions,
  folders: readonly string[],
  inputs: readonly DataInput[],
): Dataset {
  return {
    name: options.path,
    kind: 'test data sets',
    size: folders.length,
    labels: null,
    warnings: [],
    async feeds(index): Promise<Feeds> {
      const folder = folders[index];
      if (folder === undefined) throw new RangeError(`no sample ${index} among ${folders.length}`);
      return readFeeds(folder, inputs);
    },
  };
}

function readFeeds(folder: string, inputs: readonly DataInput[]): Feeds {
  const tensors = readdirSync(folder)
    .flatMap((name) => /^input_(\d+)\.pb$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
    .map((place) => ({ place, tensor: readTensorFile(join(folder, `input_${place}.pb`)) }));
  const feeds = feedsFrom();
  for (const [place, input] of inputs.entries()) {
    // Files carry the input's name or none; the number is the input's place among the model's inputs.
    const found =
      tensors.find(({ tensor }) => tensor.name === input.name) ?? tensors.find((one) => one.place === place);
    if (found === undefined) {
      throw new ModelError(`${folder} has no file for input "${input.name}": expected input_${place}.pb.`, {
        file: folder,
      });
    }
    feeds[input.name] = feedOf(folder, input, found.tensor);
  }
  return feeds;
}

function feedOf(folder: string, input: DataInput, tensor: StoredTensor): Feeds[string] {
  if (!fitsWhole(tensor.shape, input)) {
    throw new ModelError(
      `A tensor of shape [${tensor.shape.join(', ')}] in ${folder} does not fit input "${input.name}" of shape [${input.shape.join(', ')}].`,
      { file: folder },
    );
  }
  const data = toElements(input.type, fromBytes(tensor.type, tensor.bytes));
  return { type: input.type, shape: tensor.shape, data };
}
