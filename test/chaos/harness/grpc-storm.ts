import { setTimeout as pause } from 'node:timers/promises';
import { status as Code } from '@grpc/grpc-js';
import { protoBytes, protoJson } from '../../support/grpc-messages.js';
import { framed, GrpcClient, RawGrpc } from '../../support/grpc-server.js';
import type { Random } from '../../support/random.js';

const INFER = '/inference.GRPCInferenceService/ModelInfer';
const STREAM_INFER = '/inference.GRPCInferenceService/ModelStreamInfer';
const STREAM_REQUESTS = 20;
const RESET_STREAMS = 8;
/** Longer than any call takes. */
const PATIENCE_MS = 30_000;
const isPatient = (calls: number): boolean => calls % 8 === 0;

/** What a client sends to whom: each request has a number of its own, which must come back. */
export interface StormTarget {
  readonly address: string;
  readonly model: string;
  readonly random: Random;
  readonly running: () => boolean;
}

/** How often what came of the calls. */
export interface StormTally {
  readonly counts: Record<string, number>;
  /** What should never have happened. */
  readonly wrong: string[];
}

export type StormLane = (target: StormTarget, tally: StormTally) => Promise<void>;

let lastValue = 0;

function nextRequest({ model }: StormTarget): { readonly value: bigint; readonly message: Uint8Array } {
  const value = BigInt(++lastValue);
  return { value, message: inferRequest(model, value) };
}

/** A request for one INT64, with the number as its id too. */
export function inferRequest(model: string, value: bigint): Uint8Array {
  const data = Buffer.alloc(8);
  data.writeBigInt64LE(value);
  return protoBytes('ModelInferRequest', {
    model_name: model,
    id: String(value),
    inputs: [{ name: 'x', datatype: 'INT64', shape: ['1', '1'] }],
    raw_input_contents: [data.toString('base64')],
  });
}

interface InferAnswer {
  readonly id: string;
  readonly raw_output_contents: readonly string[];
}

function isAnswerTo(value: bigint, answer: InferAnswer): boolean {
  const data = Buffer.from(answer.raw_output_contents[0] ?? '', 'base64');
  return answer.id === String(value) && data.length === 8 && data.readBigInt64LE() === value;
}

function count(tally: StormTally, what: string): void {
  tally.counts[what] = (tally.counts[what] ?? 0) + 1;
}

/** Judges a unary call: its own number and OK, or one of the statuses that its client has asked for. */
async function callOnce(
  client: GrpcClient,
  lane: { readonly target: StormTarget; readonly tally: StormTally; readonly name: string; readonly allowed?: Code },
  options: Parameters<GrpcClient['unary']>[1] = {},
): Promise<void> {
  const { target, tally, name, allowed } = lane;
  const { value, message } = nextRequest(target);
  const { message: answer, status } = await client.unary(message, { path: INFER, ...options });
  if (status.code === Code.OK) {
    const decoded = protoJson('ModelInferResponse', [answer ?? Buffer.alloc(0)]) as unknown as InferAnswer;
    if (isAnswerTo(value, decoded)) count(tally, `${name} ok`);
    else tally.wrong.push(`${name}: ${value} was answered with ${JSON.stringify(decoded)}`);
  } else if (status.code === allowed) {
    count(tally, `${name} ${Code[allowed]}`);
  } else {
    tally.wrong.push(`${name}: ${value} failed with ${Code[status.code]}: ${status.details}`);
  }
}

/** Calls that nobody disturbs. */
export const calmLane: StormLane = async (target, tally) => {
  const client = new GrpcClient(target.address);
  while (target.running()) await callOnce(client, { target, tally, name: 'calm' });
};

/** Calls that are cancelled within some milliseconds, or at once; some much later than their answer, on any machine. */
export const cancelLane: StormLane = async (target, tally) => {
  const client = new GrpcClient(target.address);
  for (let calls = 0; target.running(); calls++) {
    const delayMs = isPatient(calls) ? PATIENCE_MS : target.random.integer(0, 12);
    await callOnce(
      client,
      { target, tally, name: 'cancel', allowed: Code.CANCELLED },
      {
        onCall: (call) => {
          if (delayMs === 0) call.cancel();
          else setTimeout(() => call.cancel(), delayMs).unref();
        },
      },
    );
  }
};

/** Calls with deadlines about as long as they take; some with more time than they need, on any machine. */
export const deadlineLane: StormLane = async (target, tally) => {
  const client = new GrpcClient(target.address);
  for (let calls = 0; target.running(); calls++) {
    const deadline = Date.now() + (isPatient(calls) ? PATIENCE_MS : target.random.integer(1, 25));
    await callOnce(client, { target, tally, name: 'deadline', allowed: Code.DEADLINE_EXCEEDED }, { deadline });
  }
};

/** Connections that break off with calls under way, some in the middle of a message. */
export const resetLane: StormLane = async (target, tally) => {
  const port = Number(target.address.split(':').at(-1));
  while (target.running()) {
    const connection = new RawGrpc(port);
    const streams = Array.from({ length: RESET_STREAMS }, () => connection.open({ ':path': INFER }));
    for (const stream of streams) {
      const frame = framed(nextRequest(target).message);
      if (target.random.chance(0.3)) stream.write(frame.subarray(0, target.random.integer(1, frame.length - 1)));
      else stream.end(frame);
    }
    await connection.arrived(streams);
    if (target.random.chance(0.5)) await pause(target.random.integer(0, 8));
    connection.socket.resetAndDestroy();
    connection.session.destroy();
    count(tally, 'reset');
  }
};

/** Streams with many requests under way; some are cancelled in between, the others get every answer once. */
export const streamLane: StormLane = async (target, tally) => {
  const client = new GrpcClient(target.address);
  while (target.running()) {
    const cancelAfter = target.random.chance(0.4) ? target.random.integer(0, STREAM_REQUESTS) : undefined;
    const open = new Set<bigint>();
    const stream = client.stream({ path: STREAM_INFER });
    stream.on('data', (bytes: Buffer) => {
      const { error_message, infer_response } = protoJson('ModelStreamInferResponse', [bytes]) as unknown as {
        readonly error_message: string;
        readonly infer_response?: InferAnswer;
      };
      const value = BigInt(infer_response?.id ?? 0);
      const right = infer_response !== undefined && open.delete(value) && isAnswerTo(value, infer_response);
      if (!right) tally.wrong.push(`stream: ${error_message || `an answer with the id ${value}`}`);
      if (STREAM_REQUESTS - open.size === cancelAfter) stream.cancel();
    });
    const ended = new Promise<{ readonly code: Code; readonly details: string }>((resolve) => {
      stream.on('status', resolve);
    });
    stream.on('error', () => undefined);
    const requests = Array.from({ length: STREAM_REQUESTS }, () => nextRequest(target));
    for (const { value } of requests) open.add(value);
    for (const { message } of requests) stream.write(Buffer.from(message));
    if (cancelAfter === 0) stream.cancel();
    stream.end();
    const { code, details } = await ended;
    if (code === Code.OK && open.size === 0) count(tally, 'stream ok');
    else if (code === Code.CANCELLED && cancelAfter !== undefined) count(tally, 'stream CANCELLED');
    else tally.wrong.push(`stream: ended with ${Code[code]} ${details}, ${open.size} of its requests unanswered`);
  }
};
