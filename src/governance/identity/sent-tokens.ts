import { MillraceError } from '../../core/index.js';
import type { TokenSource } from './token-source.js';

/** A token as it came, and who knows it; undefined = nobody. */
export interface SentToken {
  readonly token: string;
  readonly source: TokenSource | undefined;
  readonly isRemembered: boolean;
}

const BEARER = /^bearer +(\S+) *$/i;
const MAX_REMEMBERED = 1_000;
/** With room for any API key, and none for a JWT: those are not kept as they came. */
const MAX_REMEMBERED_LENGTH = 128;

/** Reads `Authorization` headers. Those of keys in use are read once; whether a key still holds is up to its source, each time. */
export class SentTokens {
  readonly #sources: readonly TokenSource[];
  readonly #remembered = new Map<string, SentToken>();

  /** The first of the sources that takes a token knows it. */
  constructor(sources: readonly TokenSource[]) {
    this.#sources = sources;
  }

  /** Throws `unauthenticated` where there is no bearer token. */
  read(authorization: string | undefined): SentToken {
    const known = authorization === undefined ? undefined : this.#remembered.get(authorization);
    if (known !== undefined) return known;
    const token = bearerToken(authorization);
    return { token, source: this.#sources.find((source) => source.takes(token)), isRemembered: false };
  }

  /** Its source knows whose token it is. */
  remember(authorization: string | undefined, sent: SentToken): void {
    if (sent.isRemembered || authorization === undefined || authorization.length > MAX_REMEMBERED_LENGTH) return;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(authorization, { ...sent, isRemembered: true });
  }
}

function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) {
    throw new MillraceError('unauthenticated', 'this server needs a key: send `Authorization: Bearer <key>`');
  }
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) {
    throw new MillraceError('unauthenticated', 'the Authorization header must have the form `Bearer <key>`');
  }
  return token;
}
