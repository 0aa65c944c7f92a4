import { bytesElements, type InferResponse, type ParameterElement } from '../../core/index.js';
import { isObject } from './fields.js';

/** A token as the runtime reports it. */
interface ReportedToken {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs: readonly Omit<ReportedToken, 'top_logprobs'>[];
}

/** The text of an answer, or of a piece of one. */
export function textOf({ outputs }: InferResponse): string {
  const [output] = outputs;
  if (output === undefined) return '';
  return bytesElements(output.data)
    .map((bytes) => Buffer.from(bytes).toString())
    .join('');
}

/** `logprobs` of a choice in a chat completion. */
export function chatLogprobs(response: InferResponse): object {
  const content = reportedTokens(response).map(({ token, logprob, bytes, top_logprobs: top }) => ({
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

/** `logprobs` of a choice in a completion; `offset` = characters of the choice that came before. */
export function completionLogprobs(response: InferResponse, offset: number): object {
  const tokens = reportedTokens(response);
  let at = offset;
  const offsets = tokens.map(({ token }) => {
    const here = at;
    at += token.length;
    return here;
  });
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ top_logprobs: top }) =>
      Object.fromEntries(top.map(({ token, logprob }) => [token, logprob])),
    ),
    text_offset: offsets,
  };
}

function reportedTokens({ parameters }: InferResponse): readonly ReportedToken[] {
  const { logprobs } = parameters;
  if (!Array.isArray(logprobs)) return [];
  return logprobs.filter((entry: ParameterElement) => isObject(entry)) as unknown as readonly ReportedToken[];
}
