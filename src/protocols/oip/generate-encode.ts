import { elementCount, type InferResponse, MillraceError, type Tensor } from '../../core/index.js';
import { writeElements } from './json/write-elements.js';
import { JsonWriter } from './json/writer.js';

/** An answer of a generate route: the JSON alone, or as a server-sent event. */
export interface GenerateEncoder {
  json(response: InferResponse): string | Uint8Array;
  event(response: InferResponse): string | Uint8Array;
}

/** How an error looks inside a stream that has begun. */
export function encodeErrorEvent(error: MillraceError): string {
  return `data: ${JSON.stringify({ error: error.message })}\n\n`;
}

/**
 * An encoder with a buffer of its own: one object with the model, the id if there is one, what the model says about its
 * answer, and each output by its name, a single value where it has one element and a flat array where it has not.
 */
export function createGenerateEncoder(): GenerateEncoder {
  const writer = new JsonWriter();
  return {
    json(response) {
      writer.reset();
      writeResponse(writer, response);
      return writer.finish();
    },
    event(response) {
      if (response.error !== undefined) return encodeErrorEvent(response.error);
      writer.reset();
      writer.ascii('data: ');
      writeResponse(writer, response);
      writer.ascii('\n\n');
      return writer.finish();
    },
  };
}

function writeResponse(writer: JsonWriter, { id, ref, parameters, outputs }: InferResponse): void {
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
    const value = parameters[name];
    writeName(writer, name);
    if (typeof value === 'string') writer.string(value);
    else writer.ascii(String(value));
  }
  for (const output of outputs) {
    writeName(writer, output.name);
    writeOutput(writer, output);
  }
  writer.ascii('}');
}

const RESERVED = new Set(['id', 'model_name', 'model_version']);

function writeName(writer: JsonWriter, name: string): void {
  writer.ascii(',');
  writer.string(name);
  writer.ascii(':');
}

function writeOutput(writer: JsonWriter, output: Tensor): void {
  const { name, datatype, shape } = output;
  if (datatype === 'FP16' || datatype === 'BF16') {
    throw new MillraceError(
      'invalid_argument',
      `output '${name}': ${datatype} cannot be sent as JSON; use infer and ask for it with binary_data: true`,
    );
  }
  const single = elementCount(shape) === 1;
  if (!single) writer.ascii('[');
  writeElements(writer, output);
  if (!single) writer.ascii(']');
}
