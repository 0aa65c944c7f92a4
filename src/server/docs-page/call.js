/** What a model is asked, from what is in its form. No DOM. */

/** @import { ApiInput, ApiModel, Call, CallInput, ChosenFile, Element } from './types.js' */

import { countOf, elementSize, fitShape, formatType, parseTensor, pretty } from './tensors.js';

/** How a model is asked on this page. @typedef {'chat' | 'completion' | 'media' | 'tensors' | 'none'} Mode */

/**
 * @param {ApiModel} model
 * @param {Readonly<Record<string, unknown>>} paths Of the OpenAPI document: what the server speaks.
 * @returns {Mode}
 */
export function modeOf(model, paths) {
  const { generate } = model.tasks;
  if (generate?.chat === true && '/v1/chat/completions' in paths) return 'chat';
  if (generate !== undefined && '/v1/completions' in paths) return 'completion';
  if (model.example === undefined) return 'none';
  return mediaInput(model) === undefined ? 'tensors' : 'media';
}

/** The input for which the body of a request may be a file: the server needs nothing else then. @param {ApiModel} model */
export function mediaInput({ inputs }) {
  const [media, second] = inputs.filter((input) => input.media !== undefined);
  if (media === undefined || second !== undefined) return undefined;
  const others = inputs.filter(
    (input) => input !== media && input.optional !== true && input.name !== media.rate_input,
  );
  return others.length === 0 ? media : undefined;
}

/**
 * What a request begins with for an input: its shape and, where there are few elements, what is in its field.
 *
 * @param {ApiModel} model
 * @param {ApiInput} input
 * @returns {{ readonly shape: readonly number[]; readonly text: string | undefined }}
 */
export function exampleOf({ example }, { name, datatype, shape: declared, optional }) {
  const open = declared.map((size) => (size === -1 ? 1 : size));
  const tensor = example?.json.inputs?.find((each) => each.name === name);
  if (tensor !== undefined) {
    return { shape: tensor.shape, text: tensor.data === undefined ? undefined : fieldText(datatype, tensor.data) };
  }
  const value = example?.route === 'generate_stream' ? example.json[name] : undefined;
  if (value !== undefined) {
    const elements = /** @type {readonly Element[]} */ (Array.isArray(value) ? value : [value]);
    return { shape: fitShape(declared, [], elements.length) ?? open, text: fieldText(datatype, elements) };
  }
  return { shape: open, text: optional === true ? '' : undefined };
}

/** @param {string} datatype @param {readonly Element[]} elements */
function fieldText(datatype, elements) {
  const [only] = elements;
  if (elements.length !== 1 || only === undefined) return pretty(elements);
  return datatype === 'BYTES' ? String(only) : JSON.stringify(only);
}

/** The parameters that an example of the model has: those of a sequence. @param {ApiModel} model */
export function exampleParameters({ example, inputs }) {
  if (example === undefined) return {};
  if (example.route === 'infer') return example.json.parameters ?? {};
  const names = new Set(inputs.map(({ name }) => name));
  return Object.fromEntries(Object.entries(example.json).filter(([name]) => !names.has(name)));
}

/**
 * The input of a field with text; undefined = it is left out. Throws an `Error` that says what is wrong.
 *
 * @param {ApiInput} input
 * @param {string} text
 * @returns {CallInput | undefined}
 */
export function inputOfText(input, text) {
  const { name, datatype, optional } = input;
  if (optional === true && text === '') return undefined;
  const { shape, elements } = parseTensor(text, input);
  return { name, datatype, shape, content: { kind: 'elements', elements } };
}

/**
 * The input that is a file of raw numbers, or the one element of a BYTES tensor.
 *
 * @param {ApiInput} input
 * @param {ChosenFile} file
 * @returns {CallInput}
 */
export function inputOfFile({ name, datatype, shape: declared }, file) {
  const count = datatype === 'BYTES' ? 1 : file.size / elementSize(datatype);
  const shape = Number.isInteger(count) ? fitShape(declared, [], count) : undefined;
  if (shape === undefined) {
    throw new Error(`takes ${formatType(datatype, declared)}, got ${file.size.toLocaleString('en')} bytes`);
  }
  return { name, datatype, shape, content: { kind: 'file', file } };
}

/**
 * The call of a model that takes tensors.
 *
 * @param {ApiModel} model
 * @param {{
 *   readonly version: string | undefined;
 *   readonly inputs: readonly CallInput[];
 *   readonly ranked: boolean;
 *   readonly parameters: Readonly<Record<string, Element>>;
 * }} values
 * @returns {Call}
 */
export function tensorsCall(model, { version, inputs, ranked, parameters }) {
  const call = { model: model.name, version, parameters };
  if (model.decoupled) return { kind: 'stream', ...call, inputs: inputs.map(withElements) };
  return { kind: 'infer', ...call, inputs, classes: ranked ? classesOf(model) : {} };
}

/** How many classes of each output that tells them apart; nothing unless one does. @param {ApiModel} model */
export function classesOf({ outputs }) {
  return Object.fromEntries(outputs.flatMap(({ name, classes }) => (classes === undefined ? [] : [[name, classes]])));
}

/** JSON alone is all that a stream takes. @param {CallInput} input @returns {CallInput} */
function withElements(input) {
  if (input.content.kind !== 'zeros') return input;
  const zero = input.datatype === 'BYTES' ? '' : input.datatype === 'BOOL' ? false : 0;
  return { ...input, content: { kind: 'elements', elements: Array(countOf(input.shape)).fill(zero) } };
}

/**
 * What somebody typed as parameters. Throws an `Error` that says what is wrong.
 *
 * @param {string} text
 * @returns {Readonly<Record<string, Element>>}
 */
export function parseParameters(text) {
  if (text.trim() === '') return {};
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('is not JSON: expected an object such as {"sequence_id": 7}');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('must be a JSON object');
  for (const [name, member] of Object.entries(value)) {
    if (!['string', 'number', 'boolean'].includes(typeof member)) {
      throw new Error(`takes texts, numbers, true and false; '${name}' is ${JSON.stringify(member)}`);
    }
  }
  return /** @type {Record<string, Element>} */ (value);
}
