import { status as Code } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { startCli } from '../support/cli-process.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { createTempFolder } from '../support/model-folder.js';
import { inferRequest } from './harness/grpc-storm.js';
import { settledRss, treeRss } from './harness/memory.js';

const CALLS = 200_000;
/** What a stream held outside V8's heap comes back with the next full collection, of which there is one in 100,000 calls. */
const WARMING_CALLS = 200_000;
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
  await using cli = startCli([
    ...['serve', folder.path, '--json', '--log-level', 'error'],
    ...['--http-port', '0', '--grpc-port', '0', '--metrics-port', '-1'],
  ]);
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
  try {
    await callMany(WARMING_CALLS);
    const before = await treeRss(pid);
    await callMany(CALLS);
    const after = await settledRss(pid, before * 1.1);
    expect(after).toBeLessThanOrEqual(before * 1.1);
  } finally {
    await closeGrpcServers();
  }
});
