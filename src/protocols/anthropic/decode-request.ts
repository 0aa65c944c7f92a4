import {
  type GenerationParameters,
  isObject,
  type ParameterValue,
  type Prompt,
  withoutUndefined,
} from '../../core/index.js';
import { conversationPrompt, MAX_STOPS, NUMBER_LIMITS, type ReasoningEffort } from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';
import { readConversation } from './decode-messages.js';
import { readTools } from './decode-tools.js';

/** A question for the tokens of a message. */
export interface CountRequest {
  readonly model: string;
  /** The conversation. */
  readonly prompts: readonly Prompt[];
  readonly parameters: GenerationParameters;
  /** Where it says how long the model is to think; undefined = nowhere. */
  readonly effortPlace: string | undefined;
}

/** A request for a message. */
export interface MessageRequest extends CountRequest {
  readonly stream: boolean;
}

/** Of Anthropic's accounts and places: they say nothing of the answer. */
export const LABELS = ['metadata', 'service_tier', 'inference_geo', 'user_profile_id', 'workspace_id'] as const;
/** They change how an answer is made, and it is as good without. */
export const HINTS = ['cache_control', 'speed', 'context_management', 'diagnostics'] as const;
/** They change the answer, and are not done here. */
export const UNSUPPORTED: Readonly<Record<string, readonly unknown[]>> = { container: [], mcp_servers: [[]] };

/** Reads `POST /v1/messages`. Throws `ParameterError`. */
export function decodeMessage(fields: Fields): MessageRequest {
  const maxTokens = fields.integer('max_tokens', { ...NUMBER_LIMITS.maxTokens, least: 1 });
  if (maxTokens === undefined) fields.refuse('max_tokens', 'the most tokens of the answer');
  const stream = fields.boolean('stream') ?? false;
  const sampling = withoutUndefined<GenerationParameters>({
    maxTokens,
    temperature: fields.number('temperature', NUMBER_LIMITS.temperature),
    topP: fields.number('top_p', NUMBER_LIMITS.topP),
    topK: fields.integer('top_k', NUMBER_LIMITS.topK),
    stop: readStops(fields),
  });
  const { parameters, ...asked } = readAsked(fields);
  fields.end();
  return { ...asked, stream, parameters: { ...parameters, ...sampling } };
}

/** Reads `POST /v1/messages/count_tokens`. Throws `ParameterError`. */
export function decodeCount(fields: Fields): CountRequest {
  const { parameters, ...asked } = readAsked(fields);
  fields.end();
  const { responseFormat: _, ...use } = parameters;
  return { ...asked, parameters: { ...use, maxTokens: 0 } };
}

/** What messages and counts have in common. */
function readAsked(fields: Fields): CountRequest {
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const { messages, isPrefilled } = readConversation(fields);
  const { tools, parameters } = readTools(fields);
  const output = readOutput(fields);
  const thinking = readThinking(fields);
  fields.ignore(...LABELS);
  fields.hint(HINTS);
  for (const [name, harmless] of Object.entries(UNSUPPORTED)) fields.unsupported(name, ...harmless);
  const effort = thinking === 'none' ? thinking : (output.effort ?? thinking);
  const prompt = conversationPrompt({
    messages,
    ...(isPrefilled ? { continue_final_message: true } : {}),
    ...(tools.length === 0 ? {} : { tools }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
  });
  const isAsked = effort !== undefined && effort !== 'none';
  const place = output.effort === undefined ? 'thinking' : 'output_config.effort';
  return {
    model,
    prompts: [prompt],
    parameters: {
      ...parameters,
      ...(output.schema === undefined
        ? {}
        : { responseFormat: { type: 'json_schema', schema: output.schema, strict: true } }),
    },
    effortPlace: isAsked ? place : undefined,
  };
}

function readStops(fields: Fields): readonly string[] | undefined {
  const value = fields.any('stop_sequences') ?? [];
  const isStop = (stop: unknown) => typeof stop === 'string' && stop !== '';
  if (!Array.isArray(value) || value.length > MAX_STOPS || !value.every(isStop)) {
    fields.refuse('stop_sequences', `up to ${MAX_STOPS} strings, none of them empty`);
  }
  return value.length === 0 ? undefined : value;
}

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

interface Output {
  readonly effort: ReasoningEffort | undefined;
  /** Of the answer, which is JSON then. */
  readonly schema: ParameterValue | undefined;
}

function readOutput(fields: Fields): Output {
  const value = fields.any('output_config');
  const config = value === undefined ? undefined : fields.inner(value, 'output_config');
  const effort = config?.choice('effort', EFFORTS);
  const early = readSchema(fields, 'output_format');
  const schema = config === undefined ? undefined : readSchema(config, 'format');
  if (schema !== undefined && early !== undefined) {
    fields.refuse('output_format', "to be left out beside 'output_config.format'");
  }
  config?.end();
  return { effort: effort === 'max' ? 'xhigh' : effort, schema: schema ?? early };
}

function readSchema(fields: Fields, name: string): ParameterValue | undefined {
  const value = fields.any(name);
  if (value === undefined) return undefined;
  const format = fields.inner(value, fields.placeOf(name));
  if (format.choice('type', ['json_schema']) === undefined) format.refuse('type', "'json_schema'");
  const schema = format.any('schema');
  if (!isObject(schema)) return format.refuse('schema', 'a JSON schema');
  format.ignore('name');
  format.end();
  return schema as ParameterValue;
}

const THINKING = ['enabled', 'disabled', 'adaptive', 'between_tools'] as const;
/** Tokens of thoughts up to which an effort is meant. */
const LOW_TOKENS = 2_048;
const MEDIUM_TOKENS = 8_192;

/** undefined = as long as the model likes. */
function readThinking(fields: Fields): ReasoningEffort | undefined {
  const value = fields.any('thinking');
  if (value === undefined) return undefined;
  const thinking = fields.inner(value, 'thinking');
  const type = thinking.choice('type', THINKING) ?? thinking.refuse('type', `one of ${THINKING.join(', ')}`);
  const limit = { ...NUMBER_LIMITS.maxTokens, least: 1 };
  const budget = type === 'enabled' ? thinking.integer('budget_tokens', limit) : undefined;
  if (type === 'enabled' && budget === undefined) thinking.refuse('budget_tokens', 'the tokens of thoughts');
  // It chooses an effort, and limits nothing.
  thinking.hint(['budget_tokens']);
  thinking.hint(['display'], 'summarized');
  thinking.end();
  if (type === 'disabled') return 'none';
  if (budget === undefined) return undefined;
  if (budget <= LOW_TOKENS) return 'low';
  return budget <= MEDIUM_TOKENS ? 'medium' : 'high';
}
