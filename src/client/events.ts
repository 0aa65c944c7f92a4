import { fitShape, type ScalarParameters } from '../core/index.js';
import { concatBytes } from './bytes.js';
import { type DecodedAnswer, encodeJsonData } from './decode.js';
import { MillraceClientError } from './errors.js';
import type { HttpAnswer } from './transport.js';
import type { ModelMetadata } from './types.js';
import { parseWireJson } from './wire-json.js';

const LINE_FEED = 10;

export interface StreamedEvent {
  readonly headers: Headers;
  /** The text behind `data:`. */
  readonly data: string;
}

/** Server-sent events, a line of data each; one longer than `maxBytes` rejects. What is cut off at the end is dropped. */
export async function* readEvents(pieces: AsyncIterable<HttpAnswer>, maxBytes: number): AsyncGenerator<StreamedEvent> {
  const decoder = new TextDecoder();
  let started: Uint8Array[] = [];
  let startedBytes = 0;
  for await (const { headers, body } of pieces) {
    let from = 0;
    for (let end = body.indexOf(LINE_FEED); end !== -1; end = body.indexOf(LINE_FEED, from)) {
      const line = decoder.decode(concatBytes([...started, body.subarray(from, end)]));
      [started, startedBytes, from] = [[], 0, end + 1];
      if (line.startsWith('data:')) yield { headers, data: line.slice('data:'.length).trim() };
    }
    const rest = body.subarray(from);
    startedBytes += rest.byteLength;
    if (startedBytes > maxBytes) {
      throw new MillraceClientError('resource_exhausted', `an answer is larger than maxResponseBytes (${maxBytes})`);
    }
    if (rest.byteLength > 0) started.push(rest);
  }
}

/**
 * An event of `generate_stream` as an answer: datatypes and shapes, which it does not say, are the metadata's. An event
 * that tells of an error is thrown, as `internal` with the server's words: it does not say which error it was.
 */
export function decodeEvent({ data, headers }: StreamedEvent, metadata: ModelMetadata): DecodedAnswer {
  const requestId = headers.get('x-request-id') ?? undefined;
  const members = parseMembers(data, requestId);
  const { model_name: modelName, model_version: modelVersion, id, error, ...rest } = members;
  const outputs = metadata.outputs.filter(({ name }) => rest[name] !== undefined);
  if (typeof error === 'string' && outputs.length === 0) {
    throw new MillraceClientError('internal', error, { status: 200, requestId });
  }
  const names = new Set(outputs.map(({ name }) => name));
  const others = Object.entries(rest).filter(([name]) => !names.has(name));
  return {
    modelName: String(modelName ?? metadata.name),
    modelVersion: String(modelVersion ?? ''),
    id: String(id ?? ''),
    parameters: Object.fromEntries(others) as ScalarParameters,
    tensors: outputs.map(({ name, datatype, shape: declared }) => {
      const value = rest[name];
      const elements = Array.isArray(value) ? value : [value];
      const shape = fitShape(declared, [elements.length], elements.length) ?? [elements.length];
      return { name, datatype, shape, data: encodeJsonData({ name, datatype, shape, data: elements }) };
    }),
  };
}

function parseMembers(data: string, requestId: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value = parseWireJson(data);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  const message = "an event of the server's answer is not a JSON object: is this an inference server?";
  throw new MillraceClientError('internal', message, { requestId });
}
