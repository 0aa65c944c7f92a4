import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GRPC_ROWS, HTTP_ROWS } from '../support/access-rows.js';
import { ALL_ON } from '../support/access-tables.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { bearer } from '../support/key-server.js';
import { until } from '../support/until.js';

const model = (more: string) => `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [-1] }]
outputs: [{ name: x, datatype: INT32, shape: [-1] }]
${more}
`;
const CHAIN = `platform: "ensemble" max_batch_size: 0
input [{ name: "x" data_type: TYPE_INT32 dims: [-1] }] output [{ name: "y" data_type: TYPE_INT32 dims: [-1] }]
ensemble_scheduling { step [{ model_name: "secret" model_version: -1
  input_map { key: "x" value: "x" } output_map { key: "x" value: "y" } }] }`;

/** Sees the routes and the ensemble, and none of the models behind them, which are all called like `secret`. */
const GUEST = 'guest-key-0123456789';
const ADMIN = 'admin-key-0123456789';

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      'secret/1/': '',
      'secret/model.yaml': model('echo: { faults: true }\nlimits: { maxInFlightBytes: 64, executionTimeoutMs: 300 }'),
      'secret-ordered/1/': '',
      'secret-ordered/model.yaml': model('echo: { mode: accumulate }\nsequenceBatching: { maxIdleMs: 60000 }'),
      'secret-gone/1/': '',
      'secret-gone/model.yaml': model('instances: { placement: inline }'),
      'chain/1/': '',
      'chain/config.pbtxt': CHAIN,
    },
    {
      ...ALL_ON,
      repository: { controlMode: 'explicit', loadModels: ['*'] },
      auth: {
        keys: [
          { name: 'guest', key: GUEST, scopes: [] },
          { name: 'admin', key: ADMIN, scopes: [] },
        ],
        bindings: [
          { principal: 'key:guest', role: 'caller', models: ['live', 'ordered', 'gone', 'chain'] },
          { principal: 'key:admin', role: 'admin' },
        ],
      },
      routes: {
        live: { arms: [{ name: 'a', model: 'secret', weight: 1 }] },
        ordered: { arms: [{ name: 'a', model: 'secret-ordered', weight: 1 }] },
        gone: { arms: [{ name: 'a', model: 'secret-gone', weight: 1 }] },
      },
      engine: { restartBackoffMs: 60_000, maxRestartBackoffMs: 60_000 },
    },
  );
  await server.send('POST /v2/repository/models/secret-gone/unload', '{}', bearer(ADMIN));
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

const x = (...data: readonly number[]) => ({ name: 'x', datatype: 'INT32', shape: [data.length], data });
async function infer(name: string, request: object, key = GUEST): Promise<string> {
  const { status, body } = await server.infer(name, request, bearer(key));
  return status === 200 ? '200' : `${status} ${body.error}`;
}

describe('a caller who does not see the model of an arm is told of the route', () => {
  it.each([
    [{ inputs: [{ ...x(1), name: 'z' }] }, "400 route 'live' has no input 'z'; its inputs are 'x'"],
    [{ inputs: [] }, "400 input 'x' (INT32[-1]) of route 'live' is missing"],
    [{ inputs: [{ ...x(1), datatype: 'INT64' }] }, "400 input 'x' of route 'live': expected INT32, got INT64"],
    [{ inputs: [x(1)], outputs: [{ name: 'z' }] }, "400 route 'live' has no output 'z'; its outputs are 'x'"],
    [
      { inputs: [x(...Array(20).keys())] },
      "503 route 'live' has too much data in flight for 80 more bytes: 0 of 64 bytes are taken; try again later",
    ],
  ])('by a request that is not as it should be: %j', async (request, message) => {
    expect(await infer('live', request)).toBe(message);
    expect(await infer('live', request, ADMIN)).toBe(message.replace("route 'live'", "model 'secret/1'"));
  });

  it('by a sequence that is not', async () => {
    expect(await infer('ordered', { inputs: [x(1)] })).toBe(
      "400 route 'ordered' keeps sequences: a request needs a sequence_id other than 0 and ''",
    );
    const request = { parameters: { sequence_id: 4, sequence_start: false, sequence_end: false }, inputs: [x(1)] };
    expect(await infer('ordered', request)).toBe(
      "400 sequence 4 of route 'ordered' is not running: its first request must say sequence_start",
    );
  });

  it('by an ensemble, of the name of that', async () => {
    const message = "echo: fault 'raise'";
    expect(await infer('chain', { inputs: [x(1)], parameters: { fault: 'raise' } })).toBe(`500 step 0: ${message}`);
    expect(await infer('chain', { inputs: [x(1)], parameters: { fault: 'raise' } }, ADMIN)).toBe(
      `500 step 0 (model 'secret'): ${message}`,
    );
  });

  it('where its arm takes too long, is down, or is not loaded', async () => {
    const broken = { inputs: [x(1)], parameters: { fault: 'hang' } };
    const why = "a batch of route 'live' ran longer than 300 ms";
    expect(await infer('live', broken)).toBe(`503 the runner of route 'live' is gone: ${why}`);
    expect(await infer('live', { inputs: [x(1)] })).toBe(`503 route 'live' is down (${why}) and starts again in 60 s`);
    await until('the log has what it was', () =>
      server.log.some(({ cause }) => String(cause).includes("a batch of model 'secret/1' ran longer")),
    );
    expect(await infer('gone', { inputs: [x(1)] })).toBe("404 no arm of route 'gone' serves");
    expect(await infer('gone', { inputs: [x(1)] }, ADMIN)).toBe(
      "404 Request for unknown model: 'secret-gone' has no available versions",
    );
  });
});

/** But for what the answer says of its arm in headers. */
const OF_ARM = new Set(['x-millrace-model', 'x-millrace-arm']);

describe.each(['live', 'ordered', 'gone'])('nobody is told of the models of arms in any protocol: %s', (route) => {
  const about = (text: string) => text.replaceAll('echo', route);
  const named = Object.entries(HTTP_ROWS).filter(
    ([id, { request }]) => /\{(?:model|endpoint|route)\}/.test(id) || JSON.stringify(request)?.includes('echo'),
  );
  it.each(named)('%s', async (id, row) => {
    const [method, path = ''] = id.split(' ');
    const names: Readonly<Record<string, string>> = { version: '1', label: 'l' };
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? route);
    const body = method === 'GET' ? '' : about(JSON.stringify(row.request ?? {}));
    const answer = await server.send(`${method} ${filled}`, body, bearer(GUEST));
    const headers = Object.entries(answer.headers).filter(([name]) => !OF_ARM.has(name));
    expect([headers, answer.body.toString()].toString()).not.toContain('secret');
  });

  const methods = Object.entries(GRPC_ROWS).filter(([path, row]) => {
    return JSON.stringify(row.request)?.includes('echo') && !path.includes('Stream');
  });
  it.each(methods)('%s', async (path, row) => {
    const client = new GrpcClient(server.addresses.grpc?.url ?? '');
    const request: object = JSON.parse(about(JSON.stringify(row.request)));
    const { message, status } = await client.unary(requestBytes(path, request), { path, metadata: bearer(GUEST) });
    expect([message?.toString(), status.details].toString()).not.toContain('secret');
  });
});
