import { Wire } from '../../protobuf/wire';

/** Payload fields of TensorProto, by number, with the wire type of one element where it came unpacked. */
export const PAYLOAD_FIELDS: ReadonlyMap<number, Wire> = new Map([
  [4, Wire.Fixed32],
  [5, Wire.Varint],
  [7, Wire.Varint],
  [9, Wire.Bytes],
  [10, Wire.Fixed64],
  [11, Wire.Varint],
]);

export const RAW_DATA = 9;
export const EXTERNAL_DATA = 13;
export const DATA_LOCATION = 14;
