import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGaps } from '../../../src/loadgen/arrivals.js';
import type { LoadRequest } from '../../../src/loadgen/index.js';
import { treeUsage } from '../../../src/loadgen/index.js';
import { createRandom } from '../../../src/statistics/index.js';
import { quantileOf, type Sample } from '../sample.js';
import type { RunningServer } from '../server-process.js';

/** Milliseconds until each answer, in the order of the requests. */
export type Latencies = readonly number[];

/** Requests that are each sent once, so many at a time. */
export interface ClosedLoop {
  readonly requests: readonly LoadRequest[];
  readonly concurrency: number;
  readonly rowsPerRequest: number;
}

/** Sends each request once and says what that cost the server's process tree. Throws where one fails. */
export async function driveOnce(server: RunningServer, loop: ClosedLoop): Promise<Sample> {
  const cpuBefore = treeUsage(server.pid).cpuMs;
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  const latencies = await sendAll(server.url, loop);
  const wallMs = performance.now() - startedAt;
  const own = process.cpuUsage(ownBefore);
  const cpuMs = treeUsage(server.pid).cpuMs - cpuBefore;
  const requests = loop.requests.length;
  return {
    requestsPerSecond: (requests * 1000) / wallMs,
    rowsPerSecond: (requests * loop.rowsPerRequest * 1000) / wallMs,
    p50Ms: quantileOf(latencies, 0.5),
    p99Ms: quantileOf(latencies, 0.99),
    cpuUsPerRequest: (cpuMs * 1000) / requests,
    rowsPerCpuSecond: (requests * loop.rowsPerRequest * 1000) / cpuMs,
    cores: cpuMs / wallMs,
    generatorCores: (own.user + own.system) / 1000 / wallMs,
  };
}

async function sendAll(url: string, { requests, concurrency }: ClosedLoop): Promise<Latencies> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const latencies: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < requests.length) {
      const place = next++;
      const sentAt = performance.now();
      await send(url, requests[place] as LoadRequest, agent);
      latencies[place] = performance.now() - sentAt;
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, lane));
  } finally {
    agent.destroy();
  }
  return latencies;
}

/** A request of an open loop. */
export interface Arrival {
  /** Since the beginning. */
  readonly dueMs: number;
  readonly request: LoadRequest;
  /** By which latencies are told apart. */
  readonly kind: string;
}

export interface ArrivalsPlan {
  readonly perSecond: number;
  readonly seconds: number;
  readonly seed: number;
  /** What comes next. */
  readonly pick: (random: () => number) => Pick<Arrival, 'request' | 'kind'>;
}

/** Poisson arrivals, the first at once; the same seed gives the same. */
export function arrivalsOf({ perSecond, seconds, seed, pick }: ArrivalsPlan): readonly Arrival[] {
  const random = createRandom(seed + 1);
  const gaps = createGaps({ requestsPerSecond: perSecond, arrivals: 'poisson', random });
  const arrivals: Arrival[] = [];
  for (let dueMs = 0; dueMs < seconds * 1000; dueMs += gaps()) arrivals.push({ dueMs, ...pick(random) });
  return arrivals;
}

/** Sends each when it is due, and gives the latencies of each kind since then. Throws where one fails. */
export async function driveArrivals(url: string, arrivals: readonly Arrival[]): Promise<ReadonlyMap<string, number[]>> {
  const agent = new Agent({ keepAlive: true });
  const latencies = new Map<string, number[]>();
  const startedAt = performance.now();
  const sent: Promise<void>[] = [];
  try {
    for (const { dueMs, request, kind } of arrivals) {
      const early = dueMs - (performance.now() - startedAt);
      if (early > 0) await sleep(early);
      const answered = send(url, request, agent).then(() => {
        const values = latencies.get(kind) ?? [];
        latencies.set(kind, values);
        values.push(performance.now() - startedAt - dueMs);
      });
      // All of them are waited for below.
      answered.catch(() => undefined);
      sent.push(answered);
    }
    await Promise.all(sent);
  } finally {
    agent.destroy();
  }
  return latencies;
}

/** Rejects for another status than 200. */
function send(url: string, { method, path, headers, body }: LoadRequest, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(body.length) };
    const sent = httpRequest(`${url}${path}`, { method, agent, headers: { ...headers, ...length } });
    sent.on('error', reject).on('response', (response) => {
      let excerpt = '';
      response.on('error', reject).on('data', (chunk: Buffer) => {
        if (response.statusCode !== 200 && excerpt.length < 300) excerpt += chunk.toString();
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${response.statusCode} ${excerpt.slice(0, 300)}`));
      });
    });
    sent.end(body);
  });
}
