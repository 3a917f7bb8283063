import type { LayerReport } from './reports';

/** Constants and the like are layers too, but all of their figures are 0: they only hide the others. */
export function costsNothing({
  parameters,
  activationBytes,
  macs,
  body,
  hasBody,
}: Pick<LayerReport, 'parameters' | 'activationBytes' | 'macs' | 'body'> & { hasBody?: boolean }): boolean {
  return parameters === 0 && activationBytes === 0 && macs === 0 && body === undefined && hasBody !== true;
}
