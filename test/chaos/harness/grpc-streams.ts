import { status as Code } from '@grpc/grpc-js';
import { protoBytes, protoJson } from '../../support/grpc-messages.js';
import { GrpcClient } from '../../support/grpc-server.js';
import type { Counts } from './journal.js';
import { as } from './keys.js';
import { fail, type LaneOptions, LOST_AFTER_MS } from './lane.js';
import { sequenceId } from './sequences.js';
import { COUNTING, SUMMING } from './stateful-models.js';

const STREAM_INFER = '/inference.GRPCInferenceService/ModelStreamInfer';
const STEPS = 8;

/** One request on a stream, and the answers that have to come in turn. */
interface Asked {
  readonly id: string;
  readonly model: string;
  readonly message: Uint8Array;
  readonly expected: readonly number[];
  taken: number;
}

interface StreamAnswer {
  readonly error_message: string;
  readonly infer_response: { readonly id: string; readonly raw_output_contents: readonly string[] };
}

/** A client that sends streams over gRPC, each with requests of many answers and a sequence, all at once. */
export async function runGrpcStreams(options: LaneOptions & { readonly address: string }): Promise<void> {
  const client = new GrpcClient(options.address);
  for (let count = 0; !options.stopped(); count++) {
    // The port is gone for good.
    if (!(await runStream(client, plan(options, count), options))) break;
  }
  client.client.close();
}

function plan({ random, index }: LaneOptions, count: number): readonly Asked[] {
  const sequence = sequenceId({ index }, count);
  let sum = 0;
  const ask = (model: string, name: string, parameters: object, expected: (value: number) => readonly number[]) => {
    const value = random.integer(1, 1_000);
    const id = `grpc ${sequence}.${name}`;
    return { id, model, message: inferMessage({ model, id, value, parameters }), expected: expected(value), taken: 0 };
  };
  const streams = Array.from({ length: 3 }, (_, stream) => {
    const times = random.integer(1, 20);
    const parameters = { times: { int64_param: String(times) } };
    return ask(COUNTING, `stream${stream}`, parameters, (value) => Array<number>(times).fill(value));
  });
  const steps = Array.from({ length: STEPS }, (_, step) => {
    const parameters = {
      sequence_id: { int64_param: String(sequence) },
      sequence_start: { bool_param: step === 0 },
      sequence_end: { bool_param: step === STEPS - 1 },
    };
    return ask(SUMMING, `step${step}`, parameters, (value) => {
      sum += value;
      return [sum];
    });
  });
  return [...streams, ...steps];
}

interface Message {
  readonly model: string;
  readonly id: string;
  readonly value: number;
  readonly parameters: object;
}

function inferMessage({ model, id, value, parameters }: Message): Uint8Array {
  return protoBytes('ModelInferRequest', {
    model_name: model,
    id,
    parameters,
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '1'] }],
    raw_input_contents: [Buffer.from(Float32Array.of(value).buffer).toString('base64')],
  });
}

/** False when there is nobody to connect to any more. */
async function runStream(client: GrpcClient, asked: readonly Asked[], { journal }: LaneOptions): Promise<boolean> {
  const sentAt = performance.now();
  const open = new Map(asked.map((each) => [each.id, each]));
  let sequenceFailed = false;
  const count = (model: string, what: keyof Counts) => journal.countsOf(model)[what]++;
  const failOne = (each: Asked, status: number, message: string) => {
    open.delete(each.id);
    const follows = each.model === SUMMING && sequenceFailed;
    if (each.model === SUMMING) sequenceFailed = true;
    fail(journal, each.model, { status, message, sentAt, began: each.taken > 0, follows, streamed: true });
  };
  const stream = client.stream({
    path: STREAM_INFER,
    deadline: Date.now() + LOST_AFTER_MS,
    metadata: as('oracle'),
  });
  stream.on('data', (bytes: Buffer) => {
    const { error_message, infer_response } = protoJson('ModelStreamInferResponse', [bytes]) as unknown as StreamAnswer;
    const each = open.get(infer_response.id);
    if (each === undefined) journal.wrong.push(`${infer_response.id}: an answer too many (${error_message})`);
    else if (error_message !== '') failOne(each, 503, error_message);
    else if (each.model === SUMMING && sequenceFailed) {
      open.delete(each.id);
      journal.wrong.push(`${each.id}: answered though a step before it has failed`);
    } else {
      const data = Buffer.from(infer_response.raw_output_contents[0] ?? '', 'base64');
      const expected = each.expected[each.taken++];
      const got = data.length === 4 ? data.readFloatLE() : undefined;
      const right = got === expected;
      if (right && each.taken < each.expected.length) return;
      open.delete(each.id);
      if (right) count(each.model, 'right');
      else journal.wrong.push(`${each.id}: answer ${each.taken} should be ${expected}, got ${got}`);
    }
  });
  const ended = new Promise<{ readonly code: Code; readonly details: string }>((resolve) => {
    stream.on('status', resolve);
  });
  stream.on('error', () => undefined);
  for (const { model, message } of asked) {
    count(model, 'sent');
    stream.write(Buffer.from(message));
  }
  stream.end();
  const { code, details } = await ended;
  const refused = code === Code.UNAVAILABLE && details === 'the server is shutting down';
  for (const each of [...open.values()]) {
    if (code === Code.OK) journal.wrong.push(`${each.id}: ${each.expected.length - each.taken} answers are missing`);
    else refused ? failOne(each, 503, details) : failOne(each, 0, `${Code[code]}: ${details}`);
  }
  return code === Code.OK;
}
