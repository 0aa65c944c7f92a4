import type { Parameters } from '../../core/index.js';
import { readContent, unsupportedPart } from './decode-content.js';
import { defined, type GenerationRequest, readGeneration, readMaxTokens } from './decode-sampling.js';
import { Fields, isObject } from './fields.js';

/** A request for a chat completion. */
export interface ChatRequest extends GenerationRequest {
  readonly model: string;
  /** JSON of the conversation, as models with a chat template take it. */
  readonly conversation: string;
  readonly logprobs: boolean;
}

/** A turn of the conversation as templates see it. */
interface Message {
  readonly role: string;
  readonly content: string;
  readonly name?: string;
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const;

/** Reads the body of `POST /v1/chat/completions`. Throws `ParameterError`. */
export function decodeChat(body: unknown): ChatRequest {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const messages = readMessages(fields);
  const generation = readGeneration(fields);
  const maxTokens = readMaxTokens(fields, 'max_completion_tokens', 1) ?? readMaxTokens(fields, 'max_tokens', 1);
  fields.ignore('max_tokens');
  const logprobs = fields.boolean('logprobs') ?? false;
  const topLogprobs = fields.integer('top_logprobs', 0, 20);
  if (topLogprobs !== undefined && !logprobs)
    fields.refuse('top_logprobs', "to be left out where 'logprobs' is not true");
  const format = readFormat(fields);
  const templateArguments = fields.any('chat_template_kwargs') ?? {};
  if (!isObject(templateArguments)) fields.refuse('chat_template_kwargs', 'an object');
  refuseUnsupported(fields);
  fields.end();
  return {
    ...generation,
    model,
    conversation: JSON.stringify({ ...templateArguments, messages }),
    logprobs,
    parameters: {
      ...generation.parameters,
      ...format,
      ...defined({ max_tokens: maxTokens, logprobs: logprobs ? (topLogprobs ?? 0) : undefined }),
    },
  };
}

/** What comes later, or never; values that ask for nothing are taken. */
function refuseUnsupported(fields: Fields): void {
  fields.unsupported('tools', []);
  fields.unsupported('tool_choice', 'none', 'auto');
  fields.unsupported('parallel_tool_calls', true, false);
  fields.unsupported('functions', []);
  fields.unsupported('function_call', 'none', 'auto');
  fields.unsupported('modalities', ['text']);
  fields.unsupported('reasoning_effort', 'none');
  fields.unsupported('verbosity', 'medium');
  for (const name of ['audio', 'prediction', 'web_search_options']) fields.unsupported(name);
}

const SCHEMA_NAME = /^[\w-]{1,64}$/;

/** What the answer has to be, as parameters of the model. */
function readFormat(fields: Fields): Parameters {
  const value = fields.any('response_format');
  if (value === undefined) return {};
  const format = Fields.of(value, 'response_format');
  const type =
    format.choice('type', ['text', 'json_object', 'json_schema']) ?? format.refuse('type', 'a type of format');
  if (type !== 'json_schema') {
    format.end();
    return type === 'text' ? {} : { json_object: true };
  }
  const described = Fields.of(format.any('json_schema'), 'response_format.json_schema');
  format.end();
  const name = described.string('name');
  if (name === undefined || !SCHEMA_NAME.test(name)) described.refuse('name', 'up to 64 letters, digits, _ and -');
  described.string('description');
  described.boolean('strict');
  const schema = described.any('schema') ?? {};
  if (!isObject(schema)) described.refuse('schema', 'a JSON schema');
  described.end();
  return { json_schema: schema as Parameters };
}

function readMessages(fields: Fields): readonly Message[] {
  const value = fields.any('messages');
  if (!Array.isArray(value) || value.length === 0) fields.refuse('messages', 'a list of at least one message');
  return value.map((message, index) => readMessage(message, `messages[${index}]`));
}

function readMessage(value: unknown, place: string): Message {
  const fields = Fields.of(value, place);
  const role = fields.choice('role', ROLES) ?? fields.refuse('role', `one of ${ROLES.join(', ')}`);
  const content = readContent(fields.any('content'), `${place}.content`, readPart);
  const name = fields.string('name');
  fields.ignore('refusal', 'annotations', 'reasoning_content', 'reasoning');
  fields.unsupported('tool_calls', []);
  fields.unsupported('tool_call_id');
  fields.unsupported('audio');
  fields.end();
  // Templates know no other word for it.
  return { role: role === 'developer' ? 'system' : role, content, ...(name === undefined ? {} : { name }) };
}

function readPart(value: unknown, place: string): string {
  const fields = Fields.of(value, place);
  const type = fields.string('type') ?? fields.refuse('type', "'text'");
  if (type !== 'text' && type !== 'refusal') throw unsupportedPart(type, place, 'text');
  const text = fields.string(type) ?? fields.refuse(type, 'a string');
  fields.end();
  return text;
}
