import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsonAnswer, jsonOf } from '../support/app-server.js';
import { control } from '../support/control-fixture.js';
import { protoBytes, protoJson } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { bearer, ECHO, type KeyServer, startKeyServer } from '../support/key-server.js';
import { shadowed } from '../support/shadow-models.js';
import { until } from '../support/until.js';

const INLINE = 'instances: { placement: inline }\n';
const SUMS = `runtime: echo
maxBatchSize: 8
inputs: [{ name: x, datatype: INT32, shape: [-1, 1] }]
outputs: [{ name: x, datatype: INT32, shape: [-1, 1] }]
echo: { mode: accumulate }
${INLINE}`;
const sequences = (more = '') => `sequenceBatching: { maxIdleMs: 60000${more} }\n`;
const VERSIONS = `versions: all\nlabels: { stable: 1, next: 2 }\n`;
/** Sums by another model, under the id that its own request names. */
const CALLING = `export default {
  inputs: { x: 'INT32[1,1]' },
  outputs: { x: 'INT32[1,1]' },
  async infer({ inputs, parameters: { id, start, end } }, { model }) {
    const { outputs } = await model('sums').infer({ x: inputs.x }, { sequence: { id: typeof id === 'string' ? id : BigInt(id), start, end } });
    return { x: [outputs.x.data[0]] };
  },
};`;
const CHAIN = `platform: "ensemble" max_batch_size: 8
input [{ name: "x" data_type: TYPE_INT32 dims: [1] }] output [{ name: "y" data_type: TYPE_INT32 dims: [1] }]
ensemble_scheduling { step [{ model_name: "sums" model_version: -1
  input_map { key: "x" value: "x" } output_map { key: "x" value: "y" } }] }`;
const CACHED = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
${INLINE}responseCache: { enabled: true`;
const MODELS = {
  'sums/1/': '',
  'sums/model.yaml': SUMS + sequences(),
  'shadowed/1/': '',
  'shadowed/2/': '',
  'shadowed/model.yaml': SUMS + VERSIONS + sequences(),
  'rolled/1/': '',
  'rolled/2/': '',
  'rolled/model.yaml': `versions: all\n${SUMS}${sequences()}`,
  'small/1/': '',
  'small/model.yaml': SUMS + sequences(', maxCandidateSequences: 3'),
  'calling/1/model.js': CALLING,
  'chain/1/': '',
  'chain/config.pbtxt': CHAIN,
  'cached/1/': '',
  'cached/model.yaml': `${CACHED} }\n`,
  'cached-for-all/1/': '',
  'cached-for-all/model.yaml': `${CACHED}, share: all }\n`,
};
const OUTCOMES = { kind: 'binary', better: 'higher', windowMs: 600_000 } as const;
const ROUTES = {
  live: shadowed('shadowed', { allowSideEffects: true }),
  told: { arms: [{ model: 'echo', version: 1, weight: 1 }], outcomes: OUTCOMES },
};

let keys: KeyServer;
let alice: string;
let bob: string;
beforeAll(async () => {
  keys = await startKeyServer({ routes: ROUTES }, MODELS);
  alice = await keys.create('alice --grant caller');
  bob = await keys.create('bob --grant caller');
});
afterAll(async () => {
  await closeGrpcServers();
  await keys[Symbol.asyncDispose]();
});

interface Step {
  readonly id: number | string;
  readonly value: number;
  readonly start?: boolean;
  readonly end?: boolean;
}
/** The sum, or what is refused. */
type Ask = (key: string, step: Step) => Promise<number | string>;

const tensor = (value: number) => ({ name: 'x', datatype: 'INT32', shape: [1, 1], data: [value] });

function overHttp(model: string, names = ['sequence_id', 'sequence_start', 'sequence_end']): Ask {
  const [idName = '', startName = '', endName = ''] = names;
  return async (key, { id, value, start = false, end = false }) => {
    const parameters = { [idName]: id, [startName]: start, [endName]: end };
    const { status, body } = await keys.server.infer(model, { inputs: [tensor(value)], parameters }, bearer(key));
    return status === 200 ? body.outputs[0].data[0] : `${status} ${body.error}`;
  };
}

function overGrpc(model: string): Ask {
  const client = new GrpcClient(`127.0.0.1:${keys.server.grpcPort}`);
  return async (key, { id, value, start = false, end = false }) => {
    const request = protoBytes('ModelInferRequest', {
      model_name: model,
      inputs: [{ name: 'x', datatype: 'INT32', shape: [1, 1], contents: { int_contents: [value] } }],
      parameters: {
        sequence_id: typeof id === 'number' ? { int64_param: id } : { string_param: id },
        sequence_start: { bool_param: start },
        sequence_end: { bool_param: end },
      },
    });
    const path = '/inference.GRPCInferenceService/ModelInfer';
    const { message, error } = await client.unary(request, { path, metadata: bearer(key) });
    if (error !== null || message === undefined) return `${error?.code} ${error?.details}`;
    const answer = protoJson('ModelInferResponse', [message]) as { raw_output_contents: string[] };
    return Buffer.from(answer.raw_output_contents[0] ?? '', 'base64').readInt32LE();
  };
}

describe('a caller', () => {
  it.each<[string, () => Ask]>([
    ['HTTP', () => overHttp('sums')],
    ['gRPC', () => overGrpc('sums')],
    ['a route with a shadow', () => overHttp('live')],
    ['an ensemble', () => overHttp('chain')],
    ['a script', () => overHttp('calling', ['id', 'start', 'end'])],
  ])("has a sequence of its own under another caller's id, by %s", async (by, begin) => {
    const ask = begin();
    for (const id of [7, 'seven'] as const) {
      expect(await ask(alice, { id, value: 1, start: true })).toBe(1);
      const unknown = await ask(bob, { id: typeof id === 'number' ? 8 : 'eight', value: 10 });
      expect(unknown).toContain('is not running: its first request must say sequence_start');
      const same = typeof id === 'number' ? 'sequence 7' : "sequence 'seven'";
      const answers = [await ask(bob, { id, value: 10 }), await ask(bob, { id, value: 10, end: true })];
      expect(answers.map((answer) => `${answer}`.replace(same, 'X'))).toEqual(
        Array(2).fill(`${unknown}`.replace(/sequence (8|'eight')/, 'X')),
      );
      expect(await ask(bob, { id, value: 10, start: true })).toBe(10);
      expect(await ask(alice, { id, value: 2 })).toBe(3);
      expect(await ask(bob, { id, value: 20, end: true })).toBe(30);
      expect(await ask(alice, { id, value: 3, end: true })).toBe(6);
    }
    if (!by.includes('shadow')) return;
    const report = async () =>
      (await control(keys.server, 'GET routes/live/shadow', { headers: bearer(keys.admin) })).body;
    await until('the copies have ended', async () => (await report()).pending === 0);
    // Of each of the ten steps that were not refused.
    expect((await report()).pairs).toMatchObject([{ compared: 10, agreement: { value: 1 } }]);
  });

  it("has a sequence of its own under another caller's id while a rollout splits what the name stands for", async () => {
    const { server, admin } = keys;
    const headers = bearer(admin);
    await control(server, 'PATCH models/rolled/labels', { body: { stable: 1 }, headers });
    const plan = { to: 2, steps: [50, 100], hold_ms: 600_000 };
    const { status } = await control(server, 'POST models/rolled/rollout', { body: plan, headers });
    expect(status).toBe(200);
    const ask = overHttp('rolled');
    const ids = Array.from({ length: 12 }, (_, index) => index + 1);
    for (const id of ids) expect(await ask(alice, { id, value: id, start: true })).toBe(id);
    for (const id of ids) expect(await ask(bob, { id, value: 100, start: true, end: id % 2 === 0 })).toBe(100);
    for (const id of ids) expect(await ask(alice, { id, value: 1, end: true })).toBe(id + 1);
  });

  it('gets no more sequences than half of the slots, and leaves the others to other callers', async () => {
    const ask = overHttp('small');
    for (const id of [1, 2]) expect(await ask(bob, { id, value: 1, start: true })).toBe(1);
    const message =
      "principal 'bob' has 2 sequences of model 'small/1', the most that one principal may have " +
      '(sequenceBatching.maxSequencesPerPrincipal): end one, or let one idle for 60000 ms';
    expect(await ask(bob, { id: 3, value: 1, start: true })).toBe(`429 ${message}`);
    expect(await overGrpc('small')(bob, { id: 3, value: 1, start: true })).toBe(`8 ${message}`);
    expect(await ask(alice, { id: 3, value: 1, start: true, end: true })).toBe(1);
    expect(await ask(bob, { id: 2, value: 1, end: true })).toBe(2);
    expect(await ask(bob, { id: 3, value: 1, start: true, end: true })).toBe(1);
  });
});

/** What `Server-Timing` says of the stages of an answer. */
async function stagesOf(key: string, model: string, value: number): Promise<string> {
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [value] }] });
  const { status, headers } = await keys.server.send(`POST /v2/models/${model}/infer`, body, bearer(key));
  expect(status).toBe(200);
  return String(headers['server-timing']).replaceAll(/;dur=[\d.]+/g, '');
}

describe('answers of the response cache', () => {
  const MISS = 'decode, queue, batch, compute, encode, total';
  const HIT = 'decode, queue, batch, compute, cache;desc=hit, encode, total';

  it('are kept for the caller that they were for', async () => {
    expect([await stagesOf(alice, 'cached', 1), await stagesOf(alice, 'cached', 1)]).toEqual([MISS, HIT]);
    // By now the server knows the bytes of the request as well.
    expect(await stagesOf(alice, 'cached', 1)).toBe(HIT);
    expect([await stagesOf(bob, 'cached', 1), await stagesOf(bob, 'cached', 1)]).toEqual([MISS, HIT]);
  });

  it('do not say that they are, where all callers share them', async () => {
    const hits = () => keys.server.app.engine.cacheUsage()?.hits ?? 0;
    const before = hits();
    const stages = [await stagesOf(alice, 'cached-for-all', 1), await stagesOf(bob, 'cached-for-all', 1)];
    expect(stages).toEqual(['total', 'total']);
    expect(hits() - before).toBe(1);
  });
});

describe('a key that is made under the name of a revoked one', () => {
  /** The key's own request of another dialect, as JSON. */
  async function openai(key: string, line: string, body?: object): Promise<JsonAnswer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    return jsonOf(await keys.server.send(line, text, { ...bearer(key), 'content-type': 'application/json' }));
  }
  const tell = (key: string) =>
    control(keys.server, 'POST feedback', { body: { request_id: 'asked', value: true }, headers: bearer(key) });

  it('inherits nothing that was kept for the old one', async () => {
    const { server } = keys;
    const old = await keys.create('carol --grant caller');
    const sum = overHttp('sums');
    expect(await sum(old, { id: 1, value: 1, start: true })).toBe(1);
    await stagesOf(old, 'cached', 9);
    const input = 'In the beginning God created the heaven and the earth, and more than that';
    const request = { model: 'kjv', input, max_output_tokens: 1, temperature: 0 };
    const { body: stored } = await openai(old, 'POST /v1/responses', request);
    expect(stored.usage.input_tokens_details.cached_tokens).toBe(0);
    const again = await openai(old, 'POST /v1/responses', request);
    expect(again.body.usage.input_tokens_details.cached_tokens).toBeGreaterThan(0);
    const asked = await server.infer('told', ECHO, { ...bearer(old), 'x-request-id': 'asked' });
    expect(asked.status).toBe(200);

    await keys.keys('revoke carol');
    const key = await keys.create('carol --grant caller');
    expect(await sum(key, { id: 1, value: 1 })).toMatch(/^400 sequence 1 of model 'sums\/1' is not running/);
    expect(await stagesOf(key, 'cached', 9)).not.toContain('hit');
    expect((await openai(key, `GET /v1/responses/${stored.id}`)).status).toBe(404);
    const { body: fresh } = await openai(key, 'POST /v1/responses', request);
    expect(fresh.usage.input_tokens_details.cached_tokens).toBe(0);
    expect((await tell(key)).status).toBe(404);
  });

  it('loses nothing by a rotation', async () => {
    const old = await keys.create('dave --grant caller');
    const sum = overHttp('sums');
    expect(await sum(old, { id: 1, value: 1, start: true })).toBe(1);
    const { out } = await keys.keys('rotate dave --overlap 1h');
    expect(await sum(out.trim(), { id: 1, value: 2, end: true })).toBe(3);
  });
});
