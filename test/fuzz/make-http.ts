import type { Random } from '../support/random.js';
import { encodeDraft, makeDraft, makeGarbage, type Sample } from './mutate.js';
import { httpShot, type MakeShot } from './shot.js';

const NO_BYTES = new Uint8Array(0);
const JSON_TYPE = ['Content-Type', 'application/json'] as const;

/** A valid request with a body of JSON. */
export function post(target: string, json: Sample['json'], more: Partial<Sample> = {}): Sample {
  return { method: 'POST', target, headers: [JSON_TYPE], json, blob: NO_BYTES, ...more };
}

/** A valid request without a body. */
export function get(target: string, more: Partial<Sample> = {}): Sample {
  return { method: 'GET', target, headers: [], json: undefined, blob: NO_BYTES, ...more };
}

/** A valid request with a body of any type. */
export function upload(target: string, type: string, body: string | Uint8Array, more: Partial<Sample> = {}): Sample {
  const blob = typeof body === 'string' ? Buffer.from(body) : body;
  return { method: 'POST', target, headers: [['Content-Type', type]], json: undefined, blob, ...more };
}

/** The samples with these headers as well. */
export function withHeaders(samples: readonly Sample[], headers: Readonly<Record<string, string>>): readonly Sample[] {
  return samples.map((sample) => ({ ...sample, headers: [...sample.headers, ...Object.entries(headers)] }));
}

/** Mutated requests over HTTP, each framed rightly. */
export function httpShots(samples: readonly Sample[]): MakeShot {
  return (random) => httpShot(makeDraft(random.pick(samples), random), random);
}

/** Requests whose framing is damaged, lies about lengths, and pipelines with garbage in between. */
export function brokenHttp(samples: readonly Sample[]): MakeShot {
  return (random) => {
    const draft = () => encodeDraft(makeDraft(random.pick(samples), random), random);
    const drafts = [draft()];
    while (random.chance(0.4) && drafts.length < 8) drafts.push(draft());
    const bytes = makeGarbage(drafts, random);
    return { kind: 'bytes', port: 'http', pieces: inPieces(bytes, random), leaves: random.chance(0.05) };
  };
}

/** The bytes as they are, or in two or three pieces. */
export function inPieces(bytes: Uint8Array, random: Random): readonly Uint8Array[] {
  if (!random.chance(0.3)) return [bytes];
  const ends = [random.integer(0, bytes.length), random.integer(0, bytes.length)].sort((a, b) => a - b);
  return [0, ...ends].map((from, index) => bytes.subarray(from, ends[index] ?? bytes.length));
}
