import type { ServerComparison } from '../../protocol/targets';

/** What is assumed of a server and the way to it; every number can be given. */
export interface ServerAssumptions {
  /** Bits a second from the device to the server. */
  readonly uplink: number;
  /** Milliseconds to the server and back. */
  readonly roundTrip: number;
  /** How many times faster the server runs the model. */
  readonly faster: number;
}

/** A phone on a good mobile network, and a server with a data-centre GPU: round numbers, not measurements. */
export const ASSUMED: ServerAssumptions = { uplink: 10_000_000, roundTrip: 50, faster: 10 };

const BITS = 8;

/**
 * On the device or on a server: the time of both ways.
 * @param inputBytes of one run; null = not known
 * @param runMs measured on the device; null: it was not measured
 */
export function onServer(
  inputBytes: number | null,
  runMs: number | null,
  assumed: ServerAssumptions = ASSUMED,
): ServerComparison {
  const { uplink, roundTrip, faster } = assumed;
  const sendMs = inputBytes === null ? null : ((inputBytes * BITS) / uplink) * 1000;
  const way = sendMs === null ? null : sendMs + roundTrip;
  return {
    assumed: { ...assumed },
    inputBytes,
    sendMs,
    deviceMs: runMs,
    serverMs: way === null || runMs === null ? null : way + runMs / faster,
    // Slower runs than this are faster on the server.
    breakEvenMs: way === null || faster <= 1 ? null : way / (1 - 1 / faster),
  };
}
