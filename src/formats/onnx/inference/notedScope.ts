import type { NodeProto } from '../onnx_pb';

/** Where PyTorch's exporter notes the modules around a node, as Python writes a list: the root's '' comes first. */
const KEY = 'pkg.torch.onnx.name_scopes';
/** Modules are nested a dozen deep, each with the whole path to it (CWE-770). */
const MAX_LENGTH = 10_000;

/** Path of the innermost module that PyTorch's exporter noted of a node; '' where it noted none. */
export function notedScope({ metadataProps }: NodeProto): string {
  const noted = metadataProps.find(({ key }) => key === KEY)?.value;
  if (noted === undefined || noted.length > MAX_LENGTH) return '';
  const names = [...noted.matchAll(/'([^']*)'/g)].map(([, name = '']) => name);
  // The last one is the node's own.
  return names.at(-2) ?? '';
}
