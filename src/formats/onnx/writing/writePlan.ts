import { basename, dirname, resolve } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { present } from '../../../model/assert';
import { ModelError } from '../../../model/modelError';
import { type Piece, sizeOf } from '../../pieces';
import { assemble, fieldsOf, header, replacePayloads } from '../../protobuf/encoded';
import { PAYLOAD, tagOf, Wire, wireMessage } from '../../protobuf/wire';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from '../onnx_pb';
import { EXTERNAL, externalEntry, isLocation } from '../reading/externalData';
import { DATA_LOCATION, EXTERNAL_DATA, RAW_DATA } from '../reading/wireFields';

/** What readers of protobuf accept as one message. */
export const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/** Weights beside the model begin at whole pages, so that engines can map them. */
const PAGE_BYTES = 4096;

/** Smaller weights stay in the model: a reader wants shapes and scales at hand. */
const SMALL_BYTES = 1024;

/** Shapes, axes and sizes lie within it: engines that infer shapes do not read them from files beside the model. */
export const INLINE_BYTES = 64 * 1024;

/** The file beside a model for the weights that its message has no room for. */
export function dataPathOf(model: string): string {
  return `${model}.data`;
}

export interface WritePlan {
  readonly model: Piece[];
  readonly dataPath: string;
  readonly data: Piece[];
}

/**
 * What to write for an encoded model: its bytes with each `payload` field replaced by what it stands for.
 * `embed` puts all weights into the model, `beside` the large ones into a file of their own. Of a `lender` the large ones
 * stay where they are: it is to be found beside the model under the name `location`. Weights in files that are valid
 * from the target's folder stay there, unless they have less than `smallest` bytes.
 */
export function planModel(
  skeleton: Uint8Array,
  target: string,
  weights: 'embed' | 'beside' | { readonly lender: string; readonly location: string },
  smallest = 0,
): WritePlan {
  const dataPath = dataPathOf(target);
  const { location, lender } =
    typeof weights === 'object'
      ? weights
      : { location: weights === 'beside' ? basename(dataPath) : null, lender: null };
  const planner = new Planner(skeleton, target, location, lender, smallest);
  const model = replacePayloads(skeleton, wireMessage(ModelProtoSchema), (_, start, end) =>
    planner.tensor(start, end),
  );
  return { model, dataPath, data: planner.data };
}

class Planner {
  readonly data: Piece[] = [];
  #dataLength = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly target: string,
    /** Name of the file for large weights, null when they are embedded. */
    readonly location: string | null,
    /** The path of that file where the model's weights are read from; null: it is a new one. */
    readonly lender: string | null,
    readonly smallest: number,
  ) {}

  /** Parts of a tensor without its header; null when its bytes are written as they are. */
  tensor(start: number, end: number): Piece[] | null {
    const fields = [...fieldsOf(this.bytes, start, end)];
    const hasPayload = fields.some((field) => field.number === PAYLOAD);
    const inline = fields.find((field) => field.number === RAW_DATA);
    const { lender } = this;
    const takes = this.location !== null && lender === null;
    const spills = takes && (inline ? inline.end - inline.body >= SMALL_BYTES : false);
    const external = fields.some(
      (field) => field.number === DATA_LOCATION && this.bytes[field.body] === EXTERNAL,
    );
    if (!hasPayload && !spills && !external) return null;
    const tensor = fromBinary(TensorProtoSchema, this.bytes.subarray(start, end));
    if (external && !hasPayload) throw missing(tensor, this.target);
    const streamed: Piece[] = tensor.payload.map((one) => ({
      path: one.path,
      offset: Number(one.offset),
      length: Number(one.length),
    }));
    if (external && sizeOf(streamed) >= this.smallest && this.#staysValid(tensor))
      return assemble(this.bytes, fields, new Set([PAYLOAD]), PAYLOAD, []);
    const pieces = inline && !hasPayload ? [this.bytes.subarray(inline.body, inline.end)] : streamed;
    // A payload stands for its whole field, whatever else was set there.
    const place = external || !hasPayload ? RAW_DATA : (tensor.payload[0]?.field ?? RAW_DATA);
    const moves = takes && place === RAW_DATA && sizeOf(pieces) >= SMALL_BYTES;
    const lent = place === RAW_DATA && lender !== null ? lentBy(lender, streamed) : null;
    const offset = lent ?? (moves ? this.#add(pieces) : null);
    const dropped = new Set([PAYLOAD, place]);
    if (external || offset !== null) dropped.add(EXTERNAL_DATA).add(DATA_LOCATION);
    return offset !== null
      ? assemble(this.bytes, fields, dropped, EXTERNAL_DATA, this.#beside(offset, sizeOf(pieces)))
      : assemble(
          this.bytes,
          fields,
          dropped,
          place,
          pieces.flatMap((piece) => [header(place, piece.length), piece]),
        );
  }

  #staysValid(tensor: TensorProto): boolean {
    const [payload] = tensor.payload;
    const location = externalEntry(tensor, 'location');
    return (
      payload?.field === EXTERNAL_DATA &&
      location !== undefined &&
      isLocation(dirname(resolve(this.target)), location, payload.path)
    );
  }

  /** Adds weights to the file beside the model and says where they begin. */
  #add(raw: readonly Piece[]): number {
    const padding = (PAGE_BYTES - (this.#dataLength % PAGE_BYTES)) % PAGE_BYTES;
    const offset = this.#dataLength + padding;
    this.data.push(new Uint8Array(padding), ...raw);
    this.#dataLength = offset + sizeOf(raw);
    return offset;
  }

  /** Fields that refer to weights in the file beside the model. */
  #beside(offset: number, length: number): Piece[] {
    const location = present(this.location, 'location');
    const entries = { location, offset: String(offset), length: String(length) };
    const parts: Piece[] = [];
    for (const [key, value] of Object.entries(entries)) {
      const entry = toBinary(
        StringStringEntryProtoSchema,
        create(StringStringEntryProtoSchema, { key, value }),
      );
      parts.push(header(EXTERNAL_DATA, entry.length), entry);
    }
    parts.push(Uint8Array.of(tagOf(DATA_LOCATION, Wire.Varint), EXTERNAL));
    return parts;
  }
}

/** Where large weights begin in a file that holds all of them; null where it does not. */
function lentBy(lender: string, pieces: readonly Piece[]): number | null {
  const [piece] = pieces;
  if (piece === undefined || pieces.length > 1 || piece instanceof Uint8Array) return null;
  return piece.path === lender && piece.length >= INLINE_BYTES ? piece.offset : null;
}

function missing(tensor: TensorProto, target: string): ModelError {
  return new ModelError(
    `${target} cannot be written: the weights of '${tensor.name}' are in another file, which was not found.`,
    { file: target },
  );
}
