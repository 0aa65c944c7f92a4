import {
  elementCount,
  type InferResponse,
  type MillraceError,
  type ParameterValue,
  scalarParameter,
  type Turns,
} from '../../core/index.js';
import { Gaps } from '../shared/json/gaps.js';
import { JsonWriter } from '../shared/json/writer.js';
import type { WireBody } from '../wire.js';

/** An answer of a generate route: the JSON alone, or as a server-sent event; a long one bit by bit. */
export interface GenerateEncoder {
  json(response: InferResponse): WireBody | Promise<WireBody>;
  event(response: InferResponse): WireBody | Promise<WireBody>;
}

/** How an error looks inside a stream that has begun. */
export function encodeErrorEvent(error: MillraceError): string {
  return `data: ${JSON.stringify({ error: error.message })}\n\n`;
}

/**
 * An encoder with a buffer of its own: one object with the model, the id if there is one, what the model says about its
 * answer, and each output by its name, a single value where it has one element and a flat array where it has not.
 */
export function createGenerateEncoder(turns: Turns): GenerateEncoder {
  const writer = new JsonWriter();
  const encode = (response: InferResponse, [before, behind]: readonly [string, string]) => {
    const gaps = new Gaps(writer);
    writer.reset();
    writer.ascii(before);
    writeResponse({ writer, gaps }, response);
    writer.ascii(behind);
    return gaps.none ? writer.finish() : gaps.fill(writer.finishBytes(), turns);
  };
  return {
    json: (response) => encode(response, ['', '']),
    event: (response) =>
      response.error === undefined ? encode(response, ['data: ', '\n\n']) : encodeErrorEvent(response.error),
  };
}

function writeResponse(
  { writer, gaps }: { readonly writer: JsonWriter; readonly gaps: Gaps },
  { id, ref, parameters, outputs }: InferResponse,
): void {
  writer.ascii('{');
  if (id !== '') {
    writer.ascii('"id":');
    writer.string(id);
    writer.ascii(',');
  }
  writer.ascii('"model_name":');
  writer.string(ref.name);
  writer.ascii(`,"model_version":"${ref.version}"`);
  for (const name in parameters) {
    // Of two that have a name in common the output is what the client came for.
    if (RESERVED.has(name) || outputs.some((output) => output.name === name)) continue;
    const value = scalarParameter(parameters[name] as ParameterValue);
    writeName(writer, name);
    if (typeof value === 'string') writer.string(value);
    else writer.ascii(String(value));
  }
  for (const output of outputs) {
    writeName(writer, output.name);
    const single = elementCount(output.shape) === 1;
    if (!single) writer.ascii('[');
    gaps.write(output);
    if (!single) writer.ascii(']');
  }
  writer.ascii('}');
}

const RESERVED = new Set(['id', 'model_name', 'model_version']);

function writeName(writer: JsonWriter, name: string): void {
  writer.ascii(',');
  writer.string(name);
  writer.ascii(':');
}
