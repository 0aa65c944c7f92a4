/** Calls as lines for grpcurl, which learns of the messages by reflection. No DOM. */

/** @import { Call, CallInput, Element, Place } from './types.js' */

import { base64, lengthPrefix, octal, rawBytes } from './raw-bytes.js';
import { quote } from './shell.js';
import { countOf, elementSize } from './tensors.js';

const SERVICE = 'inference.GRPCInferenceService';
/** @type {Readonly<Record<string, string>>} */
const CONTENTS = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

/** @param {Call} call @param {Place} place */
export function grpcSnippet(call, { grpc, withKey }) {
  if (grpc === undefined) return undefined;
  const method = call.kind === 'infer' || call.kind === 'media' ? 'ModelInfer' : 'ModelStreamInfer';
  const { json, pieces } = messageOf(call);
  const line = [
    grpc.tls ? 'grpcurl' : 'grpcurl -plaintext',
    ...(withKey ? ['-H "authorization: Bearer $MILLRACE_KEY"'] : []),
    pieces.length === 0 ? `-d ${quote(json)}` : '-d @',
    `${quote(grpc.address)} ${SERVICE}/${method}`,
  ].join(' \\\n  ');
  if (pieces.length === 0) return line;
  const format = json.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll(`"${HERE}"`, '"%s"');
  return `printf ${quote(format)} ${pieces.map((piece) => `"$(${piece})"`).join(' ')} |\n${line}`;
}

/** Stands for base64 that the shell puts in. */
const HERE = '@base64@';

/**
 * @param {Call} call
 * @returns {{ readonly json: string; readonly pieces: readonly string[] }}
 */
function messageOf(call) {
  const inputs = inputsOf(call);
  const version = 'version' in call ? call.version : undefined;
  const raw = inputs.some((input) => needsRaw(input));
  const pieces = inputs.flatMap((input) => piecesOf(input, raw));
  const classes = 'classes' in call ? Object.entries(call.classes) : [];
  const parameters = parametersOf(call);
  const json = JSON.stringify({
    model_name: call.model,
    ...(version === undefined ? {} : { model_version: version }),
    inputs: inputs.map((input) => {
      const { name, datatype, shape } = input;
      return { name, datatype, shape, ...(raw ? {} : { contents: contentsOf(input) }) };
    }),
    ...(classes.length === 0
      ? {}
      : {
          outputs: classes.map(([name, count]) => ({ name, parameters: { classification: { int64_param: count } } })),
        }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(raw ? { raw_input_contents: inputs.map(rawContentsOf) } : {}),
  });
  return { json, pieces };
}

/** @param {Call} call @returns {readonly CallInput[]} */
function inputsOf(call) {
  const bytes = (/** @type {string} */ name, /** @type {CallInput['content']} */ content) => [
    { name, datatype: 'BYTES', shape: [1], content },
  ];
  switch (call.kind) {
    case 'media':
      return bytes(call.input, { kind: 'file', file: call.file });
    case 'chat':
      return bytes('chat_input', { kind: 'elements', elements: [JSON.stringify({ messages: call.messages })] });
    case 'completion':
      return bytes('text_input', { kind: 'elements', elements: [call.prompt] });
    default:
      return call.inputs;
  }
}

/** Typed contents hold neither half floats nor, for anybody to read, many numbers. @param {CallInput} input */
function needsRaw({ datatype, content }) {
  return CONTENTS[datatype] === undefined || (content.kind !== 'elements' && datatype !== 'BYTES');
}

/** What the shell puts in for an input. @param {CallInput} input @param {boolean} raw */
function piecesOf({ datatype, shape, content }, raw) {
  const encode = "base64 | tr -d '\\n'";
  if (content.kind === 'file') {
    const { name, size } = content.file;
    const prefix = raw && datatype === 'BYTES' ? `printf '${octal(lengthPrefix(size))}'; ` : '';
    return [prefix === '' ? `cat ${quote(name)} | ${encode}` : `(${prefix}cat ${quote(name)}) | ${encode}`];
  }
  if (!raw || content.kind === 'elements') return [];
  return [`head -c ${countOf(shape) * elementSize(datatype)} /dev/zero | ${encode}`];
}

/** @param {CallInput} input */
function rawContentsOf({ datatype, content }) {
  return content.kind === 'elements' ? base64(rawBytes(datatype, content.elements)) : HERE;
}

/** @param {CallInput} input */
function contentsOf({ datatype, shape, content }) {
  const member = CONTENTS[datatype] ?? '';
  if (content.kind === 'file') return { [member]: [HERE] };
  /** @type {readonly Element[]} */
  const elements = content.kind === 'elements' ? content.elements : Array(countOf(shape)).fill('');
  if (datatype !== 'BYTES') return { [member]: elements };
  return { [member]: elements.map((element) => base64(new TextEncoder().encode(String(element)))) };
}

/** @param {Call} call @returns {Record<string, object>} */
function parametersOf(call) {
  if (call.kind === 'chat' || call.kind === 'completion') {
    return {
      max_tokens: { int64_param: call.maxTokens },
      ...(call.temperature === undefined ? {} : { temperature: { double_param: call.temperature } }),
    };
  }
  if (call.kind === 'media') return {};
  return Object.fromEntries(Object.entries(call.parameters).map(([name, value]) => [name, parameterOf(value)]));
}

/** @param {Element} value */
function parameterOf(value) {
  if (typeof value === 'boolean') return { bool_param: value };
  if (typeof value === 'string') return { string_param: value };
  return Number.isInteger(value) ? { int64_param: value } : { double_param: value };
}
