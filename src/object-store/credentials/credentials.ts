import { MillraceError } from '../../core/index.js';

/** AWS credentials. Never shown, never logged. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** Milliseconds since the Unix epoch; undefined = they do not expire. */
  readonly expiresAtMs: number | undefined;
}

/** A place where credentials may be. undefined = it has none; rejects where it has some that cannot be had. */
export type CredentialSource = () => Promise<Credentials | undefined>;

/** The credentials of an answer of a metadata service. Throws where something is missing. */
export function readServedCredentials(text: string, from: string): Credentials {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw unusable(from, 'its answer is no JSON');
  }
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = (parsed ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') {
    throw unusable(from, 'its answer has no AccessKeyId or SecretAccessKey');
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: typeof Token === 'string' ? Token : undefined,
    expiresAtMs: typeof Expiration === 'string' ? readExpiry(Expiration) : undefined,
  };
}

export function readExpiry(text: string | undefined): number | undefined {
  const timeMs = Date.parse(text ?? '');
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Why a place that should have credentials gave none. */
export function unusable(from: string, why: string): MillraceError {
  return new MillraceError('unavailable', `no credentials for the object store from ${from}: ${why}`);
}
