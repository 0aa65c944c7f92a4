import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type CliOptions, FREE_PORTS, startCli } from '../support/cli-process.js';
import { closeGrpcServers } from '../support/grpc-server.js';
import { createTempFolder, type TempFolder } from '../support/model-folder.js';
import { buildOnnx } from '../support/onnx-builder.js';
import { asking, createBatch, endOf, linesOf } from '../support/openai-files.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { askInEveryWay } from './harness/every-way.js';
import { killAllRunners } from './harness/processes.js';

afterEach(closeGrpcServers);

const ECHO = `runtime: echo
maxBatchSize: 4
inputs: [{ name: x, datatype: FP32, shape: [-1, 1] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 1] }]
`;
const FILES = { 'a/model.yaml': ECHO, 'a/1/': '', 'b/model.yaml': ECHO, 'b/1/': '' };
const SERVED = ['infer', 'ModelInfer', 'generate_stream', 'ModelStreamInfer'].flatMap((way) =>
  ['a', 'b'].map((model) => `${way} ${model}: 7`),
);
/** Of a batch, 10 KB each. */
const LINES = 260;
const FAULT = /failed unexpectedly|could not be handled|a listener of|Unhandled|Uncaught/;

async function start(folder: TempFolder, options: CliOptions) {
  const cli = startCli(
    ['serve', folder.path, '--json', ...FREE_PORTS, '--model-control-mode', 'explicit', '--load-model', '*'],
    options,
  );
  const { http, grpc } = await cli.nextEvent();
  await cli.nextEvent();
  const models = ['a', 'b'];
  return {
    cli,
    url: String(http),
    ask: () => askInEveryWay({ http: String(http), grpc: String(grpc), unary: models, streams: models }),
    /** Ends the server, and expects that it does so well and has never failed within. */
    async stop() {
      cli.child.kill('SIGTERM');
      const { exit, err } = await cli.ended;
      expect({ exit, faults: err.split('\n').filter((line) => FAULT.test(line)) }).toEqual({ exit: 0, faults: [] });
    },
  };
}

it('with 128 descriptors 300 clients are served or closed, runners start again meanwhile, and all is well after', async () => {
  await using folder = await createTempFolder(FILES);
  const server = await start(folder, { runBy: ['sh', '-c', 'ulimit -n 128 && exec "$@"', 'sh'] });
  await using _ended = server.cli;
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [7] }];
  const infer = requestText('POST /v2/models/a/infer', {}, JSON.stringify({ inputs }));
  const ask = (client: RawClient) => {
    client.send(infer);
    return client.response().then(
      ({ status }) => status,
      () => 'closed',
    );
  };
  const port = Number(new URL(server.url).port);
  /** Idle connections make room for it. */
  const askAnew = async () => {
    const client = await RawClient.connect(port);
    const status = await ask(client);
    client.socket.destroy();
    return status;
  };
  expect(await askAnew()).toBe(200);
  const others = await Promise.all(Array.from({ length: 300 }, () => RawClient.connect(port)));
  expect(new Set(await Promise.all(others.map(ask)))).toEqual(new Set([200, 'closed']));
  killAllRunners(server.cli.child.pid ?? 0);
  await expect.poll(askAnew, { timeout: 45_000 }).toBe(200);
  for (const client of others) client.socket.destroy();
  await expect.poll(server.ask, { timeout: 45_000 }).toEqual(SERVED);
  await server.stop();
});

it('a full disk refuses uploads that have no room on it, and serves on', async () => {
  await using folder = await createTempFolder(FILES);
  await using disk = await createTempFolder();
  // A mount of its own namespace: nobody else sees it, and it goes with the server.
  const mount = 'mount -t tmpfs -o size=64k tmpfs "$TMPDIR" && exec "$@"';
  const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--user', '--map-root-user'];
  const server = await start(folder, {
    runBy: ['env', `TMPDIR=${disk.path}`, 'unshare', ...namespace, 'sh', '-c', mount, 'sh'],
  });
  await using _ended = server.cli;
  const upload = async (columns: number): Promise<string> => {
    const response = await fetch(`${server.url}/v2/repository/models/c/load`, {
      method: 'POST',
      body: JSON.stringify({
        parameters: { config: '{}', 'file:1/model.onnx': Buffer.from(model(columns)).toString('base64') },
      }),
    });
    return `${response.status} ${await response.text()}`;
  };
  const tooLarge =
    "the disk for uploaded models is full: there is no room for file '1/model.onnx' of 400128 bytes; " +
    'free some, or set TMPDIR to another disk';
  expect(await upload(100_000)).toBe(`503 ${JSON.stringify({ error: tooLarge })}`);
  expect(await upload(100)).toBe('200 ');
  expect(await server.ask()).toEqual(SERVED);
  await server.stop();
});

it('a full disk pauses a batch in the middle, with the reason, and the batch goes on when there is room', async () => {
  await using folder = await createTempFolder({
    ...FILES,
    'a/model.yaml': ECHO.replaceAll('[-1, 1]', '[-1, 1000]'),
    'millrace.yaml': 'files: { minFreeBytes: 0 }\nbatches: { checkpointLines: 10, concurrency: 4 }\n',
  });
  await using disk = await createTempFolder();
  const mount = 'mount -t tmpfs -o size=12m tmpfs "$0" && head -c 8000000 /dev/zero > "$0/ballast" && exec "$@"';
  const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--user', '--map-root-user'];
  const store = path.join(disk.path, 'store.db');
  const flags = ['--config', path.join(folder.path, 'millrace.yaml'), '--json', ...FREE_PORTS];
  const cli = startCli(['serve', folder.path, ...flags], {
    runBy: ['env', `MILLRACE_STORE_PATH=${store}`, 'unshare', ...namespace, 'sh', '-c', mount, disk.path],
  });
  await using _ended = cli;
  const { http } = await cli.nextEvent();
  await cli.nextEvent();
  const ask = asking(Number(new URL(String(http)).port));
  const data = Array.from({ length: 1_000 }, (_, at) => at + 0.123456);
  const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1_000], data }] };
  // The disk has room for them, and for some of their answers.
  const ids = Array.from({ length: LINES }, (_, at) => `line-${at}`);
  const { json } = await createBatch(
    ask,
    ids.map((id) => ({ custom_id: id, url: '/v2/models/a/infer', body })),
  );
  const reason = `the store '${store}' is full: nothing was written; make room on its disk, or raise 'store.maxSizeBytes'`;
  await until('the batch waits', async () => (await ask(`batches/${json.id}`)).json.status_details === reason);
  const { status, request_counts: counts } = (await ask(`batches/${json.id}`)).json;
  expect([status, counts.total]).toEqual(['in_progress', LINES]);
  expect(counts.completed).toBeGreaterThan(0);
  expect(counts.completed).toBeLessThan(LINES);
  // The mount is seen by the server alone.
  await rm(`/proc/${cli.child.pid}/root${disk.path}/ballast`);
  const batch = await endOf(ask, json.id);
  expect(batch).toMatchObject({
    status: 'completed',
    status_details: null,
    request_counts: { total: LINES, completed: LINES, failed: 0 },
  });
  expect((await linesOf(ask, batch.output_file_id)).map(({ custom_id: id }) => id)).toEqual(ids);
  cli.child.kill('SIGTERM');
  const { exit, err } = await cli.ended;
  expect({ exit, faults: err.split('\n').filter((line) => FAULT.test(line)) }).toEqual({ exit: 0, faults: [] });
});

/** `x + 1`, over so many columns, of four bytes each. */
function model(columns: number): Uint8Array {
  return buildOnnx({
    inputs: [{ name: 'x', type: 'float32', dims: ['rows', columns] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['rows', columns] }],
    nodes: [{ op: 'Add', inputs: ['x', 'one'], outputs: ['y'] }],
    initializers: [{ name: 'one', type: 'float32', dims: [columns], data: new Float32Array(columns).fill(1) }],
  });
}
