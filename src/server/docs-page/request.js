/** Calls as HTTP requests. No DOM. */

/** @import { Call, CallInput, InferCall, MediaCall, StreamCall } from './types.js' */

import { lengthPrefix } from './raw-bytes.js';
import { countOf, elementSize } from './tensors.js';

/** Bytes of a file that stands for an input, in the order in which they follow the JSON. @typedef {{ kind: 'zeros', size: number } | { kind: 'prefix', bytes: Uint8Array } | { kind: 'file', name: string, blob: Blob | undefined, size: number }} Part */

/** @param {{ readonly model: string; readonly version: string | undefined }} call */
export function modelPath({ model, version }) {
  const path = `/v2/models/${encodeURIComponent(model)}`;
  return version === undefined ? path : `${path}/versions/${encodeURIComponent(version)}`;
}

/** @param {Call} call */
export function pathOf(call) {
  switch (call.kind) {
    case 'chat':
      return '/v1/chat/completions';
    case 'completion':
      return '/v1/completions';
    case 'stream':
      return `${modelPath(call)}/generate_stream`;
    default:
      return `${modelPath(call)}/infer`;
  }
}

/** An input's size on the wire in the binary extension. @param {CallInput} input */
function binarySize({ datatype, shape, content }) {
  if (content.kind === 'file') return content.file.size + (datatype === 'BYTES' ? 4 : 0);
  return countOf(shape) * elementSize(datatype);
}

/** The inputs whose data follows the JSON. @param {InferCall} call */
function binaryInputs({ inputs }) {
  return inputs.filter(({ content }) => content.kind !== 'elements');
}

/**
 * The JSON of a call that has some.
 *
 * @param {Exclude<Call, MediaCall>} call
 * @returns {Record<string, unknown>}
 */
export function jsonOf(call) {
  switch (call.kind) {
    case 'chat':
      return { model: call.model, messages: call.messages, ...sampling(call), stream: true };
    case 'completion':
      return { model: call.model, prompt: call.prompt, ...sampling(call), stream: true };
    case 'stream':
      return { ...Object.fromEntries(call.inputs.map(generateMember)), ...call.parameters };
    default:
      return inferJson(call);
  }
}

/** @param {{ readonly maxTokens: number; readonly temperature: number | undefined }} call */
function sampling({ maxTokens, temperature }) {
  return { max_tokens: maxTokens, ...(temperature === undefined ? {} : { temperature }) };
}

/** @param {CallInput} input */
function generateMember({ name, content }) {
  const elements = content.kind === 'elements' ? content.elements : [];
  return [name, elements.length === 1 ? elements[0] : elements];
}

/** @param {InferCall} call */
function inferJson({ inputs, classes, parameters }) {
  const outputs = outputsOf(classes);
  return {
    inputs: inputs.map(({ name, datatype, shape, content }) => ({
      name,
      datatype,
      shape,
      ...(content.kind === 'elements'
        ? { data: content.elements }
        : { parameters: { binary_data_size: binarySize({ name, datatype, shape, content }) } }),
    })),
    ...(outputs.length === 0 ? {} : { outputs }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
  };
}

/** @param {Readonly<Record<string, number>>} classes */
function outputsOf(classes) {
  return Object.entries(classes).map(([name, count]) => ({ name, parameters: { classification: count } }));
}

/**
 * What follows the JSON of a call.
 *
 * @param {Call} call
 * @returns {readonly Part[]}
 */
export function partsOf(call) {
  if (call.kind !== 'infer') return [];
  return binaryInputs(call).flatMap((input) => {
    const { content, datatype } = input;
    if (content.kind !== 'file') return [/** @type {Part} */ ({ kind: 'zeros', size: binarySize(input) })];
    const { name, size, blob } = content.file;
    /** @type {Part} */
    const file = { kind: 'file', name, blob, size };
    return datatype === 'BYTES' ? [{ kind: 'prefix', bytes: lengthPrefix(size) }, file] : [file];
  });
}

/**
 * The request of a call, for `fetch`.
 *
 * @param {Call} call
 * @returns {{ readonly headers: Record<string, string>; readonly body: BodyInit }}
 */
export function requestOf(call) {
  if (call.kind === 'media') {
    // Its own type, if the browser knows one; the server looks at how it begins.
    const { blob } = call.file;
    return { headers: { 'content-type': blob?.type || 'application/octet-stream' }, body: blob ?? '' };
  }
  const json = JSON.stringify(jsonOf(call));
  const parts = partsOf(call);
  if (parts.length === 0) return { headers: { 'content-type': 'application/json' }, body: json };
  const text = new TextEncoder().encode(json);
  const blobs = parts.map((part) => {
    if (part.kind === 'zeros') return new Uint8Array(part.size);
    return part.kind === 'prefix' ? new Uint8Array(part.bytes) : (part.blob ?? new Blob());
  });
  return {
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(text.length),
    },
    body: new Blob([text, ...blobs]),
  };
}
