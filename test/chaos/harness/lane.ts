import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../support/random.js';
import { RawClient, type RawResponse } from '../../support/raw-client.js';
import { type ChaosDialect, errorOf, OIP } from './dialects.js';
import type { Failure, Journal } from './journal.js';
import { buildOf, type ChaosInput, type ChaosModel, HANGING, HEALTHY } from './models.js';

export interface LaneOptions {
  readonly port: number;
  readonly random: Random;
  readonly journal: Journal;
  readonly index: number;
  /** This client talks to the hanging model, too. */
  readonly meetsHanging: boolean;
  /** How it asks; that of the hanging model is always the Open Inference Protocol. */
  readonly dialects: readonly ChaosDialect[];
  /** It goes on until then. */
  readonly stopped: () => boolean;
}

/** One request, ready to be sent, and all that is needed to judge its answer. */
interface Plan {
  readonly model: ChaosModel;
  readonly id: string;
  readonly input: ChaosInput;
  readonly hang: boolean;
  readonly dialect: ChaosDialect;
  readonly bytes: Uint8Array;
}

/** No answer at all by then is an answer lost. */
export const LOST_AFTER_MS = 60_000;
const HANGING_TIMEOUT_MS = 2_500;

/** A client that sends one request after the other over a connection kept alive, and checks every answer. */
export async function runLane(options: LaneOptions): Promise<void> {
  const { random, journal, stopped } = options;
  let client: RawClient | undefined;
  for (let count = 0; !stopped(); count++) {
    const plan = makePlan(options, count);
    journal.countsOf(plan.model.name).sent++;
    if (client === undefined || client.socket.destroyed || client.socket.readableEnded) {
      client = await RawClient.connect(options.port).catch(() => undefined);
    }
    if (client === undefined) {
      failPlan(journal, plan, { status: 0, message: 'connection refused', sentAt: performance.now() });
      // The port is gone for good.
      return;
    }
    if (random.chance(0.02)) {
      await leave(client, plan, random);
      journal.countsOf(plan.model.name).left++;
      client = undefined;
      continue;
    }
    if (!(await exchange(client, plan, journal))) client = undefined;
    if (random.chance(0.1)) await pause(random.integer(1, 20));
  }
  client?.socket.destroy();
}

function makePlan({ random, index, meetsHanging, dialects }: LaneOptions, count: number): Plan {
  const hanging = meetsHanging && random.chance(0.2);
  const model = hanging ? HANGING : random.pick(HEALTHY);
  const hang = hanging && random.chance(0.3);
  const input = model.input(random);
  const id = `${index}.${count}`;
  const dialect = random.pick(hanging ? OIP : dialects);
  const bytes = dialect.encode({
    model: model.name,
    id,
    input,
    parameters: hang ? { fault: 'hang' } : {},
    headers: hanging ? { 'x-request-timeout-ms': String(HANGING_TIMEOUT_MS) } : {},
  });
  return { model, id, input, hang, dialect, bytes };
}

/** Breaks off somewhere between the first byte of the request and the last of its answer. */
async function leave(client: RawClient, { bytes }: Plan, random: Random): Promise<void> {
  const whole = random.chance(0.6);
  client.send(whole ? bytes : bytes.subarray(0, random.integer(1, bytes.length - 1)));
  await pause(random.integer(0, 15));
  client.socket.destroy();
}

/** Sends the request and judges what comes; false when the connection is of no more use. */
async function exchange(client: RawClient, plan: Plan, journal: Journal): Promise<boolean> {
  const sentAt = performance.now();
  client.send(plan.bytes);
  let response: RawResponse;
  try {
    response = await withinLimit(client);
  } catch (error) {
    failPlan(journal, plan, { status: 0, message: (error as Error).message, sentAt });
    client.socket.destroy();
    return false;
  }
  if (response.status === 200) {
    const problem = judge(response, plan, { journal, sentAt });
    journal.spoken.add(plan.dialect.name);
    if (problem === undefined) journal.countsOf(plan.model.name).right++;
    else journal.wrong.push(`${plan.dialect.name}: ${problem}`);
  } else {
    const { status, headers } = response;
    failPlan(journal, plan, { status, message: errorOf(response), sentAt, retryAfter: headers['retry-after'] });
  }
  return response.headers.connection !== 'close';
}

/** The next answer; rejects when there is none by then. */
export async function withinLimit(client: RawClient, limitMs = LOST_AFTER_MS): Promise<RawResponse> {
  const limit = new AbortController();
  const lost = pause(limitMs, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`no answer within ${limitMs} ms`);
  });
  // Aborted below, whoever comes first.
  lost.catch(() => undefined);
  try {
    return await Promise.race([client.response(), lost]);
  } finally {
    limit.abort();
  }
}

interface Context {
  readonly journal: Journal;
  readonly sentAt: number;
}

/** What is wrong with an answer; undefined when it is right for its own request and of a build that was live. */
function judge(response: RawResponse, { model, id, input, hang, dialect }: Plan, { journal, sentAt }: Context) {
  const receivedAt = performance.now();
  if (hang) return `request ${id} asked model '${model.name}' to hang and was answered`;
  const answer = dialect.decode(response);
  const shape = [input.shape[0], model.outputWidth(input.shape[1])];
  // Not every protocol says whose an answer is.
  const { model: answering = model.name, id: answered = id } = answer;
  if (answering !== model.name || answered !== id || String(answer.shape) !== String(shape)) {
    return `request ${id} to '${model.name}' was answered for ${answered} of '${answering}', shape ${answer.shape}`;
  }
  const expected = model.evaluate(input);
  const added = (answer.data[0] ?? 0) - (expected[0] ?? 0);
  const right =
    answer.data.length === expected.length &&
    answer.data.every((value, index) => value - (expected[index] ?? 0) === added);
  const build = buildOf(model, input, answer);
  if (!right || (model.file === undefined && added !== 0)) {
    return `request ${id} to '${model.name}': expected ${expected} plus its build, got ${answer.data}`;
  }
  const claim = { model: model.name, version: answer.version };
  if (build === undefined || journal.wasLive({ ...claim, build }, sentAt, receivedAt)) return undefined;
  return `request ${id} (${sentAt} to ${receivedAt}) to '${model.name}' was answered by version ${answer.version}, build ${build}`;
}

function failPlan(
  journal: Journal,
  { model, hang }: Plan,
  details: Omit<Failure, 'model' | 'hang' | 'receivedAt'>,
): void {
  fail(journal, model.name, { hang, ...details });
}

/** Notes a request that got no answer. */
export function fail(journal: Journal, model: string, details: Omit<Failure, 'model' | 'receivedAt'>): void {
  journal.failures.push({ model, receivedAt: performance.now(), ...details });
}
