import { type GenerationParameters, isObject, type Prompt, withoutUndefined } from '../../core/index.js';
import {
  type Conversation,
  conversationPrompt,
  type Message,
  NUMBER_LIMITS,
  REASONING_EFFORTS,
} from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';
import { readAskedFormat } from './decode-format.js';
import { readMessages } from './decode-message.js';
import { type AnswerRequest, finite, readGeneration, readMaxTokens } from './decode-sampling.js';
import { readTools } from './decode-tools.js';

/** A request for a chat completion. */
export interface ChatRequest extends AnswerRequest {
  readonly model: string;
  /** The conversation. */
  readonly prompts: readonly Prompt[];
  readonly logprobs: boolean;
  /** Where it says how long the model is to think; undefined = nowhere. */
  readonly effortPlace: string | undefined;
  /** The field that says which form the answer has. */
  readonly formatPlace: string;
}

/** Reads `POST /v1/chat/completions`. Throws `ParameterError`. */
export function decodeChat(fields: Fields): ChatRequest {
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const messages = readMessages(fields);
  const generation = readGeneration(fields);
  const maxTokens = readMaxTokens(fields, ['max_completion_tokens', 'max_tokens', 'n_predict'], 1);
  const logprobs = fields.boolean('logprobs') ?? false;
  const topLogprobs = fields.integer('top_logprobs', NUMBER_LIMITS.logprobs);
  if (topLogprobs !== undefined && !logprobs)
    fields.refuse('top_logprobs', "to be left out where 'logprobs' is not true");
  const { format, place: formatPlace } = readAskedFormat(fields);
  const templateArguments = readTemplateArguments(fields);
  const goesOn = readContinuation(fields, messages);
  const { tools, parameters: use } = readTools(fields, 'function');
  const effort = fields.choice('reasoning_effort', REASONING_EFFORTS);
  refuseUnsupported(fields);
  fields.end();
  const conversation = conversationPrompt({
    ...templateArguments,
    ...goesOn,
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
  });
  return {
    ...generation,
    model,
    prompts: [conversation],
    logprobs,
    effortPlace: effort === undefined || effort === 'none' ? undefined : 'reasoning_effort',
    formatPlace,
    parameters: {
      ...generation.parameters,
      ...use,
      ...withoutUndefined<GenerationParameters>({
        maxTokens: finite(maxTokens),
        logprobs: logprobs ? (topLogprobs ?? 0) : undefined,
        responseFormat: format,
      }),
    },
  };
}

/** Further variables of the template. Those that have members of their own are refused. */
function readTemplateArguments(fields: Fields): object {
  const value: unknown = fields.any('chat_template_kwargs') ?? {};
  if (!isObject(value)) return fields.refuse('chat_template_kwargs', 'an object');
  for (const name of ['messages', 'tools', 'reasoning_effort', 'add_generation_prompt', 'continue_final_message'])
    if (Object.hasOwn(value, name)) fields.refuse('chat_template_kwargs', `an object without '${name}'`);
  return value;
}

/** Whether the answer is a turn of its own, or goes on with the last message. */
function readContinuation(
  fields: Fields,
  messages: readonly Message[],
): Pick<Conversation, 'add_generation_prompt' | 'continue_final_message'> {
  const begins = fields.boolean('add_generation_prompt');
  const goesOn = fields.boolean('continue_final_message') ?? false;
  if (!goesOn) return begins === false ? { add_generation_prompt: false } : {};
  if (begins === true) fields.refuse('add_generation_prompt', "to be left out beside 'continue_final_message'");
  if (messages.at(-1)?.role !== 'assistant') {
    fields.refuse('continue_final_message', "the last of 'messages' to be of the role 'assistant'");
  }
  return { continue_final_message: true };
}

/** Not done here; values that ask for nothing are taken. */
function refuseUnsupported(fields: Fields): void {
  fields.hint(['store'], false);
  fields.unsupported('functions', []);
  fields.unsupported('function_call', 'none', 'auto');
  fields.unsupported('modalities', ['text']);
  fields.unsupported('echo', false);
  fields.unsupported('add_special_tokens', false);
  for (const name of ['audio', 'web_search_options', 'documents', 'chat_template']) fields.unsupported(name);
}
