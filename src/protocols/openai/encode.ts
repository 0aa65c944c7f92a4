import {
  bytesElements,
  type CallDelta,
  type InferResponse,
  type ParameterElement,
  type TokenReport,
} from '../../core/index.js';
import { isObject } from './fields.js';

/** The text of an answer, or of a piece of one. */
export function textOf({ outputs }: InferResponse): string {
  const [output] = outputs;
  if (output === undefined) return '';
  return bytesElements(output.data)
    .map((bytes) => Buffer.from(bytes).toString())
    .join('');
}

/** What the model thought before an answer, or before a piece of one. */
export function reasoningOf({ parameters }: InferResponse): string {
  const { reasoning } = parameters;
  return Array.isArray(reasoning) ? reasoning.join('') : '';
}

/** The calls of tools in an answer, or in a piece of one: each once. */
export function callsOf({ parameters }: InferResponse): readonly CallDelta[] {
  const { tool_calls: deltas } = parameters;
  if (!Array.isArray(deltas)) return [];
  const calls = new Map<number, CallDelta>();
  for (const delta of deltas as unknown as readonly CallDelta[]) {
    const before = calls.get(delta.index);
    const given = `${before?.function.arguments ?? ''}${delta.function.arguments}`;
    calls.set(delta.index, {
      ...delta,
      ...before,
      function: { ...before?.function, ...delta.function, arguments: given },
    });
  }
  return [...calls.values()];
}

/** `logprobs` of a choice in a chat completion. */
export function chatLogprobs(response: InferResponse): { readonly content: readonly object[]; readonly refusal: null } {
  const content = reportedTokens(response, 'logprobs').map(({ token, logprob, bytes, top_logprobs: top }) => ({
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
export function completionLogprobs(response: InferResponse, offset: number): object {
  const tokens = completionTokens(response);
  let at = offset;
  const offsets = tokens.map(({ token }) => {
    const here = at;
    at += token.length;
    return here;
  });
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ logprob, top_logprobs: top }) =>
      logprob === null ? null : Object.fromEntries(top.map(({ token, logprob: value }) => [token, value])),
    ),
    text_offset: offsets,
  };
}

/** Characters of the tokens that are reported. */
export function tokensLength(response: InferResponse): number {
  return completionTokens(response).reduce((length, { token }) => length + token.length, 0);
}

/** Of an answer's tokens; the lower, the less probable it was. */
export function averageLogprob(response: InferResponse): number {
  const tokens = reportedTokens(response, 'logprobs');
  return tokens.reduce((sum, { logprob }) => sum + (logprob ?? 0), 0) / Math.max(tokens.length, 1);
}

function completionTokens(response: InferResponse): readonly TokenReport[] {
  return [...reportedTokens(response, 'prompt_logprobs'), ...reportedTokens(response, 'logprobs')];
}

function reportedTokens({ parameters }: InferResponse, name: 'logprobs' | 'prompt_logprobs'): readonly TokenReport[] {
  const reported = parameters[name];
  if (!Array.isArray(reported)) return [];
  return reported.filter((entry: ParameterElement) => isObject(entry)) as unknown as readonly TokenReport[];
}
