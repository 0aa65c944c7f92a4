/** Calls as programs for tritonclient, and OpenAI's client. No DOM. */

/** @import { Call, CallInput, ChatCall, CompletionCall, Element, InferCall, MediaCall, Place, StreamCall } from './types.js' */

import { countOf } from './tensors.js';

/** @type {Readonly<Record<string, string>>} */
const DTYPES = {
  BOOL: 'bool_',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  // The client cuts them.
  BF16: 'float32',
  BYTES: 'object_',
};

/** @param {Call} call @param {Place} place */
export function pythonSnippet(call, place) {
  if (call.kind === 'chat' || call.kind === 'completion') return openAi(call, place);
  if (call.kind === 'stream') return streamed(call, place);
  const { protocol, host } = new URL(place.origin);
  const secure = protocol === 'https:';
  const args = [
    text(call.model),
    `[${variables(call).join(', ')}]`,
    ...(call.version === undefined ? [] : [`model_version=${text(call.version)}`]),
    ...(Object.keys(call.classes).length === 0 ? [] : [`outputs=[${requested(call).join(', ')}]`]),
    ...(call.kind === 'infer' ? parametersOf(call.parameters) : []),
    ...(place.withKey ? ['headers=headers'] : []),
  ];
  return [
    "# pip install 'tritonclient[http]'",
    ...(place.withKey ? ['import os', ''] : []),
    'import numpy as np',
    'import tritonclient.http as triton',
    '',
    ...headers(place, 'Authorization'),
    `client = triton.InferenceServerClient(${text(host)}${secure ? ', ssl=True' : ''})`,
    ...inputsOf(call),
    `answer = client.infer(${args.join(', ')})`,
    'for output in answer.get_response()["outputs"]:',
    '    print(output["name"], answer.as_numpy(output["name"]))',
    '',
  ].join('\n');
}

/** @param {Place} place @param {string} name */
function headers({ withKey }, name) {
  return withKey ? [`headers = {"${name}": f"Bearer {os.environ['MILLRACE_KEY']}"}`] : [];
}

/** @param {StreamCall} call @param {Place} place */
function streamed(call, place) {
  const { grpc } = place;
  const { address, tls } = grpc ?? { address: 'localhost:8001', tls: false };
  const args = [
    text(call.model),
    `[${variables(call).join(', ')}]`,
    ...(call.version === undefined ? [] : [`model_version=${text(call.version)}`]),
    ...parametersOf(call.parameters),
    'enable_empty_final_response=True',
  ];
  return [
    "# pip install 'tritonclient[grpc]'",
    ...(place.withKey ? ['import os'] : []),
    'import queue',
    '',
    'import numpy as np',
    'import tritonclient.grpc as triton',
    '',
    ...headers(place, 'authorization'),
    `client = triton.InferenceServerClient(${text(address)}${tls ? ', ssl=True' : ''})`,
    ...inputsOf(call),
    'answers = queue.Queue()',
    `client.start_stream(lambda result, error: answers.put(error or result)${place.withKey ? ', headers=headers' : ''})`,
    `client.async_stream_infer(${args.join(', ')})`,
    'while True:',
    '    answer = answers.get()',
    '    if isinstance(answer, Exception):',
    '        raise answer',
    '    for output in answer.get_response().outputs:',
    '        print(output.name, answer.as_numpy(output.name))',
    '    if answer.get_response().parameters["triton_final_response"].bool_param:',
    '        break',
    'client.stop_stream()',
    '',
  ].join('\n');
}

/** @param {InferCall | StreamCall | MediaCall} call @returns {readonly CallInput[]} */
function allInputs(call) {
  if (call.kind !== 'media') return call.inputs;
  return [{ name: call.input, datatype: 'BYTES', shape: [1], content: { kind: 'file', file: call.file } }];
}

/** Names of Python for the inputs. @param {InferCall | StreamCall | MediaCall} call */
function variables(call) {
  return allInputs(call).map((_, index) => `input_${index}`);
}

/** @param {InferCall | StreamCall | MediaCall} call */
function inputsOf(call) {
  return allInputs(call).flatMap(({ name, datatype, shape, content }, index) => [
    `input_${index} = triton.InferInput(${text(name)}, ${JSON.stringify(shape)}, "${datatype}")`,
    `input_${index}.set_data_from_numpy(${arrayOf(datatype, shape, content)})`,
  ]);
}

/** @param {string} datatype @param {readonly number[]} shape @param {CallInput['content']} content */
function arrayOf(datatype, shape, content) {
  const dtype = `np.${DTYPES[datatype] ?? 'float32'}`;
  const list = JSON.stringify(shape);
  switch (content.kind) {
    case 'elements':
      return `np.array(${literal(content.elements)}, dtype=${dtype}).reshape(${list})`;
    case 'file': {
      const file = text(content.file.name);
      if (datatype === 'BYTES') return `np.array([open(${file}, "rb").read()], dtype=np.object_).reshape(${list})`;
      if (datatype === 'BF16') {
        return `(np.fromfile(${file}, dtype=np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(${list})`;
      }
      return `np.fromfile(${file}, dtype=${dtype}).reshape(${list})`;
    }
    default:
      if (datatype === 'BYTES') return `np.full(${list}, b"", dtype=np.object_)`;
      return countOf(shape) === 0 ? `np.empty(${list}, dtype=${dtype})` : `np.zeros(${list}, dtype=${dtype})`;
  }
}

/** @param {InferCall | MediaCall} call */
function requested({ classes }) {
  return Object.entries(classes).map(
    ([name, count]) => `triton.InferRequestedOutput(${text(name)}, class_count=${count})`,
  );
}

/** @param {Readonly<Record<string, Element>>} parameters */
function parametersOf(parameters) {
  const { sequence_id: id, sequence_start: start, sequence_end: end, ...others } = parameters;
  return [
    ...(id === undefined ? [] : [`sequence_id=${literal(id)}`]),
    ...(start === undefined ? [] : [`sequence_start=${literal(start)}`]),
    ...(end === undefined ? [] : [`sequence_end=${literal(end)}`]),
    ...(Object.keys(others).length === 0 ? [] : [`parameters=${literal(others)}`]),
  ];
}

/** @param {ChatCall | CompletionCall} call @param {Place} place */
function openAi(call, { origin, withKey }) {
  const chat = call.kind === 'chat';
  return [
    '# pip install openai',
    ...(withKey ? ['import os', ''] : []),
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${text(`${origin}/v1`)}, api_key=${withKey ? 'os.environ["MILLRACE_KEY"]' : '"none"'})`,
    `stream = client.${chat ? 'chat.completions' : 'completions'}.create(`,
    `    model=${text(call.model)},`,
    chat ? `    messages=${literal(call.messages)},` : `    prompt=${text(call.prompt)},`,
    `    max_tokens=${call.maxTokens},`,
    ...(call.temperature === undefined ? [] : [`    temperature=${call.temperature},`]),
    '    stream=True,',
    ')',
    'for chunk in stream:',
    `    print(chunk.choices[0].${chat ? 'delta.content' : 'text'} or "", end="", flush=True)`,
    '',
  ].join('\n');
}

/** Strings of JSON are strings of Python. @param {string} value */
function text(value) {
  return JSON.stringify(value);
}

/** @param {unknown} value @returns {string} */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, member]) => `${text(name)}: ${literal(member)}`)
      .join(', ')}}`;
  }
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}
