import { type DescribedSchema, readDescribedSchema, readFormat } from './decode-format.js';
import { readMessages } from './decode-message.js';
import { defined, type GenerationRequest, readGeneration, readMaxTokens } from './decode-sampling.js';
import { readTools } from './decode-tools.js';
import { Fields, isObject } from './fields.js';
import { type TextInput, textInput } from './text-input.js';

/** A request for a chat completion. */
export interface ChatRequest extends GenerationRequest {
  readonly model: string;
  /** The conversation. */
  readonly inputs: readonly TextInput[];
  readonly logprobs: boolean;
}

/** Reads the body of `POST /v1/chat/completions`. Throws `ParameterError`. */
export function decodeChat(body: unknown): ChatRequest {
  const fields: Fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const messages = readMessages(fields);
  const generation = readGeneration(fields);
  const maxTokens = readMaxTokens(fields, 'max_completion_tokens', 1) ?? readMaxTokens(fields, 'max_tokens', 1);
  fields.ignore('max_tokens');
  const logprobs = fields.boolean('logprobs') ?? false;
  const topLogprobs = fields.integer('top_logprobs', 0, 20);
  if (topLogprobs !== undefined && !logprobs)
    fields.refuse('top_logprobs', "to be left out where 'logprobs' is not true");
  const given = fields.any('response_format');
  const format = given === undefined ? {} : readFormat(given, 'response_format', readSchema);
  const templateArguments: unknown = fields.any('chat_template_kwargs') ?? {};
  if (!isObject(templateArguments)) fields.refuse('chat_template_kwargs', 'an object');
  for (const name of ['messages', 'tools', 'reasoning_effort'])
    if (Object.hasOwn(templateArguments, name)) fields.refuse('chat_template_kwargs', `an object without '${name}'`);
  const { tools, parameters: use } = readTools(fields, 'function');
  const effort = fields.choice('reasoning_effort', EFFORTS);
  refuseUnsupported(fields);
  fields.end();
  const conversation = JSON.stringify({
    ...templateArguments,
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
  });
  return {
    ...generation,
    model,
    inputs: [textInput('chat_input', conversation)],
    logprobs,
    parameters: {
      ...generation.parameters,
      ...format,
      ...use,
      ...defined({ max_tokens: maxTokens, logprobs: logprobs ? (topLogprobs ?? 0) : undefined }),
    },
  };
}

/** How long a model is to think, where it can. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;

/** What comes later, or never; values that ask for nothing are taken. */
function refuseUnsupported(fields: Fields): void {
  fields.unsupported('functions', []);
  fields.unsupported('function_call', 'none', 'auto');
  fields.unsupported('modalities', ['text']);
  fields.unsupported('verbosity', 'medium');
  for (const name of ['audio', 'prediction', 'web_search_options']) fields.unsupported(name);
}

function readSchema(format: Fields): DescribedSchema {
  const described: Fields = Fields.of(format.any('json_schema'), 'response_format.json_schema');
  const schema = readDescribedSchema(described, {});
  described.end();
  return schema;
}
