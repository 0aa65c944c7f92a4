import {
  bytesElementEnd,
  type Call,
  elementCount,
  type InferRequest,
  invalidArgument,
  type MediaSpec,
  MillraceError,
  msg,
  namedModel,
  type Tensor,
  type TensorSpec,
  toMillraceError,
} from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import type { MediaDecoders } from './decoders.js';
import { numberTensor } from './number-tensor.js';

/** Whether an input comes as encoded bytes that a model takes as numbers. */
export function hasMedia({ inputs }: InferRequest, { signature }: Pick<ModelInfo, 'signature'>): boolean {
  return inputs.some(({ name, datatype }) => datatype === 'BYTES' && mediaOf(signature.inputs, name) !== undefined);
}

interface MediaInput {
  readonly spec: TensorSpec;
  readonly media: MediaSpec;
}

function mediaOf(specs: readonly TensorSpec[], name: string): MediaInput | undefined {
  const spec = specs.find((candidate) => candidate.name === name);
  return spec?.media === undefined ? undefined : { spec, media: spec.media };
}

/** A request whose encoded inputs have become numbers. */
export interface DecodedRequest {
  readonly request: InferRequest;
  /** The input whose rows are the windows of one sound; undefined = none is. */
  readonly windows: { readonly tensor: Tensor; readonly spec: TensorSpec } | undefined;
}

/**
 * Decodes the inputs that come as encoded bytes, each element a row, and adds the rates that models are told. Rejects with
 * `invalid_argument` that names the input, and the element where there are several.
 */
export async function decodeInputs(
  decoders: Pick<MediaDecoders, 'decode'>,
  { call, request, info }: { readonly call: Call; readonly request: InferRequest; readonly info: ModelInfo },
): Promise<DecodedRequest> {
  const specs = info.signature.inputs;
  let windows: DecodedRequest['windows'];
  const decoded = await Promise.all(
    request.inputs.map(async (tensor) => {
      const media = tensor.datatype === 'BYTES' ? mediaOf(specs, tensor.name) : undefined;
      if (media === undefined) return tensor;
      const rows = await decodeInput(decoders, { call, tensor, info, ...media });
      if (isWindowed(media.media)) windows = { tensor: rows, spec: media.spec };
      return rows;
    }),
  );
  const inputs = [...decoded, ...rateInputs(decoded, specs)];
  return { request: { ...request, inputs }, windows };
}

function isWindowed(media: MediaSpec): boolean {
  return media.kind === 'audio' && media.windowSamples > 0;
}

interface OneInput extends MediaInput {
  readonly call: Call;
  readonly tensor: Tensor;
  readonly info: ModelInfo;
}

async function decodeInput(decoders: Pick<MediaDecoders, 'decode'>, input: OneInput): Promise<Tensor> {
  const { call, tensor, info, spec, media } = input;
  const elements = packedElements(tensor.data);
  checkCount(input, elements.length);
  const { datatype } = spec;
  const { name: modelName } = info.ref;
  const rows = await Promise.all(
    elements.map(async (element, index) => {
      try {
        return await decoders.decode(call, { element, spec: media, datatype, modelName });
      } catch (error) {
        throw new UndecodedInputError(elements.length > 1 ? `'${spec.name}'[${index}]` : `'${spec.name}'`, error);
      }
    }),
  );
  return joinRows(spec, rows);
}

/** The elements of a packed BYTES tensor, each with its length before it, as views. */
function packedElements(data: Uint8Array): readonly Uint8Array[] {
  const elements: Uint8Array[] = [];
  for (let start = 0; start < data.length; ) {
    const end = bytesElementEnd(data, start, elements.length);
    elements.push(data.subarray(start, end));
    start = end;
  }
  return elements;
}

function checkCount({ tensor, info, spec, media }: OneInput, given: number): void {
  const expected = elementCount(tensor.shape);
  if (given !== expected) {
    throw invalidArgument(
      `input '${spec.name}': BYTES[${tensor.shape.join(',')}] needs ${expected} elements, got ${given}`,
    );
  }
  if (given === 0) throw invalidArgument(`input '${spec.name}': a request needs at least 1 row, got 0`);
  const most = isWindowed(media) || spec.batchAxis === null ? 1 : info.maxBatchSize;
  if (given <= most) return;
  const why = isWindowed(media) ? ', since it is cut into windows' : '';
  throw invalidArgument(
    msg`input '${spec.name}' has ${given} elements; ${namedModel(info.ref)} takes at most ${most} a request${why}`,
  );
}

/** An input could not be decoded: its model has not been asked, whatever the code says. */
export class UndecodedInputError extends MillraceError {
  constructor(place: string, cause: unknown) {
    const error = toMillraceError(cause);
    const { code, retryAfterMs } = error;
    super(code, msg`input ${place}: ${error}`, { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.name = 'UndecodedInputError';
  }
}

/** Rows one below the other, in the dimensions of the input. */
function joinRows({ name, shape: wanted, datatype }: TensorSpec, rows: readonly Tensor[]): Tensor {
  const [first, ...others] = rows as readonly [Tensor, ...Tensor[]];
  const [count = 0, ...row] = first.shape;
  if (others.some(({ shape }) => shape.slice(1).join() !== row.join())) {
    throw invalidArgument(`input '${name}': pictures or sounds of one request must have one size, got several`);
  }
  const leading = Array<number>(Math.max(0, wanted.length - row.length)).fill(1);
  if (leading.length > 0) leading[0] = count * rows.length;
  const data = others.length === 0 ? first.data : Buffer.concat(rows.map((tensor) => tensor.data));
  return { name, datatype, shape: [...leading, ...row], data };
}

/** The sampling rates as inputs, for models that take them, where the caller sends none. */
function rateInputs(inputs: readonly Tensor[], specs: readonly TensorSpec[]): readonly Tensor[] {
  return inputs.flatMap(({ name, shape }) => {
    const media = mediaOf(specs, name)?.media;
    if (media?.kind !== 'audio' || media.rateInput === undefined) return [];
    const spec = specs.find((candidate) => candidate.name === media.rateInput);
    if (spec === undefined || inputs.some((input) => input.name === spec.name)) return [];
    return [numberTensor(spec, media.rateHz, shape[0] ?? 1)];
  });
}
