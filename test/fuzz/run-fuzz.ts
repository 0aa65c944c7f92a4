import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from '../../src/app.js';
import { createSettings } from '../../src/config/index.js';
import { Call, type EventBus, type Events, MillraceError } from '../../src/core/index.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { EVERYBODY } from '../support/http-server.js';
import { createTempFolder } from '../support/model-folder.js';
import { Random } from '../support/random.js';
import { RawClient, type RawResponse } from '../support/raw-client.js';
import { createSharedObject } from '../support/shared-object.js';
import { encodeDraft, makeDraft, makeGarbage } from './mutate.js';
import { fuzzRepository, SAMPLES, SHARED_REGION } from './samples.js';
import { Witness } from './witness.js';

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
}

export interface FuzzReport {
  readonly sent: number;
  /** By status, of the requests that the server has seen. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Sentences; none is as it should be. */
  readonly problems: readonly string[];
  /** Right answers that others got meanwhile. */
  readonly witnessed: number;
}

/** What an answer may be; 500 is not among them. 499 is what the log says of clients that left. */
const DOCUMENTED = new Set([
  ...[200, 204, 400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 417, 421, 431, 499, 501, 503, 504, 505],
]);
const LANES = 16;
const ANSWER_LIMIT_MS = 20_000;
const MAX_BODY_BYTES = 2_000_000;
const MAX_INPUT_BYTES = 1_500_000;
const MAX_PROBLEMS = 20;

/** Sends mutated requests to a whole server in this process, and looks that it bears them. */
export async function runFuzz({ seed, requests }: FuzzOptions): Promise<FuzzReport> {
  await using folder = await createTempFolder(fuzzRepository());
  using shared = createSharedObject(SHARED_REGION.sizeBytes);
  const app = await createApp(
    createSettings({
      repository: { paths: [folder.path], controlMode: 'explicit', loadModels: ['*'] },
      engine: { maxInFlightBytes: MAX_INPUT_BYTES },
      runners: { entry: RUNNER_ENTRY },
      sharedMemory: { enabled: true },
      server: {
        httpPort: 0,
        grpcPort: 0,
        metricsPort: 0,
        maxInputBytes: MAX_BODY_BYTES,
        maxBufferedBytes: MAX_BODY_BYTES,
        headersTimeoutMs: 5_000,
        receiveTimeoutMs: 5_000,
        requestTimeoutMs: 5_000,
      },
      telemetry: { logLevel: 'trace' },
    }),
    { logDestination: { write: () => undefined } },
  );
  const caller = new Call({
    requestId: 'fuzz',
    principal: EVERYBODY,
    trace: undefined,
    deadlineAt: Number.POSITIVE_INFINITY,
    receivedAt: 0,
  });
  const problems = new Problems();
  const statuses = watch(app.events, problems);
  try {
    await app.start();
    await app.service.registerSystemSharedMemory(caller, { ...SHARED_REGION, key: shared.key });
    const { http, metrics } = await app.listen();
    const random = new Random(seed);
    const witness = new Witness(http.port, problems);
    let left = requests;
    const take = () => (problems.full ? false : left-- > 0);
    const lanes = Array.from({ length: LANES }, () =>
      runLane({ port: http.port, random: random.fork(), take, problems }),
    );
    const watching = witness.run();
    await Promise.all(lanes);
    witness.stop();
    await watching;
    await witness.checkBytesAreFree({ bodies: MAX_BODY_BYTES, inputs: MAX_INPUT_BYTES });
    await witness.checkMetrics(metrics?.port ?? 0);
    const sent = requests - Math.max(0, left);
    return { sent, statuses, problems: problems.sentences, witnessed: witness.answers };
  } finally {
    await app.close();
  }
}

/** Collects what must not be; the first ones tell enough. */
export class Problems {
  readonly sentences: string[] = [];

  get full(): boolean {
    return this.sentences.length >= MAX_PROBLEMS;
  }

  add(sentence: string): void {
    if (!this.full) this.sentences.push(sentence);
  }
}

/** Counts what the server says of each request, and notes what it must not say. */
function watch(events: EventBus, problems: Problems): Record<string, number> {
  const statuses: Record<string, number> = {};
  events.subscribe('httpFinished', (event) => {
    statuses[event.status] = (statuses[event.status] ?? 0) + 1;
    if (!DOCUMENTED.has(event.status)) problems.add(describe(event));
  });
  events.subscribe('diagnostic', ({ level, message, error }) => {
    // What a caller is told anyway, a model that does not load for example, is no fault of the server.
    if (level !== 'error' || (error instanceof MillraceError && error.code !== 'internal')) return;
    problems.add(`${message}: ${error instanceof Error ? error.stack : error}`);
  });
  return statuses;
}

function describe({ method, path, status, error }: Events['httpFinished']): string {
  return `${method} ${path} was answered with ${status}: ${error?.message}`;
}

interface LaneOptions {
  readonly port: number;
  readonly random: Random;
  readonly take: () => boolean;
  readonly problems: Problems;
}

async function runLane({ port, random, take, problems }: LaneOptions): Promise<void> {
  let client: RawClient | undefined;
  while (take()) {
    if (random.chance(0.3)) {
      const drafts = [draft(random)];
      while (random.chance(0.3) && take()) drafts.push(draft(random));
      await sendGarbage(
        port,
        makeGarbage(
          drafts.map(({ bytes }) => bytes),
          random,
        ),
        { random, problems },
      );
      continue;
    }
    if (client === undefined || client.socket.destroyed || client.socket.readableEnded)
      client = await RawClient.connect(port);
    if (!(await sendFramed(client, draft(random), problems))) {
      client.socket.destroy();
      client = undefined;
    }
  }
  client?.socket.destroy();
}

interface WrittenDraft {
  readonly bytes: Uint8Array;
  readonly bodiless: boolean;
}

function draft(random: Random): WrittenDraft {
  const group = random.chance(0.002) ? SAMPLES.load : random.chance(0.2) ? SAMPLES.control : SAMPLES.infer;
  const made = makeDraft(random.pick(group), random);
  return { bytes: encodeDraft(made, random), bodiless: made.method === 'HEAD' };
}

/** A request whose framing is right gets exactly one answer, or loses its connection; false when that has ended. */
async function sendFramed(client: RawClient, { bytes, bodiless }: WrittenDraft, problems: Problems): Promise<boolean> {
  client.send(bytes);
  const answer = async (): Promise<RawResponse> => {
    const response = await client.response({ bodiless });
    return response.status === 100 ? answer() : response;
  };
  const response = await within(
    Promise.race([answer(), client.closed.then(() => undefined)]).catch(() => undefined),
    () => problems.add(`no answer within ${ANSWER_LIMIT_MS} ms to ${show(bytes)}`),
  );
  if (response === undefined) return false;
  check(response, bytes, problems);
  return response.headers.connection !== 'close';
}

const ERROR_BODY = /^\{"error":"(?:[^"\\]|\\.)+"\}$/;
/** The protocol's answer of a model that is not ready, or of none at all. */
const NOT_READY_BODY = /^\{"name":"(?:[^"\\]|\\.)*","ready":false\}$/;
/** Who asks for a dialect that is off is told so in its own form. */
const SWITCHED_OFF = /: the dialect '\w+' is off; `(\w+)\.enabled: true` switches it on"/;

function check({ status, headers, body }: RawResponse, bytes: Uint8Array, problems: Problems): void {
  if (!DOCUMENTED.has(status)) problems.add(`status ${status} for ${show(bytes)}`);
  if (status < 400 || body.length === 0) return;
  const text = body.toString();
  const isKnown = ERROR_BODY.test(text) || NOT_READY_BODY.test(text) || (status === 404 && SWITCHED_OFF.test(text));
  const whole = headers['content-type'] === 'application/json' && isKnown;
  const leaks = /\bnode:|\.(?:js|ts):\d|\n\s+at |\/tmp\//.test(text);
  if (!whole || leaks) problems.add(`the error body ${text} for ${show(bytes)}`);
}

interface GarbageOptions {
  readonly random: Random;
  readonly problems: Problems;
}

/** Whatever is sent, the server ends the connection once the client has stopped. */
async function sendGarbage(port: number, bytes: Uint8Array, { random, problems }: GarbageOptions): Promise<void> {
  const client = await RawClient.connect(port);
  const cut = random.chance(0.3) ? random.integer(0, bytes.length) : bytes.length;
  client.send(bytes.subarray(0, cut));
  if (cut < bytes.length) {
    await new Promise(setImmediate);
    client.send(bytes.subarray(cut));
  }
  if (random.chance(0.05)) {
    client.socket.destroy();
    return;
  }
  client.socket.end();
  await within(client.closed, () =>
    problems.add(`the connection stays open for ${ANSWER_LIMIT_MS} ms after ${show(bytes)}`),
  );
  for (const [, status] of client.pending.matchAll(/HTTP\/1\.1 (5\d\d) /g)) {
    if (!DOCUMENTED.has(Number(status))) problems.add(`status ${status} for ${show(bytes)}`);
  }
  client.socket.destroy();
}

/** What `promise` gives; undefined, after telling, when that takes too long. */
async function within<T>(promise: Promise<T>, tell: () => void): Promise<T | undefined> {
  const limit = new AbortController();
  const expired = pause(ANSWER_LIMIT_MS, undefined, { signal: limit.signal }).then(tell);
  // Aborted below, whoever comes first.
  expired.catch(() => undefined);
  try {
    return await Promise.race([promise, expired.then(() => undefined)]);
  } finally {
    limit.abort();
  }
}

function show(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return JSON.stringify(text.length > 1_500 ? `${text.slice(0, 1_500)}… (${text.length} bytes)` : text);
}
