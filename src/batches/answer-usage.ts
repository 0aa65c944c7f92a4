import { isObject, type Turns, type Usage } from '../core/index.js';
import { membersOf, NoObject } from './json-members.js';

const NAME = Buffer.from('"usage"');
/** A usage is short. */
const MAX_BYTES = 4_096;

/** The member `usage` of an answer, as OpenAI's chats and completions, responses, or embeddings have it; undefined = there is none. */
export async function usageOf(body: Uint8Array, turns: Turns): Promise<Usage | undefined> {
  if (!Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(NAME)) return undefined;
  try {
    const member = (await membersOf(body, turns)).get('usage');
    if (member === undefined || member.byteLength > MAX_BYTES) return undefined;
    return read(JSON.parse(Buffer.from(member).toString()));
  } catch (error) {
    // It is no JSON object.
    if (error instanceof NoObject || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function read(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const promptTokens = count(usage.prompt_tokens ?? usage.input_tokens);
  if (promptTokens === undefined) return undefined;
  const prompt = usage.prompt_tokens_details ?? usage.input_tokens_details;
  const completion = usage.completion_tokens_details ?? usage.output_tokens_details;
  return {
    promptTokens,
    cachedTokens: isObject(prompt) ? (count(prompt.cached_tokens) ?? 0) : 0,
    completionTokens: count(usage.completion_tokens ?? usage.output_tokens) ?? 0,
    reasoningTokens: isObject(completion) ? (count(completion.reasoning_tokens) ?? 0) : 0,
  };
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
