import { RawClient } from '../../support/raw-client.js';
import { errorOf, oipJson } from './dialects.js';
import { fail, type LaneOptions, withinLimit } from './lane.js';
import { SUMMING } from './stateful-models.js';

const STEPS = 12;

/** A client that sends one sequence after the other, step by step over HTTP, and checks every sum. */
export async function runSequences(options: LaneOptions): Promise<void> {
  let client: RawClient | undefined;
  for (let count = 0; !options.stopped(); count++) {
    if (client === undefined || client.socket.destroyed || client.socket.readableEnded) {
      client = await RawClient.connect(options.port).catch(() => undefined);
    }
    // The port is gone for good.
    if (client === undefined) return;
    if (await runSequence(client, sequenceId(options, count), options)) continue;
    client.socket.destroy();
    client = undefined;
  }
  client?.socket.destroy();
}

/** A number that no other client gives to a sequence. */
export function sequenceId({ index }: Pick<LaneOptions, 'index'>, count: number): number {
  return (index + 1) * 1_000_000 + count;
}

/** Ends with the last step or the first failure; false when the connection is of no more use. */
async function runSequence(client: RawClient, sequence: number, options: LaneOptions): Promise<boolean> {
  const { random, journal } = options;
  const counts = journal.countsOf(SUMMING);
  const startedAt = performance.now();
  let sum = 0;
  for (let step = 1; step <= STEPS; step++) {
    const value = random.integer(1, 1_000);
    sum += value;
    counts.sent++;
    const sentAt = performance.now();
    const parameters = { sequence_id: sequence, sequence_start: step === 1, sequence_end: step === STEPS };
    const input = { shape: [1, 1] as const, data: Float32Array.of(value) };
    const id = `${sequence}.${step}`;
    client.send(oipJson.encode({ model: SUMMING, id, input, parameters, headers: {} }));
    try {
      const response = await withinLimit(client);
      const { status, headers } = response;
      if (status !== 200) {
        const failure = { status, message: errorOf(response), sentAt, retryAfter: headers['retry-after'] };
        fail(journal, SUMMING, { ...failure, startedAt });
        return headers.connection !== 'close';
      }
      const answer = oipJson.decode(response);
      if (answer.id === id && answer.data[0] === sum) counts.right++;
      else journal.wrong.push(`sequence ${id}: expected ${sum}, got ${answer.data[0]} for ${answer.id}`);
    } catch (error) {
      fail(journal, SUMMING, { status: 0, message: (error as Error).message, sentAt, startedAt });
      return false;
    }
  }
  return true;
}
