import { isUtf8 } from 'node:buffer';
import {
  excerpt,
  type InferRequest,
  invalidArgument,
  isObject,
  type ParameterScalar,
  type ParameterValue,
  packBytes,
} from '../../core/index.js';
import { OPEN_BRACE } from '../shared/json/bytes.js';
import { plainRequest } from '../shared/plain-request.js';
import type { Part } from './multipart.js';
import { isDataName } from './read-parts.js';

/** Names of the text among members and fields, and of a parameter that others call otherwise. */
const TEXT_NAMES: ReadonlySet<string> = new Set(['text_input', 'prompt']);
const RENAMED: Readonly<Record<string, string>> = { max_new_tokens: 'max_tokens' };
const MAX_PARAMETERS = 64;

/** The request to a model that generates: a text, alone or with parameters as JSON or as fields of a form. Throws `invalid_argument`. */
export function decodePrompt(parts: readonly Part[]): InferRequest {
  const draft = new PromptDraft();
  for (const { name, type, data } of parts) {
    const isJson = type.endsWith('json') || (type === '' && data[0] === OPEN_BRACE);
    if (isJson && isDataName(name)) draft.addJson(data);
    else draft.add(name, isText(name) ? textOf(name, data) : scalarOf(textOf(name, data)));
  }
  return draft.finish();
}

/** Whether a name stands for the text. */
function isText(name: string): boolean {
  return TEXT_NAMES.has(name) || isDataName(name);
}

/** A parameter of a form, where there are texts only. */
function scalarOf(text: string): ParameterScalar {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}

class PromptDraft {
  #text: string | undefined;
  readonly #parameters: Record<string, ParameterValue> = Object.create(null);

  addJson(data: Uint8Array): void {
    let json: unknown;
    try {
      json = JSON.parse(textOf('body', data));
    } catch (error) {
      throw invalidArgument(`the body is not valid JSON: ${(error as Error).message}`);
    }
    if (typeof json === 'string') this.add('body', json);
    else if (isObject(json)) this.#addMembers(json);
    else throw invalidArgument('request: expected a text, or an object with a text and parameters');
  }

  #addMembers(members: object): void {
    for (const [name, value] of Object.entries(members)) {
      if (name === 'parameters' && isObject(value)) this.#addMembers(value);
      else if (typeof value === 'string' || !isText(name)) this.add(name, value);
      else throw invalidArgument(`'${excerpt(name)}': expected a text`);
    }
  }

  add(name: string, value: unknown): void {
    if (isText(name)) {
      if (this.#text !== undefined) throw invalidArgument(`'${excerpt(name)}': the text is given twice`);
      this.#text = String(value);
      return;
    }
    const renamed = Object.hasOwn(RENAMED, name) ? (RENAMED[name] ?? name) : name;
    if (value === null) return;
    if (renamed in this.#parameters) throw invalidArgument(`'${excerpt(name)}' is given twice`);
    if (Object.keys(this.#parameters).length === MAX_PARAMETERS) {
      throw invalidArgument(`request: expected at most ${MAX_PARAMETERS} parameters, got more`);
    }
    this.#parameters[renamed] = toParameter(name, value);
  }

  finish(): InferRequest {
    if (this.#text === undefined)
      throw invalidArgument("request: expected a text, as the body or as 'prompt', got none");
    const data = packBytes([Buffer.from(this.#text)]);
    return plainRequest([{ name: 'text_input', datatype: 'BYTES', shape: [1], data }], this.#parameters);
  }
}

function toParameter(name: string, value: unknown): ParameterValue {
  if (isScalar(value)) return value;
  if (Array.isArray(value) && value.every(isScalar)) return value;
  throw invalidArgument(`'${excerpt(name)}': expected a text, a number, true or false, or a list of them`);
}

function isScalar(value: unknown): value is ParameterScalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function textOf(name: string, data: Uint8Array): string {
  if (isUtf8(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
  throw invalidArgument(`'${excerpt(name)}': expected UTF-8 text`);
}
