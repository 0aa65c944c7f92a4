import { treeUsage } from '../../../src/loadgen/index.js';
import type { Sample } from '../sample.js';
import { GrpcConnection } from './client.js';
import {
  framed,
  INFER_PATH,
  inferMessage,
  type MessageOptions,
  readStreamAnswer,
  STREAM_INFER_PATH,
} from './messages.js';

/** A server and the process whose CPU time counts. */
export interface Target {
  readonly url: string;
  readonly pid: number;
}

/** Keeps `inFlight` unary calls under way on one connection. */
export function loadUnary(
  target: Target,
  message: Uint8Array,
  load: { inFlight: number; seconds: number },
): Promise<Sample> {
  const frame = framed(message);
  return measured(target, load.seconds, async (connection, counter) => {
    await Promise.all(
      Array.from({ length: load.inFlight }, async () => {
        while (counter.running()) {
          await connection.unary(INFER_PATH, frame);
          counter.add();
        }
      }),
    );
  });
}

/** Keeps `inFlight` requests under way on one ModelStreamInfer stream. */
export function loadStream(
  target: Target,
  message: Uint8Array,
  load: { inFlight: number; seconds: number },
): Promise<Sample> {
  return measured(target, load.seconds, (connection, counter) => {
    return new Promise((resolve, reject) => {
      let waiting = load.inFlight;
      const stream = connection.stream(STREAM_INFER_PATH, (answer) => {
        try {
          readStreamAnswer(answer);
        } catch (error) {
          reject(error);
        }
        counter.add();
        if (counter.running()) stream.send(message);
        else if (--waiting === 0) resolve();
      });
      for (let index = 0; index < load.inFlight; index++) stream.send(message);
    });
  });
}

/** Sequences that all go on at the same time, over one stream: each sends its next step when the last is answered. */
export function loadSequences(
  target: Target,
  steps: { readonly shape: readonly number[]; readonly bytes: Uint8Array },
  load: { readonly sequences: number; readonly seconds: number; readonly options: MessageOptions },
): Promise<Sample> {
  const { sequences, options } = load;
  const messageOf = (id: number, start: boolean, end: boolean): Uint8Array =>
    inferMessage(steps, { ...options, id: String(id), sequence: { id, start, end } });
  const ids = Array.from({ length: sequences }, (_, index) => index + 1);
  const middle = new Map(ids.map((id) => [id, messageOf(id, false, false)]));
  return measured(target, load.seconds, (connection, counter) => {
    return new Promise((resolve, reject) => {
      let waiting = sequences;
      const ending = new Set<number>();
      const stream = connection.stream(STREAM_INFER_PATH, (answer) => {
        try {
          const id = Number(readStreamAnswer(answer).id);
          counter.add();
          if (ending.has(id)) {
            if (--waiting === 0) resolve();
          } else if (counter.running()) {
            stream.send(middle.get(id) ?? messageOf(id, false, false));
          } else {
            ending.add(id);
            stream.send(messageOf(id, false, true));
          }
        } catch (error) {
          reject(error);
        }
      });
      for (const id of ids) stream.send(messageOf(id, true, false));
    });
  });
}

interface Counter {
  add(): void;
  /** False once the time is over: what is under way is waited for, and nothing new begins. */
  running(): boolean;
}

async function measured(
  target: Target,
  seconds: number,
  work: (connection: GrpcConnection, counter: Counter) => Promise<void>,
): Promise<Sample> {
  const connection = await GrpcConnection.open(target.url);
  try {
    const cpuBefore = treeUsage(target.pid).cpuMs;
    const startedAt = performance.now();
    let requests = 0;
    await work(connection, {
      add: () => {
        requests++;
      },
      running: () => performance.now() - startedAt < seconds * 1000,
    });
    const elapsedMs = performance.now() - startedAt;
    const cpuMs = treeUsage(target.pid).cpuMs - cpuBefore;
    return {
      requestsPerSecond: (requests * 1000) / elapsedMs,
      cpuUsPerRequest: (cpuMs * 1000) / requests,
      cores: cpuMs / elapsedMs,
    };
  } finally {
    connection.close();
  }
}
