import { invalidArgument, type MillraceError, type Prompt } from '../../../core/index.js';
import { promptBytes } from '../../../generation/index.js';
import type { PromptLimits, PromptOptions } from './job.js';

/** No text that is tokenised is longer. */
const MAX_TEXT_BYTES = 4_194_304;
/** What is only read, or cut, may be longer than a context has room for: so many bytes of it for each of its tokens. */
const READ_BYTES_PER_TOKEN = 16;
/** Any model reads so much. */
const LEAST_READ_BYTES = 262_144;
/** Tokens that are told, or made text of: as many values as the parameters of an answer may have. */
const MAX_TOLD_TOKENS = 65_536;
/** Tokenising a shorter text takes a third of a second at worst. */
const SHORT_TEXT_CHARACTERS = 65_536;
const PART_CHARACTERS = 32_768;

type SizeOptions = Pick<PromptOptions, 'maxTokens' | 'promptLogprobs' | 'returnTokenIds' | 'truncatePromptTokens'>;
type ToldOptions = Pick<PromptOptions, 'maxTokens' | 'promptLogprobs' | 'returnTokenIds' | 'echo'>;

/** The prompt is read, but nothing is evaluated. */
export function isOnlyRead({
  maxTokens,
  promptLogprobs,
}: Pick<PromptOptions, 'maxTokens' | 'promptLogprobs'>): boolean {
  return maxTokens === 0 && promptLogprobs === undefined;
}

/** Refuses what is too long by its bytes alone, before anything is done with it. Throws `invalid_argument`. */
export function checkPromptSize(prompt: Prompt, options: PromptOptions, limits: PromptLimits): void {
  if (prompt.kind === 'tokens') {
    checkToldTokens(prompt.tokens.length, options);
    return;
  }
  const bytes = promptBytes(prompt).byteLength;
  const { suffix = '' } = options;
  if (prompt.kind === 'text') checkTextBytes(bytes + Buffer.byteLength(suffix), options, limits);
  // Of a conversation whose oldest turns may go, and names and braces of JSON are no text.
  else refuseBeyond(bytes, isOnlyRead(options) ? mostReadBytes(options, limits) : MAX_TEXT_BYTES);
}

/** Refuses a text that is too long to be tokenised. Throws `invalid_argument`. */
export function checkTextBytes(bytes: number, options: SizeOptions, limits: PromptLimits): void {
  const { contextTokens, longestPieceBytes } = limits;
  if (isOnlyRead(options) || options.truncatePromptTokens !== undefined) {
    refuseBeyond(bytes, mostReadBytes(options, limits));
    return;
  }
  const atLeast = Math.ceil(bytes / longestPieceBytes);
  if (atLeast >= contextTokens) throw tooLong(`at least ${atLeast}`, contextTokens);
  refuseBeyond(bytes, MAX_TEXT_BYTES);
}

/** Refuses a conversation of more messages than a context has tokens: each of them takes at least one. Throws `invalid_argument`. */
export function checkMessages(count: number, { contextTokens }: PromptLimits): void {
  if (count >= contextTokens) throw tooLong(`at least ${count}`, contextTokens);
}

/** Refuses more tokens than an answer may contain, or than are made text of where nothing is evaluated. Throws `invalid_argument`. */
export function checkToldTokens(count: number, options: ToldOptions): void {
  const isTold = options.returnTokenIds || (options.echo && isOnlyRead(options));
  if (!isTold || count <= MAX_TOLD_TOKENS) return;
  throw tooMany(count, MAX_TOLD_TOKENS);
}

/**
 * Refuses a long text whose tokens are too many before it is tokenised as a whole: llama.cpp takes quadratic time for characters that are not in
 * a vocabulary. `count`: tokens of a part of the text. Throws `invalid_argument`.
 */
export function checkTokensByParts(
  text: string,
  { options, limits, count }: { options: SizeOptions; limits: PromptLimits; count: (part: string) => number },
): void {
  if (text.length <= SHORT_TEXT_CHARACTERS) return;
  const isRead = isOnlyRead(options) || options.truncatePromptTokens !== undefined;
  const most = isRead ? Math.max(MAX_TOLD_TOKENS, limits.contextTokens) : limits.contextTokens;
  let atLeast = 0;
  for (let at = 0; at < text.length; at += PART_CHARACTERS) {
    // A token that is cut may be read as several.
    atLeast += count(text.slice(at, at + PART_CHARACTERS)) - limits.longestPieceBytes;
    if (atLeast <= most) continue;
    if (isRead) throw tooMany(`at least ${atLeast}`, most);
    throw tooLong(`at least ${atLeast}`, limits.contextTokens);
  }
}

export function tooLong(tokens: number | string, contextTokens: number): MillraceError {
  return invalidArgument(
    `the prompt is too long: it has ${tokens} tokens; the model's context of ${contextTokens} tokens has room for ${contextTokens - 1} and an answer`,
    { reason: 'context_length_exceeded' },
  );
}

function tooMany(tokens: number | string, most: number): MillraceError {
  const message = `the prompt has ${tokens} tokens; at most ${most} are converted`;
  return invalidArgument(message, { reason: 'context_length_exceeded' });
}

function mostReadBytes({ returnTokenIds }: Pick<PromptOptions, 'returnTokenIds'>, limits: PromptLimits): number {
  if (returnTokenIds) return LEAST_READ_BYTES;
  return Math.min(MAX_TEXT_BYTES, Math.max(LEAST_READ_BYTES, READ_BYTES_PER_TOKEN * limits.contextTokens));
}

function refuseBeyond(bytes: number, most: number): void {
  if (bytes <= most) return;
  const message = `the prompt has ${bytes} bytes; at most ${most} are tokenised`;
  throw invalidArgument(message, { reason: 'context_length_exceeded' });
}
