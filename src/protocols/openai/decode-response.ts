import type { Parameters } from '../../core/index.js';
import { readContent, unsupportedPart } from './decode-content.js';
import { defined, readMaxTokens } from './decode-sampling.js';
import { Fields, isObject } from './fields.js';

/** A request for a response. */
export interface ResponseRequest {
  readonly model: string;
  /** JSON of the conversation, as models with a chat template take it. */
  readonly conversation: string;
  readonly stream: boolean;
  readonly parameters: Parameters;
  /** What the response says of its request. */
  readonly settings: {
    readonly instructions: string | null;
    readonly max_output_tokens: number | null;
    readonly temperature: number;
    readonly top_p: number;
    readonly metadata: object;
    readonly text: { readonly format: object };
  };
}

interface Message {
  readonly role: string;
  readonly content: string;
}

const ROLES = ['user', 'assistant', 'system', 'developer'] as const;
const TEXTS: readonly string[] = ['input_text', 'output_text', 'text'];

/** Reads the body of `POST /v1/responses`. Throws `ParameterError`. */
export function decodeResponse(body: unknown): ResponseRequest {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const instructions = fields.string('instructions');
  const input = readInput(fields);
  const maxTokens = readMaxTokens(fields, 'max_output_tokens', 1);
  const temperature = fields.number('temperature', 0, 2);
  const topP = fields.number('top_p', 0, 1);
  const metadata = fields.any('metadata') ?? {};
  if (!isObject(metadata)) fields.refuse('metadata', 'an object');
  const { format, parameters } = readText(fields);
  const stream = fields.boolean('stream') ?? false;
  refuseUnsupported(fields);
  fields.end();
  const system = instructions === undefined ? [] : [{ role: 'system', content: instructions }];
  return {
    model,
    conversation: JSON.stringify({ messages: [...system, ...input] }),
    stream,
    parameters: { ...parameters, ...defined({ max_tokens: maxTokens, temperature, top_p: topP }) },
    settings: {
      instructions: instructions ?? null,
      max_output_tokens: maxTokens ?? null,
      temperature: temperature ?? 1,
      top_p: topP ?? 1,
      metadata,
      text: { format },
    },
  };
}

/** What comes later, or never; values that ask for nothing are taken. */
function refuseUnsupported(fields: Fields): void {
  fields.ignore('user', 'safety_identifier', 'prompt_cache_key');
  fields.unsupported('store', false);
  fields.unsupported('background', false);
  fields.unsupported('include', []);
  fields.unsupported('tools', []);
  fields.unsupported('tool_choice', 'none', 'auto');
  fields.unsupported('parallel_tool_calls', true, false);
  fields.unsupported('service_tier', 'auto', 'default');
  fields.unsupported('truncation', 'disabled');
  fields.unsupported('top_logprobs', 0);
  fields.unsupported('stream_options', {});
  for (const name of ['previous_response_id', 'conversation', 'max_tool_calls', 'prompt', 'reasoning']) {
    fields.unsupported(name);
  }
}

function readInput(fields: Fields): readonly Message[] {
  const value = fields.any('input');
  if (typeof value === 'string') return [{ role: 'user', content: value }];
  if (!Array.isArray(value) || value.length === 0) fields.refuse('input', 'a text or a list of at least one item');
  return value.map((item, index) => readItem(item, `input[${index}]`));
}

function readItem(value: unknown, place: string): Message {
  const item = Fields.of(value, place);
  item.choice('type', ['message']);
  const role = item.choice('role', ROLES) ?? item.refuse('role', `one of ${ROLES.join(', ')}`);
  const content = readContent(item.any('content'), `${place}.content`, readPart);
  item.ignore('id', 'status');
  item.end();
  return { role: role === 'developer' ? 'system' : role, content };
}

function readPart(value: unknown, place: string): string {
  const part = Fields.of(value, place);
  const type = part.string('type') ?? part.refuse('type', "'input_text'");
  if (!TEXTS.includes(type)) throw unsupportedPart(type, place, 'input_text');
  const text = part.string('text') ?? part.refuse('text', 'a string');
  part.ignore('annotations', 'logprobs');
  part.end();
  return text;
}

/** The format of the answer: as it is echoed, and as parameters of the model. */
function readText(fields: Fields): { readonly format: object; readonly parameters: Parameters } {
  const value = fields.any('text');
  const plain = { format: { type: 'text' }, parameters: {} };
  if (value === undefined) return plain;
  const text = Fields.of(value, 'text');
  const given = text.any('format');
  text.unsupported('verbosity', 'medium');
  text.end();
  if (given === undefined) return plain;
  const format = Fields.of(given, 'text.format');
  const type =
    format.choice('type', ['text', 'json_object', 'json_schema']) ?? format.refuse('type', 'a type of format');
  if (type !== 'json_schema') {
    format.end();
    return { format: { type }, parameters: type === 'text' ? {} : { json_object: true } };
  }
  format.string('name');
  format.string('description');
  format.boolean('strict');
  const schema = format.any('schema');
  if (!isObject(schema)) format.refuse('schema', 'a JSON schema');
  format.end();
  return { format: given as object, parameters: { json_schema: schema as Parameters } };
}
