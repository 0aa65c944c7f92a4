import {
  type InferResponse,
  type ModelRef,
  type Parameters,
  scalarParameters,
  systemClock,
  type Tensor,
  Turns,
} from '../../core/index.js';
import { Gaps } from '../shared/json/gaps.js';
import { JsonWriter } from '../shared/json/writer.js';
import type { WireResponse } from '../wire.js';

const JSON_HEADERS = Object.freeze({ 'content-type': 'application/json' });

/** Names of the outputs that go back as binary data, or all of them. */
export type BinaryOutputs = ReadonlySet<string> | 'all';

/** Encodes the answer of an infer route; one with much JSON bit by bit. */
export type InferEncoder = (
  response: InferResponse,
  binaryOutputs: BinaryOutputs,
) => WireResponse | Promise<WireResponse>;

/**
 * An encoder with a buffer of its own. Outputs in `binaryOutputs` follow the JSON untouched (Triton's binary tensor data),
 * the others are written into it; members come in Triton's order.
 */
export function createInferEncoder(turns = new Turns(systemClock)): InferEncoder {
  const writer = new JsonWriter();
  const modelMembers = new WeakMap<ModelRef, Uint8Array>();
  return (response, binaryOutputs) => {
    writer.reset();
    const gaps = new Gaps(writer);
    let members = modelMembers.get(response.ref);
    if (members === undefined) {
      members = membersOf(response.ref);
      modelMembers.set(response.ref, members);
    }
    writeHead(writer, response, members);
    const blobs = writeOutputs({ writer, gaps }, response, binaryOutputs);
    if (!gaps.none) return gaps.fill(writer.finishBytes(), turns).then((pieces) => toWire(pieces, blobs));
    if (blobs === undefined) return { status: 200, headers: JSON_HEADERS, body: writer.finish() };
    return toWire([writer.finishBytes()], blobs);
  };
}

function toWire(json: readonly Uint8Array[], blobs: readonly Uint8Array[] | undefined): WireResponse {
  if (blobs === undefined) return { status: 200, headers: JSON_HEADERS, body: json };
  const jsonBytes = json.reduce((sum, piece) => sum + piece.length, 0);
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(jsonBytes),
  };
  return { status: 200, headers, body: [...json, ...blobs] };
}

function membersOf(ref: ModelRef): Uint8Array {
  const writer = new JsonWriter();
  writer.ascii('"model_name":');
  writer.string(ref.name);
  writer.ascii(`,"model_version":"${ref.version}"`);
  return writer.finishBytes();
}

function writeHead(writer: JsonWriter, response: InferResponse, modelMembers: Uint8Array): void {
  const { id, parameters } = response;
  writer.ascii('{');
  if (id !== '') {
    writer.ascii('"id":');
    writer.string(id);
    writer.ascii(',');
  }
  writer.raw(modelMembers);
  if (Object.keys(parameters).length > 0) writeParameters(writer, parameters);
}

function writeParameters(writer: JsonWriter, parameters: Parameters): void {
  writer.ascii(',"parameters":{');
  let separator = '';
  for (const [name, value] of Object.entries(scalarParameters(parameters))) {
    writer.ascii(separator);
    separator = ',';
    writer.string(name);
    writer.ascii(':');
    if (typeof value === 'string') writer.string(value);
    else writer.ascii(String(value));
  }
  writer.ascii('}');
}

/** Writes the outputs and the end of the JSON; returns the data that must follow it, undefined when there is none. */
function writeOutputs(
  { writer, gaps }: { readonly writer: JsonWriter; readonly gaps: Gaps },
  { outputs, sharedOutputs }: InferResponse,
  binaryOutputs: BinaryOutputs,
): readonly Uint8Array[] | undefined {
  let blobs: Uint8Array[] | undefined;
  writer.ascii(',"outputs":[');
  for (let index = 0; index < outputs.length; index++) {
    const output = outputs[index] as Tensor;
    writer.ascii(index === 0 ? '{"name":' : ',{"name":');
    writer.string(output.name);
    writer.ascii(',"datatype":"');
    writer.ascii(output.datatype);
    writer.ascii('","shape":[');
    writer.integers(output.shape);
    if (sharedOutputs?.has(output.name)) {
      // Nothing more: Triton's C++ client takes any parameter for the size of binary data.
      writer.ascii(']}');
    } else if (binaryOutputs === 'all' || binaryOutputs.has(output.name)) {
      writer.ascii(`],"parameters":{"binary_data_size":${output.data.length}}}`);
      blobs ??= [];
      blobs.push(output.data);
    } else {
      writer.ascii('],"data":[');
      gaps.write(output);
      writer.ascii(']}');
    }
  }
  writer.ascii(']}');
  return blobs;
}
