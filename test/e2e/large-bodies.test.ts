import { expect, it } from 'vitest';
import { BodyArena } from '../../src/runtimes/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { chooseSeed, Random } from '../support/random.js';
import { RawClient, type RawResponse, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

const ELEMENTS = 60_000;
const DATA_BYTES = 4 * ELEMENTS;
const CLIENTS = 12;
const REQUESTS_PER_CLIENT = 25;

const TENSORS = `inputs: [{ name: x, datatype: FP32, shape: [-1, ${ELEMENTS}] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, ${ELEMENTS}] }]`;
/** All answer what they get. Batches of several requests take a while, so that deadlines and leaving clients meet them. */
const echo = (more: string) => `runtime: echo\n${more}\nmaxBatchSize: 4\nbatching: { enabled: true }\n${TENSORS}\n`;
const CONTENTS = {
  'slow/model.yaml': echo('instances: { placement: process, count: 2 }\necho: { delayMs: 4 }'),
  'slow/1/': '',
  'blocking/model.yaml': echo('instances: { placement: process, count: 2 }'),
  'blocking/1/': '',
  'cached/model.yaml': echo(
    'instances: { placement: process }\nresponseCache: { enabled: true }\necho: { delayMs: 2 }',
  ),
  'cached/1/': '',
  'inline/model.yaml': echo('instances: { placement: inline }'),
  'inline/1/': '',
  'both/config.pbtxt': `platform: "ensemble" max_batch_size: 4
    input [ { name: "x" data_type: TYPE_FP32 dims: [${ELEMENTS}] } ]
    output [ { name: "y" data_type: TYPE_FP32 dims: [${ELEMENTS}] } ]
    ensemble_scheduling { step [
      { model_name: "slow" model_version: -1 input_map { key: "x" value: "x" } output_map { key: "y" value: "z" } },
      { model_name: "cached" model_version: -1 input_map { key: "x" value: "x" } output_map { key: "y" value: "y" } }
    ] }`,
  'both/1/': '',
};
const MODELS = ['slow', 'blocking', 'cached', 'inline', 'both'];
const END_STATUSES = [503, 504];

/** A request that differs from all others in every element, or from few where they shall be equal. */
function bodyOf(mark: number): { readonly headers: Readonly<Record<string, string>>; readonly parts: Uint8Array[] } {
  const json = JSON.stringify({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, ELEMENTS], parameters: { binary_data_size: DATA_BYTES } }],
    parameters: { binary_data_output: true },
  });
  const headers = {
    'inference-header-content-length': String(json.length),
    'content-length': String(json.length + DATA_BYTES),
  };
  return { headers, parts: [Buffer.from(json), dataOf(mark)] };
}

function dataOf(mark: number): Uint8Array {
  return new Uint8Array(new Float32Array(ELEMENTS).fill(mark).buffer);
}

function dataIn({ headers, body }: RawResponse): Uint8Array {
  return body.subarray(Number(headers['inference-header-content-length']));
}

it.each([true, false])(
  'are answered with what they brought, or not at all, whatever happens to others, and leave no memory taken (server.fastPath: %s)',
  async (fastPath) => {
    const seed = chooseSeed();
    const random = new Random(seed);
    const bodies = BodyArena.open() as BodyArena;
    await bodies.map();
    await using server = await startAppServer(
      CONTENTS,
      { engine: { restartBackoffMs: 1 }, server: { fastPath } },
      { start: false, bodies },
    );
    const kills = killRunners(server, random.fork());
    await server.app.start();
    const seen = { right: 0, ended: 0, left: 0, claimedBytes: 0 };
    let mark = 0;

    async function client(choices: Random): Promise<void> {
      let connection = await RawClient.connect(server.port);
      for (let count = 0; count < REQUESTS_PER_CLIENT; count++) {
        const model = choices.pick(MODELS);
        const equal = model === 'cached' && choices.chance(0.7);
        const own = equal ? choices.integer(1, 3) : 10 + mark++;
        const { headers, parts } = bodyOf(own);
        const deadline = choices.chance(0.2) ? { 'x-request-timeout-ms': String(choices.integer(1, 12)) } : {};
        const leaves = choices.chance(0.15);
        const sent = leaves && choices.chance(0.5) ? choices.integer(70_000, DATA_BYTES - 1) : DATA_BYTES;
        const [json = new Uint8Array(), data = new Uint8Array()] = parts;
        connection.send(requestText(`POST /v2/models/${model}/infer`, { ...headers, ...deadline }), json);
        connection.send(data.subarray(0, sent));
        await until('some has left', () => connection.socket.writableLength === 0 || connection.socket.closed);
        seen.claimedBytes = Math.max(seen.claimedBytes, bodies.claimedBytes);
        if (leaves) {
          connection.socket.destroy();
          seen.left++;
          connection = await RawClient.connect(server.port);
          continue;
        }
        const response = await connection.response();
        if (response.status === 200) {
          expect(Buffer.compare(dataIn(response), dataOf(own)), `${model}, seed ${seed}`).toBe(0);
          seen.right++;
        } else {
          expect(END_STATUSES, `${response.body}, seed ${seed}`).toContain(response.status);
          seen.ended++;
        }
        if (response.headers.connection !== 'close') continue;
        connection.socket.destroy();
        connection = await RawClient.connect(server.port);
      }
      connection.socket.destroy();
    }

    await Promise.all(Array.from({ length: CLIENTS }, () => client(random.fork())));
    expect(kills.stop()).toBeGreaterThan(0);
    await until('no body is held', () => bodies.claimedBytes === 0);
    expect(seen.right).toBeGreaterThan((CLIENTS * REQUESTS_PER_CLIENT) / 3);
    expect(Math.min(seen.left, seen.claimedBytes)).toBeGreaterThan(0);
  },
);

/** Kills a runner now and then, when one has just answered; `stop` says how many. */
function killRunners({ app }: AppServer, choices: Random): { stop(): number } {
  const pids = new Set<number>();
  let kills = 0;
  const unsubscribes = [
    app.events.subscribe('runnerStarted', ({ pid }) => void pids.add(pid)),
    app.events.subscribe('runnerExited', ({ pid }) => void pids.delete(pid)),
    app.events.subscribe('batchFinished', () => {
      const [pid] = pids;
      if (pid === undefined || !choices.chance(0.05)) return;
      pids.delete(pid);
      process.kill(pid, 'SIGKILL');
      kills++;
    }),
  ];
  return {
    stop() {
      for (const unsubscribe of unsubscribes) unsubscribe();
      return kills;
    },
  };
}

it('stay where they are while a model computes for a request that nobody waits for any more', async () => {
  const bodies = BodyArena.open() as BodyArena;
  await bodies.map();
  const contents = {
    'slow/model.yaml': echo('instances: { placement: process }\necho: { delayMs: 1500 }'),
    'slow/1/': '',
  };
  await using server = await startAppServer(contents, {}, { bodies });
  const settled = new Promise((resolve) => server.app.events.subscribe('httpFinished', resolve));
  const computed = new Promise((resolve) => server.app.events.subscribe('batchFinished', resolve));
  const { headers, parts } = bodyOf(1);
  const client = await RawClient.connect(server.port);
  client.send(requestText('POST /v2/models/slow/infer', { ...headers, 'x-request-timeout-ms': '50' }), ...parts);
  expect((await client.response()).status).toBe(504);
  await settled;
  expect(bodies.claimedBytes).toBeGreaterThan(DATA_BYTES);
  await computed;
  await until('no body is held', () => bodies.claimedBytes === 0);
  client.socket.destroy();
});
