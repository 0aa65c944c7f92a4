import {
  type Call,
  excerpt,
  type InferRequest,
  invalidArgument,
  type MillraceError,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import type { DecodeFunction } from '../shared/decoding/jobs.js';
import { ownedData } from '../shared/decoding/owned.js';
import { OPEN_BRACE, OPEN_BRACKET } from '../shared/json/bytes.js';
import { classOutputs, decodeMediaBody, type MediaModel } from '../shared/media/decode-media.js';
import { onlyClasses } from '../shared/media/label-rows.js';
import { plainRequest } from '../shared/plain-request.js';
import { decodeRawInput } from '../shared/raw-tensor.js';
import { LARGE_BYTES, type WireRequest } from '../wire.js';
import { type DecodedValue, decodeJson, type PredictionForm } from './decode-json.js';
import { decodePrompt } from './decode-prompt.js';
import type { FormJob, JsonJob, PromptJob } from './decoders.js';
import type { Part } from './multipart.js';
import { isDataName, isUrlEncoded, readParts } from './read-parts.js';

export interface DecodedPrediction {
  readonly form: PredictionForm;
  readonly request: InferRequest;
}

type Model = MediaModel & { readonly generates: boolean };

const module = new URL('./decoders.js', import.meta.url).href;
const DECODE_JSON: DecodeFunction<JsonJob, DecodedValue> = { module, name: 'json' };
const DECODE_FORM: DecodeFunction<FormJob, readonly Part[]> = { module, name: 'form' };
const DECODE_PROMPT: DecodeFunction<PromptJob, InferRequest> = { module, name: 'prompt' };

/** Decodes what TorchServe's default handlers take, by what the model takes. */
export class PredictionDecoder {
  readonly #decoder: DialectContext['decoder'];

  constructor({ decoder }: Pick<DialectContext, 'decoder'>) {
    this.#decoder = decoder;
  }

  /** The fields of a body, or all of it as one. A large form is moved to the decoding thread. Rejects with `invalid_argument`. */
  async parts(call: Call, wire: Pick<WireRequest, 'headers' | 'body'>, maxParts: number): Promise<readonly Part[]> {
    const { body } = wire;
    if (body.length <= LARGE_BYTES || !isUrlEncoded(wire)) return readParts(wire, maxParts);
    return this.#decoder.decode(call, DECODE_FORM, { input: { body, maxParts }, moves: [body] });
  }

  /**
   * The request of the fields of a form, or of a body. Each is a photo, a sound, JSON, a text or a raw tensor, for the input of its name or
   * for the only one; several of one name are rows. Outputs with labels are asked for as such. Rejects with `invalid_argument`.
   */
  async decode(call: Call, parts: readonly Part[], model: Model): Promise<DecodedPrediction> {
    if (parts.length === 0) throw invalidArgument('request: expected data for the model, got none');
    let sizeBytes = 0;
    for (const { data } of parts) sizeBytes += data.length;
    const inThread = sizeBytes > LARGE_BYTES;
    if (model.generates) return { form: 'one', request: await this.#prompt(call, parts, sizeBytes) };
    const { signature } = model;
    const [only] = parts;
    const value =
      parts.length === 1 && only !== undefined && isWhole(only, signature)
        ? await this.#value(call, only, { model, inThread })
        : await this.#fields(call, parts, { model, inThread });
    const request = plainRequest(value.inputs);
    return { form: value.form, request: onlyClasses({ ...request, outputs: classOutputs(signature) }) };
  }

  async #prompt(call: Call, parts: readonly Part[], sizeBytes: number): Promise<InferRequest> {
    if (sizeBytes <= LARGE_BYTES) return decodePrompt(parts);
    const copies = parts.map(copyOf);
    const moves = copies.map(({ data }) => data);
    return this.#decoder.decode(call, DECODE_PROMPT, { input: { parts: copies }, moves });
  }

  async #fields(call: Call, parts: readonly Part[], { model, inThread }: Way): Promise<DecodedValue> {
    const rows = new Map<string, Tensor[]>();
    let form: PredictionForm = 'one';
    for (const part of parts) {
      const spec = specOf(part.name, model);
      const own = { ...model, signature: { inputs: [spec], outputs: [] } };
      const { inputs, form: partForm } = await this.#value(call, part, { model: own, inThread });
      const known = rows.get(spec.name);
      if (partForm !== 'one' || known !== undefined) form = 'rows';
      rows.set(spec.name, [...(known ?? []), ...inputs]);
    }
    return { form, inputs: [...rows.values()].map(joinRows) };
  }

  async #value(call: Call, { type, data }: Part, { model, inThread }: Way): Promise<DecodedValue> {
    const { signature } = model;
    const body = { headers: type === '' ? {} : { 'content-type': type }, body: data };
    const media = decodeMediaBody(body, { target: model, info: model });
    if (media !== undefined) return { form: 'one', inputs: media.inputs };
    const looksSo = data[0] === OPEN_BRACE || data[0] === OPEN_BRACKET;
    const isJson = type.endsWith('json') || (looksSo && signature.inputs.every(({ datatype }) => datatype !== 'BYTES'));
    if (!isJson) return { form: 'one', inputs: [decodeRawInput(signature, data)] };
    if (!inThread) return decodeJson(data, signature);
    const own = ownedData(data);
    return this.#decoder.decode(call, DECODE_JSON, { input: { data: own, signature }, moves: [own] });
  }
}

interface Way {
  readonly model: Model;
  /** There is so much of it that it must not be decoded in the event loop. */
  readonly inThread: boolean;
}

/** Whether a part may hold everything that the model takes. */
function isWhole({ name }: Part, { inputs }: Signature): boolean {
  return isDataName(name) && inputs.every((input) => input.name !== name);
}

/** The input that a field is for. */
function specOf(name: string, { name: model, signature }: Model): TensorSpec {
  const { inputs } = signature;
  const named = inputs.find((input) => input.name === name);
  if (named !== undefined) return named;
  const [only, another] = inputs.length === 1 ? inputs : inputs.filter(({ optional }) => !optional);
  if (only !== undefined && another === undefined && isDataName(name)) return only;
  const names = inputs.map((input) => `'${excerpt(input.name)}'`).join(', ');
  throw invalidArgument(
    `request: model '${excerpt(model)}' has no input '${excerpt(name)}'; its inputs are ${names || 'none'}`,
  );
}

/** Tensors of one input as one, whose rows are theirs. Throws `invalid_argument` where they are of different types. */
function joinRows(tensors: readonly Tensor[]): Tensor {
  const [first, ...others] = tensors;
  if (first === undefined || others.length === 0) return first as Tensor;
  let [rows = 0] = first.shape;
  for (const { datatype, shape } of others) {
    const same = datatype === first.datatype && String(shape.slice(1)) === String(first.shape.slice(1));
    if (!same || shape.length === 0) throw mixedRows(first, { datatype, shape });
    rows += shape[0] as number;
  }
  return { ...first, shape: [rows, ...first.shape.slice(1)], data: Buffer.concat(tensors.map(({ data }) => data)) };
}

function mixedRows(first: Tensor, { datatype, shape }: Pick<Tensor, 'datatype' | 'shape'>): MillraceError {
  const expected = `${first.datatype}[${first.shape}]`;
  return invalidArgument(
    `input '${excerpt(first.name)}': expected rows of one type, got ${datatype}[${shape}] beside ${expected}`,
  );
}

function copyOf({ name, type, data }: Part): Part {
  return { name, type, data: ownedData(data) };
}
