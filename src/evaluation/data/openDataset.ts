import { existsSync, statSync } from 'node:fs';
import { ModelError } from '../../model/modelError';
import type { DataOptions, Preprocessing } from '../../protocol/options';
import type { DataInput } from '../../runtime/dataInput';
import { openArrays } from './arrays';
import type { Dataset } from './dataset';
import { isData, listDataFiles } from './files';
import { openImages } from './images';
import { openTestDataSets } from './testDataSet';

/**
 * Opens images, `.npy` and `.npz` files or folders of them, and ONNX `test_data_set_*` folders.
 * @param preprocessing null: the default preset, with a warning. Matters for images only.
 * @throws ModelError when there is nothing that fits the model's inputs.
 */
export async function openDataset(
  options: DataOptions,
  preprocessing: Preprocessing | null,
  inputs: readonly DataInput[],
): Promise<Dataset> {
  if (!existsSync(options.path)) {
    throw new ModelError(`There is no file or folder ${options.path}.`, { file: options.path });
  }
  if (!isData(options.path)) {
    throw new ModelError(`${options.path} is neither a file nor a folder, so it is not read.`, {
      file: options.path,
    });
  }
  if (options.labels !== null && !statSync(options.labels, { throwIfNoEntry: false })?.isFile()) {
    throw new ModelError(`There is no file ${options.labels}.`, { file: options.labels });
  }
  const files = listDataFiles(options.path);
  if (files.testDataSets.length > 0) return openTestDataSets(options, files.testDataSets, inputs);
  if (files.images.length > 0) return openImages(options, preprocessing, inputs, files);
  if (files.arrays.length > 0) return openArrays(options, inputs, files);
  throw new ModelError(
    `There is no data in ${options.path}: expected images (JPEG, PNG, WebP, GIF, TIFF, AVIF), .npy or .npz files, or test_data_set_* folders.`,
    { file: options.path },
  );
}
