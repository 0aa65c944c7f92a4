import { type ClientOptions, createConnection } from './connection.js';
import { MillraceClientError, readErrorObject } from './errors.js';
import { readEvents, type StreamedEvent } from './events.js';
import { BROKEN_OFF } from './transport.js';
import type { CallOptions } from './types.js';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What is left out is the server's to choose. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  /** Longest answer, in tokens. */
  readonly maxTokens?: number | undefined;
  readonly seed?: number | undefined;
}

/** Tokens of the prompt, of those the ones that were not evaluated again, and tokens of the answer. */
export interface ChatUsage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

/** A part of an answer, in the order in which it came. `finish` says why it ended, in OpenAI's words. */
export type ChatPiece =
  | { readonly kind: 'content' | 'reasoning'; readonly text: string }
  | { readonly kind: 'finish'; readonly reason: string }
  | { readonly kind: 'usage'; readonly usage: ChatUsage };

/** Asks the server at `url` for the answer to a conversation. Rejects with {@link MillraceClientError}. */
export type Chat = (request: ChatRequest, call?: CallOptions) => AsyncIterable<ChatPiece>;

/**
 * Conversations by OpenAI's `/v1/chat/completions`, streamed. Never sent twice; leaving the loop or aborting ends the
 * request. An error in the middle of an answer is thrown behind what came before it.
 */
export function connectChat(url: string | URL, options: ClientOptions = {}): Chat {
  const connection = createConnection(url, options);
  return async function* (request, call) {
    const pieces = connection.stream({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: encodeChat(request),
      idempotent: false,
      budget: connection.budget(call),
    });
    let requestId: string | undefined;
    for await (const event of readEvents(pieces, connection.maxResponseBytes)) {
      if (event.data === '[DONE]') return;
      requestId = event.headers.get('x-request-id') ?? undefined;
      yield* decodeChunk(event, requestId);
    }
    throw new MillraceClientError('unavailable', BROKEN_OFF, { status: 200, requestId });
  };
}

function encodeChat({ model, messages, temperature, topP, maxTokens, seed }: ChatRequest): string {
  return JSON.stringify({
    model,
    messages,
    temperature,
    top_p: topP,
    max_tokens: maxTokens,
    seed,
    stream: true,
    stream_options: { include_usage: true },
  });
}

/** As much as is read of `chat.completion.chunk`. */
interface Chunk {
  readonly error?: unknown;
  readonly choices?: readonly {
    readonly delta?: { readonly content?: unknown; readonly reasoning_content?: unknown };
    readonly finish_reason?: unknown;
  }[];
  readonly usage?: {
    readonly prompt_tokens?: number;
    readonly completion_tokens?: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null;
  } | null;
}

function decodeChunk({ data }: StreamedEvent, requestId: string | undefined): readonly ChatPiece[] {
  const { error, choices, usage } = parseChunk(data, requestId);
  if (typeof error === 'object' && error !== null) {
    const { code = 'internal', message = 'the server told of an error' } = readErrorObject(error);
    throw new MillraceClientError(code, message, { status: 200, requestId });
  }
  const pieces: ChatPiece[] = [];
  const { delta, finish_reason: reason } = choices?.[0] ?? {};
  const add = (kind: 'content' | 'reasoning', text: unknown) => {
    if (typeof text === 'string' && text !== '') pieces.push({ kind, text });
  };
  add('reasoning', delta?.reasoning_content);
  add('content', delta?.content);
  if (typeof reason === 'string') pieces.push({ kind: 'finish', reason });
  if (usage) {
    const { prompt_tokens: promptTokens = 0, completion_tokens: completionTokens = 0, prompt_tokens_details } = usage;
    const cachedTokens = prompt_tokens_details?.cached_tokens ?? 0;
    pieces.push({ kind: 'usage', usage: { promptTokens, cachedTokens, completionTokens } });
  }
  return pieces;
}

function parseChunk(data: string, requestId: string | undefined): Chunk {
  try {
    const value: unknown = JSON.parse(data);
    // What the server sends is trusted to have the documented shape.
    if (typeof value === 'object' && value !== null) return value as Chunk;
  } catch {
    // Said below.
  }
  const message = "an event of the server's answer is not a JSON object: does it speak OpenAI's API?";
  throw new MillraceClientError('internal', message, { status: 200, requestId });
}
