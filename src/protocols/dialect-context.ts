import { type Clock, invalidArgument } from '../core/index.js';
import type { Service } from '../service/index.js';
import type { DialectContext } from './dialect.js';
import { RequestMemo } from './request-memo.js';
import type { Decoder } from './shared/decoding/decoder.js';
import { PrincipalStore } from './shared/principal-store.js';

export interface DialectContextSetup {
  readonly service: Service;
  readonly clock: Clock;
  readonly decoder: Decoder;
  /** Settings of the server that are about what is in a request. */
  readonly options: {
    readonly maxInputs: number;
    /** See {@link parseForwardPattern}. */
    readonly httpHeaderForwardPattern: string;
    readonly grpcHeaderForwardPattern: string;
  };
}

/** What all dialects of a server are made with. */
export function createDialectContext({
  service,
  clock,
  decoder,
  options,
}: DialectContextSetup): Omit<DialectContext<keyof Service>, 'loadBodyHandlers'> {
  return {
    service,
    clock,
    decoder,
    maxInputs: options.maxInputs,
    forwardHeaders: parseForwardPattern(options.httpHeaderForwardPattern),
    forwardMetadata: parseForwardPattern(options.grpcHeaderForwardPattern),
    createMemo: () => new RequestMemo(),
    createStore: (limits) => new PrincipalStore(limits, clock),
  };
}

/**
 * The pattern of Triton's `--…-header-forward-pattern`: matches anywhere in a name, in either case unless it begins with
 * `(?-i)`. Undefined for ''. Throws `invalid_argument` for what is no regular expression.
 */
export function parseForwardPattern(text: string): RegExp | undefined {
  if (text === '') return undefined;
  const [prefix = '', mode] = /^\(\?(-?)i\)/.exec(text) ?? [];
  try {
    return new RegExp(text.slice(prefix.length), mode === '-' ? 'u' : 'iu');
  } catch (error) {
    throw invalidArgument((error as Error).message, { cause: error });
  }
}
