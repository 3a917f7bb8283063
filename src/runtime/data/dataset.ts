import { existsSync, statSync } from 'node:fs';
import type { DataType } from '../../model/dataType';
import { ModelError } from '../../model/modelError';
import type { DataOptions, Preprocessing } from '../../protocol/options';
import type { Feeds, Quantized } from '../engine';
import { openArrays } from './arrays';
import { isData, listDataFiles } from './files';
import { openImages } from './images';
import { openTestDataSets } from './testDataSet';

/** Samples that a model is calibrated or measured on. Nothing is read before it is asked for. */
export interface Dataset {
  /** Where it came from: the path that the user gave. */
  readonly name: string;
  readonly kind: 'images' | 'arrays' | 'test data sets';
  readonly size: number;
  /** Class index of each sample, label offset included; null when there are no labels. */
  readonly labels: readonly number[] | null;
  /** Sentences that whoever reads the results must know, such as how many files were left out. */
  readonly warnings: readonly string[];
  /** The model's inputs for one sample. The same every time. Throws ModelError when the file is damaged. */
  feeds(index: number): Promise<Feeds>;
}

/** An input of the model, as the data has to fit it. */
export interface DataInput {
  readonly name: string;
  readonly type: DataType;
  /** Dimensions with values given to the symbolic ones. */
  readonly shape: readonly number[];
  /** Dimensions as the model declares them: data may have any size where there is no number. */
  readonly declaredShape?: readonly (number | string | null)[];
  /** What its integers stand for, where the model says so. */
  readonly quantization?: Quantized;
}

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
