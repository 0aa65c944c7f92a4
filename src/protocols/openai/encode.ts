import type { GenerationDelta, TokenLogprob, ToolCallDelta, Usage } from '../../core/index.js';
import { joinToolCalls } from '../../generation/index.js';

/** A call of a tool, or a piece of one. */
export interface CallBody {
  readonly index: number;
  readonly id?: string;
  readonly type?: 'function';
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** The calls of tools in an answer, or in a piece of one: each once. */
export function callsOf({ toolCalls = [] }: GenerationDelta): readonly CallBody[] {
  return joinToolCalls(toolCalls).map(encodeCall);
}

function encodeCall({ index, id, name, arguments: given }: ToolCallDelta): CallBody {
  const called = { ...(name === undefined ? {} : { name }), arguments: given };
  return { index, ...(id === undefined ? {} : { id, type: 'function' }), function: called };
}

/** `usage` of chat completions and completions. */
export function usageBody({ promptTokens, cachedTokens = 0, completionTokens, reasoningTokens = 0 }: Usage): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  };
}

/** `logprobs` of a choice in a chat completion. */
export function chatLogprobs({ logprobs = [] }: GenerationDelta): {
  readonly content: readonly object[];
  readonly refusal: null;
} {
  const content = logprobs.map(({ token, logprob, bytes, topLogprobs: top }) => ({
    token,
    logprob,
    bytes,
    top_logprobs: top.map(({ token: other, logprob: value, bytes: encoded }) => ({
      token: other,
      logprob: value,
      bytes: encoded,
    })),
  }));
  return { content, refusal: null };
}

/** `logprobs` of a choice in a completion, those of an echoed prompt first; `offset` = characters of the choice that came before. */
export function completionLogprobs(delta: GenerationDelta, offset: number): object {
  const tokens = completionTokens(delta);
  let at = offset;
  const offsets = tokens.map(({ token }) => {
    const here = at;
    at += token.length;
    return here;
  });
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    // With the sampled token, so that an entry may have one more than requested.
    top_logprobs: tokens.map(({ token, logprob, topLogprobs: top }) =>
      logprob === null
        ? null
        : Object.fromEntries([...top, { token, logprob }].map(({ token: each, logprob: value }) => [each, value])),
    ),
    text_offset: offsets,
  };
}

/** Characters of the tokens that are reported. */
export function tokensLength(delta: GenerationDelta): number {
  return completionTokens(delta).reduce((length, { token }) => length + token.length, 0);
}

/** Of an answer's tokens; the lower, the less probable it was. */
export function averageLogprob({ logprobs: tokens = [] }: GenerationDelta): number {
  return tokens.reduce((sum, { logprob }) => sum + (logprob ?? 0), 0) / Math.max(tokens.length, 1);
}

function completionTokens({ promptLogprobs = [], logprobs = [] }: GenerationDelta): readonly TokenLogprob[] {
  return [...promptLogprobs, ...logprobs];
}
