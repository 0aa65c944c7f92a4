import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** Standard Webhooks: 24 to 64. */
const SECRET_BYTES = 32;

/** A secret in the form of Standard Webhooks: `whsec_` and base64. */
export function newWebhookSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

export interface SignedMessage {
  /** The same for each attempt: receivers know repetitions by it. */
  readonly id: string;
  /** Of the attempt; seconds since the Unix epoch. */
  readonly timestampS: number;
  readonly body: string;
}

/** Headers of Standard Webhooks 1.0, with a signature (HMAC-SHA256) for each secret. */
export function signedHeaders(
  { id, timestampS, body }: SignedMessage,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signatures.join(' '),
  };
}
