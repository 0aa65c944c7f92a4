import { status as Code } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { startCli } from '../support/cli-process.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { createTempFolder } from '../support/model-folder.js';
import { inferRequest } from './harness/grpc-storm.js';
import { COLLECTS_ON_SIGNAL, keptBytes, settledRss, treeRss } from './harness/memory.js';

const CALLS = 100_000;
/** The first calls fill what is kept for good: compiled code, buffers, the room that V8 found its heap to need. */
const WARMING_CALLS = 100_000;
/**
 * Calls between two collections. What a stream holds outside V8's heap goes only with a full collection, of which V8 by itself
 * makes one in some 100,000 calls; the height of the tide before it, of which the allocator keeps some, is no leak.
 */
const CALLS_A_COLLECTION = 20_000;
const IN_FLIGHT = 32;
const CONNECTIONS = 4;
/** Calls of which every tenth is cancelled under way, so that leaving clients leave nothing behind either. */
const CANCEL_EVERY = 10;

it(`${CALLS} calls over gRPC leave nothing behind`, async () => {
  await using folder = await createTempFolder({
    'echo/model.yaml': [
      'runtime: echo',
      'maxBatchSize: 16',
      'inputs: [{name: x, datatype: INT64, shape: [-1, 1]}]',
      'outputs: [{name: y, datatype: INT64, shape: [-1, 1]}]',
      '',
    ].join('\n'),
    'echo/1/.keep': '',
  });
  await using cli = startCli(
    [
      ...['serve', folder.path, '--json', '--log-level', 'error'],
      ...['--http-port', '0', '--grpc-port', '0', '--metrics-port', '-1'],
    ],
    { nodeFlags: COLLECTS_ON_SIGNAL },
  );
  const { grpc } = await cli.nextEvent();
  await cli.nextEvent();
  const pid = cli.child.pid ?? 0;
  const clients = Array.from({ length: CONNECTIONS }, () => new GrpcClient(String(grpc)));
  const message = inferRequest('echo', 7n);

  const callMany = async (calls: number): Promise<void> => {
    let left = calls;
    const lane = async (client: GrpcClient): Promise<void> => {
      while (left-- > 0) {
        const leaves = left % CANCEL_EVERY === 0;
        const { status } = await client.unary(message, {
          path: '/inference.GRPCInferenceService/ModelInfer',
          ...(leaves ? { onCall: (call) => setImmediate(() => call.cancel()) } : {}),
        });
        if (!leaves || status.code !== Code.CANCELLED) expect(status).toMatchObject({ code: Code.OK });
      }
    };
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, (_, index) => lane(clients[index % CONNECTIONS] as GrpcClient)),
    );
  };
  const keptAfter = async (calls: number): Promise<number> => {
    let kept = 0;
    for (let done = 0; done < calls; done += CALLS_A_COLLECTION) {
      await callMany(CALLS_A_COLLECTION);
      kept = await keptBytes(cli);
    }
    return kept;
  };
  try {
    const keptBefore = await keptAfter(WARMING_CALLS);
    const before = await treeRss(pid);
    expect(await keptAfter(CALLS)).toBeLessThanOrEqual(keptBefore * 1.1);
    expect(await settledRss(pid, before * 1.1)).toBeLessThanOrEqual(before * 1.1);
  } finally {
    await closeGrpcServers();
  }
});
