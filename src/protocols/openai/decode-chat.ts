import { type GenerationParameters, type Prompt, withoutUndefined } from '../../core/index.js';
import { conversationPrompt, NUMBER_LIMITS, REASONING_EFFORTS } from '../../generation/index.js';
import { Fields, isObject } from '../shared/generation/fields.js';
import { type DescribedSchema, readDescribedSchema, readFormat } from './decode-format.js';
import { readMessages } from './decode-message.js';
import { type AnswerRequest, readGeneration, readMaxTokens } from './decode-sampling.js';
import { readTools } from './decode-tools.js';

/** A request for a chat completion. */
export interface ChatRequest extends AnswerRequest {
  readonly model: string;
  /** The conversation. */
  readonly prompts: readonly Prompt[];
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
  const topLogprobs = fields.integer('top_logprobs', NUMBER_LIMITS.logprobs);
  if (topLogprobs !== undefined && !logprobs)
    fields.refuse('top_logprobs', "to be left out where 'logprobs' is not true");
  const given = fields.any('response_format');
  const format = given === undefined ? undefined : readFormat(given, 'response_format', readSchema);
  const templateArguments: unknown = fields.any('chat_template_kwargs') ?? {};
  if (!isObject(templateArguments)) fields.refuse('chat_template_kwargs', 'an object');
  for (const name of ['messages', 'tools', 'reasoning_effort'])
    if (Object.hasOwn(templateArguments, name)) fields.refuse('chat_template_kwargs', `an object without '${name}'`);
  const { tools, parameters: use } = readTools(fields, 'function');
  const effort = fields.choice('reasoning_effort', REASONING_EFFORTS);
  refuseUnsupported(fields);
  fields.end();
  const conversation = conversationPrompt({
    ...templateArguments,
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
  });
  return {
    ...generation,
    model,
    prompts: [conversation],
    logprobs,
    parameters: {
      ...generation.parameters,
      ...use,
      ...withoutUndefined<GenerationParameters>({
        maxTokens,
        logprobs: logprobs ? (topLogprobs ?? 0) : undefined,
        responseFormat: format,
      }),
    },
  };
}

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
