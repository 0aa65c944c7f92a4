import { findDuplicateMember } from './duplicate-member.js';
import { TokenRefusal } from './refusal.js';

/** What a token says of itself. Nobody has checked its signature. */
export interface DecodedToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Longest token that is looked at. */
export const MAX_TOKEN_BYTES = 16_384;

const BASE64URL = /^[\w-]+$/;

/** Whether a bearer token looks like a signed JWT, whatever is in it. */
export function looksLikeJwt(token: string): boolean {
  if (!token.startsWith('eyJ')) return false;
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  return second > 0 && token.indexOf('.', second + 1) < 0;
}

/** Reads a compact JWT (RFC 7519) without checking its signature. Throws {@link TokenRefusal}. */
export function decodeToken(token: string): DecodedToken {
  if (token.length > MAX_TOKEN_BYTES) {
    throw new TokenRefusal(`it has ${token.length} bytes; expected at most ${MAX_TOKEN_BYTES}`);
  }
  const [header = '', claims = ''] = token.split('.');
  const decoded = { header: decodePart('header', header), claims: decodePart('payload', claims) };
  if (decoded.header.crit !== undefined) throw new TokenRefusal('its header has critical parameters (crit)');
  return decoded;
}

function decodePart(what: string, part: string): JsonObject {
  if (!BASE64URL.test(part)) throw new TokenRefusal(`its ${what} is not base64url`);
  const json = Buffer.from(part, 'base64url').toString();
  const value = parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenRefusal(`its ${what} is no JSON object`);
  }
  const twice = findDuplicateMember(json);
  if (twice !== undefined) throw new TokenRefusal(`its ${what} has ${JSON.stringify(twice.slice(0, 64))} twice`);
  return value as JsonObject;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
