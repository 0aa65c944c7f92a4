import { createHash, webcrypto } from 'node:crypto';
import type { IdempotencyKey, JobRecord, JobRequest, Submission } from '../store/index.js';
import { JobGone, KeyConflict } from './errors.js';

const { subtle } = webcrypto;
/** A key may be used again for another request then. */
const MAX_AGE_MS = 86_400_000;

interface KeyedRequest {
  readonly request: JobRequest;
  readonly body: Uint8Array;
  readonly nowMs: number;
}

/** An idempotency key with the digest of its request: method, path, query and body. Headers are left out, as some change with each attempt. */
export async function idempotencyKeyOf(key: string, { request, body, nowMs }: KeyedRequest): Promise<IdempotencyKey> {
  const { method, url } = request;
  const { pathname } = new URL(url, 'http://localhost');
  // Outside of the event loop: it may be large.
  const ofBody = Buffer.from(await subtle.digest('SHA-256', new Uint8Array(body)));
  const digest = createHash('sha256').update(`${method} ${url}\n`).update(ofBody).digest('hex');
  return { key, route: `${method} ${pathname}`, digest, expiresAtMs: nowMs + MAX_AGE_MS };
}

/** The job that a key stands for. Throws where it stands for another request, or the job is gone. */
export function known(earlier: Exclude<Submission, { readonly kind: 'submitted' }>, key: string): JobRecord {
  if (earlier.kind === 'conflict') throw new KeyConflict(key, earlier.id);
  if (earlier.record === undefined) throw new JobGone(earlier.id);
  return earlier.record;
}
