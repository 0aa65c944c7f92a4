/** Calls as programs for millrace's client, and OpenAI's. No DOM. */

/** @import { Call, CallInput, ChatCall, CompletionCall, Element, InferCall, MediaCall, Place, StreamCall } from './types.js' */

import { countOf } from './tensors.js';

/** @type {Readonly<Record<string, string>>} */
const ARRAYS = {
  INT8: 'Int8Array',
  INT16: 'Int16Array',
  INT32: 'Int32Array',
  INT64: 'BigInt64Array',
  UINT8: 'Uint8Array',
  UINT16: 'Uint16Array',
  UINT32: 'Uint32Array',
  UINT64: 'BigUint64Array',
  FP32: 'Float32Array',
  FP64: 'Float64Array',
  // Their raw bits.
  FP16: 'Uint16Array',
  BF16: 'Uint16Array',
};

/** @param {Call} call @param {Place} place */
export function typescriptSnippet(call, place) {
  if (call.kind === 'chat' || call.kind === 'completion') return openAi(call, place);
  const readsFile = call.kind === 'media' || call.inputs.some(({ content }) => content.kind === 'file');
  const key = place.withKey ? ', { key: process.env.MILLRACE_KEY }' : '';
  const version = call.version === undefined ? '' : `, { version: ${call.version} }`;
  return [
    '// npm install millrace',
    ...(readsFile ? ["import { readFile } from 'node:fs/promises';"] : []),
    "import { connect } from 'millrace/client';",
    '',
    `const client = connect(${text(place.origin)}${key});`,
    `const model = client.model(${text(call.model)}${version});`,
    ...use(call),
    '',
  ].join('\n');
}

/** @param {InferCall | StreamCall | MediaCall} call */
function use(call) {
  const inputs = inputsOf(call);
  if (call.kind === 'stream') {
    return [
      `for await (const { outputs } of model.stream(${inputs}${optionsOf(call.parameters)})) {`,
      '  for (const [name, { data }] of Object.entries(outputs)) console.log(name, data);',
      '}',
    ];
  }
  const [ranked, ...others] = Object.entries(call.classes);
  const parameters = call.kind === 'infer' ? call.parameters : {};
  if (ranked !== undefined && others.length === 0) {
    const [output, top] = ranked;
    const options = optionsOf(parameters, [`output: ${text(output)}`, `top: ${top}`]);
    return [
      `const [classes = []] = await model.classify(${inputs}${options});`,
      'for (const { label, score } of classes) console.log(label, score);',
    ];
  }
  return [
    `const { outputs } = await model.infer(${inputs}${optionsOf(parameters)});`,
    'for (const [name, { shape, data }] of Object.entries(outputs)) console.log(name, shape, data);',
  ];
}

/** @param {InferCall | StreamCall | MediaCall} call */
function inputsOf(call) {
  if (call.kind === 'media') {
    return `{\n  ${property(call.input)}: { datatype: 'BYTES', shape: [1], data: [await readFile(${text(call.file.name)})] },\n}`;
  }
  return `{\n${call.inputs.map((input) => `  ${property(input.name)}: ${inputOf(input)},\n`).join('')}}`;
}

/** @param {CallInput} input */
function inputOf({ datatype, shape, content }) {
  return `{ datatype: '${datatype}', shape: ${JSON.stringify(shape)}, data: ${dataOf(datatype, shape, content)} }`;
}

/** @param {string} datatype @param {readonly number[]} shape @param {CallInput['content']} content */
function dataOf(datatype, shape, content) {
  const array = ARRAYS[datatype];
  switch (content.kind) {
    case 'elements':
      return JSON.stringify(content.elements);
    case 'file': {
      const file = `await readFile(${text(content.file.name)})`;
      if (datatype === 'BYTES') return `[${file}]`;
      if (array === undefined) return `Array.from(${file}, (byte) => byte === 1)`;
      return `new ${array}(new Uint8Array(${file}).buffer)`;
    }
    default: {
      const count = countOf(shape);
      if (array !== undefined) return `new ${array}(${count})`;
      return `Array(${count}).fill(${datatype === 'BOOL' ? 'false' : "''"})`;
    }
  }
}

/** @param {Readonly<Record<string, Element>>} parameters @param {readonly string[]} members */
function optionsOf(parameters, members = []) {
  const { sequence_id: id, sequence_start: start, sequence_end: end, ...others } = parameters;
  const all = [
    ...members,
    ...(id === undefined
      ? []
      : [`sequence: { id: ${JSON.stringify(id)}, start: ${start === true}, end: ${end === true} }`]),
    ...(Object.keys(others).length === 0 ? [] : [`parameters: ${JSON.stringify(others)}`]),
  ];
  return all.length === 0 ? '' : `, { ${all.join(', ')} }`;
}

/** @param {ChatCall | CompletionCall} call @param {Place} place */
function openAi(call, { origin, withKey }) {
  const key = withKey ? 'process.env.MILLRACE_KEY' : "'none'";
  const chat = call.kind === 'chat';
  const asked = chat ? `messages: ${JSON.stringify(call.messages)}` : `prompt: ${text(call.prompt)}`;
  return [
    '// npm install openai',
    "import OpenAI from 'openai';",
    '',
    `const client = new OpenAI({ baseURL: ${text(`${origin}/v1`)}, apiKey: ${key} });`,
    `const stream = await client.${chat ? 'chat.completions' : 'completions'}.create({`,
    `  model: ${text(call.model)},`,
    `  ${asked},`,
    `  max_tokens: ${call.maxTokens},`,
    ...(call.temperature === undefined ? [] : [`  temperature: ${call.temperature},`]),
    '  stream: true,',
    '});',
    `for await (const { choices } of stream) process.stdout.write(choices[0]?.${chat ? 'delta.content' : 'text'} ?? '');`,
    '',
  ].join('\n');
}

/** @param {string} value */
function text(value) {
  return `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** @param {string} name */
function property(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : text(name);
}
