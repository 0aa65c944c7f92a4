import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { completionOf, randomPrompt } from '../../harness/language/prompts.js';
import { quantileOf, type Sample } from '../../harness/sample.js';
import { KEYS, LANGUAGE_MODEL } from './attacks.js';

const HEALTH_INTERVAL_MS = 20;
/** From the start of one completion to the next, unless it takes longer. */
const COMPLETION_INTERVAL_MS = 200;
/** An answer that takes longer is an error. */
const LIMIT_MS = 20_000;
const PROMPT_TOKENS = 8;
const TOKENS = 2;
/** Large enough to need a part of the memory for bodies. */
const BODY_BYTES = 30_000;

export interface Visit {
  /** For prompts; the next 1,000 numbers are used, too. */
  readonly seed: number;
  readonly seconds: number;
}

/**
 * The waits of a tenant that behaves: for the server's health, asked in an open loop, and for completions of two tokens, one after the other.
 * Each is counted from when its request was sent.
 */
export async function visit(url: string, { seed, seconds }: Visit): Promise<Sample> {
  const agent = new Agent({ keepAlive: true });
  const until = performance.now() + seconds * 1_000;
  const health = new Waits();
  const completions = new Waits();
  try {
    await Promise.all([
      askHealth(url, { agent, until, waits: health }),
      complete(url, { agent, until, waits: completions }, seed),
    ]);
  } finally {
    agent.destroy();
  }
  return {
    healthP50Ms: health.quantile(0.5),
    healthP99Ms: health.quantile(0.99),
    healthMaxMs: health.quantile(1),
    completionP50Ms: completions.quantile(0.5),
    completionMaxMs: completions.quantile(1),
    errors: health.errors + completions.errors,
  };
}

interface Asking {
  readonly agent: Agent;
  /** Nothing is asked from then on. */
  readonly until: number;
  readonly waits: Waits;
}

async function askHealth(url: string, { agent, until, waits }: Asking): Promise<void> {
  const asked: Promise<void>[] = [];
  for (let dueAt = performance.now(); dueAt < until; dueAt += HEALTH_INTERVAL_MS) {
    await sleep(Math.max(0, dueAt - performance.now()));
    asked.push(waits.time(ask(`${url}/v2/health/ready`, { agent })));
  }
  await Promise.all(asked);
}

async function complete(url: string, { agent, until, waits }: Asking, seed: number): Promise<void> {
  for (let number = 0; performance.now() < until; number++) {
    const nextAt = performance.now() + COMPLETION_INTERVAL_MS;
    const { path, body } = completionOf(randomPrompt(PROMPT_TOKENS, seed + number), TOKENS);
    const text = JSON.stringify({ model: LANGUAGE_MODEL, ...body }).padEnd(BODY_BYTES);
    await waits.time(ask(`${url}${path}`, { agent, body: text }));
    await sleep(Math.max(0, nextAt - performance.now()));
  }
}

/** Milliseconds until requests were answered, or failed. */
class Waits {
  readonly #ms: number[] = [];
  errors = 0;

  async time(answer: Promise<unknown>): Promise<void> {
    const sentAt = performance.now();
    await answer.catch(() => this.errors++);
    this.#ms.push(performance.now() - sentAt);
  }

  quantile(share: number): number {
    return quantileOf(this.#ms, share);
  }
}

/** Resolves with the last byte of an answer of 200, and rejects at every other one. */
function ask(url: string, { agent, body }: { readonly agent: Agent; readonly body?: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${KEYS.tenant}`, 'content-type': 'application/json' };
    const sent = request(url, {
      method: body === undefined ? 'GET' : 'POST',
      agent,
      headers: body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    sent.on('error', reject).on('response', (response) => {
      const { statusCode } = response;
      response.on('error', reject).resume();
      response.on('end', () => (statusCode === 200 ? resolve() : reject(new Error(`status ${statusCode}`))));
    });
    sent.end(body);
  });
}
