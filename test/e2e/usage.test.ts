import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { run } from '../support/cli-fixture.js';
import { control, echoModel, errorOf } from '../support/control-fixture.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { numberScript } from '../support/shadow-models.js';
import { storeFolder } from '../support/store.js';
import { until } from '../support/until.js';

const CACHED = `maxBatchSize: 8\nresponseCache: { enabled: true }\n${echoModel('', '[-1, 1]')}`;
const CALLING = numberScript(
  "const { outputs } = await context.model('number').infer({ x: inputs.x }); return { y: [outputs.y.data[0] + value] };",
).replace('infer({ inputs })', 'infer({ inputs }, context)');
const MODELS = {
  'fraud/model.yaml': echoModel('versions: all\nlabels: { stable: 3, canary: 4 }'),
  'fraud/3/': '',
  'fraud/4/': '',
  'cached/model.yaml': CACHED,
  'cached/1/': '',
  'number/1/model.ts': numberScript('return { y: [value * 2] };'),
  'calling/1/model.ts': CALLING,
  'kjv/model.yaml': 'llama: { contextTokens: 128, slots: 1, threads: 1, chatTemplate: "{{ messages[0].content }}" }\n',
  'kjv/1/model.gguf': readFileSync('test/fixtures/models/tiny-kjv.gguf'),
};
const ARM = { model: 'fraud', label: 'canary', weight: 1 };
const ROUTES: NonNullable<PartialSettings['routes']> = {
  live: { arms: [ARM], shadow: { model: 'fraud', label: 'stable' } },
};
const KEYS = [
  { name: 'shop', key: 'shop-key-0123456789', scopes: ['infer'] },
  { name: 'other', key: 'other-key-0123456789', scopes: ['infer'] },
  { name: 'ops', key: 'ops-key-0123456789', scopes: ['manage'] },
] as const;

afterEach(closeGrpcServers);

const as = (name: string) => ({ authorization: `Bearer ${name}-key-0123456789` });
const only = (...names: readonly (keyof typeof MODELS)[]) =>
  Object.fromEntries(
    Object.entries(MODELS).filter(([file]) => names.some((name) => name.split('/')[0] === file.split('/')[0])),
  );
const start = (models: object, more: PartialSettings = {}) =>
  startAppServer({ ...models }, { auth: { keys: [...KEYS] }, ...more });
const row = (data: readonly number[], shape: readonly number[] = [data.length]) => ({
  inputs: [{ name: 'x', datatype: 'INT32', shape, data }],
});
const number = (value: number) => ({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [value] }] });

/** What the server tells somebody of usage, by `by=…`. */
async function usage(server: AppServer, query = '', name = 'ops') {
  const answer = await control(server, `GET usage?${query}`, { headers: as(name) });
  if (answer.status !== 200) throw new Error(errorOf(answer));
  return answer.body.rows;
}

describe('usage', () => {
  it('is counted by principal, model, version, route and arm, and by how requests end', async () => {
    await using server = await start(only('fraud/3/'), { routes: ROUTES });
    for (const name of ['shop', 'shop', 'other'])
      expect((await server.infer('fraud', row([7]), as(name))).status).toBe(200);
    for (let count = 0; count < 3; count++) expect((await server.infer('live', row([7]), as('shop'))).status).toBe(200);
    expect((await server.infer('fraud', row([1, 2]), as('shop'))).status).toBe(400);
    expect((await server.infer('nothing', row([7]), as('shop'))).status).toBe(404);
    expect((await server.infer('fraud', row([7]), as('nobody'))).status).toBe(401);
    expect(await usage(server, 'by=principal,model,version,route,arm')).toMatchObject([
      { principal: 'other', model: 'fraud', version: 3, route: '', requests: 1, answered: 1, rows: 1 },
      { principal: 'shop', model: '', requests: 1, refused: 1, rows: 0, request_bytes: 0 },
      { principal: 'shop', model: 'fraud', version: 3, route: '', arm: '', requests: 3, answered: 2, refused: 1 },
      // Its copies for the shadow are nobody's.
      { principal: 'shop', model: 'fraud', version: 4, route: 'live', arm: 'canary', requests: 3, answered: 3 },
    ]);
    expect(await usage(server)).toMatchObject([
      { requests: 8, answered: 6, refused: 2, failed: 0, cancelled: 0, costs: {} },
    ]);
  });

  it('of others is not for everybody, and its own is', async () => {
    await using server = await start(only('fraud/3/'));
    for (const name of ['shop', 'shop', 'other']) await server.infer('fraud', row([7]), as(name));
    expect(await usage(server, 'by=principal', 'shop')).toMatchObject([{ principal: 'shop', requests: 2 }]);
    expect(await usage(server, 'by=principal', 'other')).toMatchObject([{ principal: 'other', requests: 1 }]);
    expect(await usage(server, 'by=principal')).toHaveLength(2);
  });

  it('is in bytes as clients send and get them, by HTTP and gRPC', async () => {
    await using server = await start(only('fraud/3/'));
    const body = JSON.stringify(row([7]));
    const answer = await server.send('POST /v2/models/fraud/infer', body, as('shop'));
    await server.send('GET /v2/models/fraud', '', as('shop'));
    expect(await usage(server)).toMatchObject([
      { request_bytes: body.length, response_bytes: answer.body.length, rows: 1 },
    ]);
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const method = '/inference.GRPCInferenceService/ModelInfer';
    const request = requestBytes(method, {
      model_name: 'fraud',
      inputs: [{ name: 'x', datatype: 'INT32', shape: [1], contents: { int_contents: [7] } }],
    });
    const called = await client.unary(request, { path: method, metadata: as('other') });
    expect(called.status.code).toBe(status.OK);
    const [other] = await usage(server, 'by=principal');
    expect(other).toMatchObject({ principal: 'other', requests: 1, answered: 1 });
    expect(other.request_bytes).toBeGreaterThanOrEqual(request.length);
    expect(other.response_bytes).toBeGreaterThan(0);
  });

  it('of an answer from the cache is a request without computation', async () => {
    await using server = await start(only('cached/1/'));
    await server.infer('cached', row([1, 2], [2, 1]), as('shop'));
    const [computed] = await usage(server);
    expect(computed).toMatchObject({ requests: 1, rows: 2 });
    await server.infer('cached', row([1, 2], [2, 1]), as('shop'));
    expect(await usage(server)).toMatchObject([{ requests: 2, rows: 4, compute_ms: computed.compute_ms }]);
  });

  it('of models that a model calls is theirs in computation, and no request', async () => {
    await using server = await start(only('number/1/model.ts', 'calling/1/model.ts'));
    const answer = await server.infer('calling', number(4), as('shop'));
    expect(answer.body.outputs?.[0].data).toEqual([12]);
    const rows = await usage(server, 'by=model');
    expect(rows).toMatchObject([
      { model: 'calling', requests: 1, rows: 1 },
      { model: 'number', requests: 0, rows: 0, request_bytes: 0 },
    ]);
    expect(rows[1].compute_ms).toBeGreaterThan(0);
  });

  it('is in tokens as answers say them, of one choice, of several, and of streams', async () => {
    await using server = await start(only('kjv/model.yaml'));
    const ask = async (more: object) => {
      const request = {
        model: 'kjv',
        messages: [{ role: 'user', content: 'And' }],
        max_tokens: 4,
        ignore_eos: true,
        ...more,
      };
      const url = `${server.addresses.http.url}/v1/chat/completions`;
      const headers = { ...as('shop'), 'content-type': 'application/json' };
      return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(request) })).text();
    };
    const one = JSON.parse(await ask({})).usage;
    const two = JSON.parse(await ask({ n: 2 })).usage;
    const [, last] =
      /"usage":(\{.*\})\}/.exec(await ask({ stream: true, stream_options: { include_usage: true } })) ?? [];
    const three = JSON.parse(last ?? '{}');
    const sum = (name: string) => one[name] + two[name] + three[name];
    const [found, ...others] = await usage(server, 'by=model,version');
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      model: 'kjv',
      version: 1,
      requests: 4,
      answered: 4,
      completion_tokens: sum('completion_tokens'),
    });
    expect(found.completion_tokens).toBe(16);
    // Each choice has the prompt once for itself.
    expect(found.prompt_tokens).toBe(4 * one.prompt_tokens);
    expect(found.request_bytes).toBeGreaterThan(300);
  });

  it('has the computation of a stream until its client left', async () => {
    await using server = await start(only('kjv/model.yaml'));
    const leaving = new AbortController();
    const stream = await fetch(`${server.addresses.http.url}/v1/completions`, {
      method: 'POST',
      headers: { ...as('shop'), 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'kjv', prompt: 'And', max_tokens: 400, ignore_eos: true, stream: true }),
      signal: leaving.signal,
    });
    await stream.body?.getReader().read();
    leaving.abort();
    await until('the server has noticed', async () => (await usage(server))[0]?.cancelled === 1);
    const [found] = await usage(server);
    expect(found).toMatchObject({ requests: 1, answered: 0, rows: 0 });
    expect(found.compute_ms).toBeGreaterThan(0);
  });
});

describe('the report of usage', () => {
  it('is JSON or CSV, as is asked for', async () => {
    await using server = await start(only('fraud/3/'), {
      metering: { prices: [{ models: ['fr*'], perRequest: 0.1 }], currency: 'EUR' },
    });
    for (let count = 0; count < 3; count++) await server.infer('fraud', row([7]), as('shop'));
    const { body } = await control(server, 'GET usage?by=principal&granularity=day', { headers: as('ops') });
    expect(body).toMatchObject({ by: ['principal'], granularity: 'day', lost_requests: 0 });
    const at = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T00:00:00\.000Z$/);
    expect(body.rows.at(-1)).toMatchObject({ at, principal: 'shop', requests: 3, costs: { EUR: '0.3' } });
    const { body: sum } = await control(server, 'GET usage', { headers: as('ops') });
    expect(Object.keys(sum)).toEqual(['from', 'to', 'by', 'lost_requests', 'rows']);
    const header =
      'principal,requests,answered,refused,failed,cancelled,rows,prompt_tokens,cached_tokens,completion_tokens,request_bytes,response_bytes,compute_ms,cost_EUR';
    for (const [query, headers] of [
      ['&format=csv', {}],
      ['', { accept: 'text/csv' }],
    ] as const) {
      const csv = await server.send(`GET /millrace/v1/usage?by=principal${query}`, '', { ...as('ops'), ...headers });
      expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8');
      expect(csv.body.toString()).toMatch(
        new RegExp(`^${header}\\r\\nshop,3,3,0,0,0,3,0,0,0,\\d+,\\d+,[0-9.]+,0\\.3\\r\\n$`),
      );
    }
  });

  it('refuses what it cannot read', async () => {
    await using server = await start(only('fraud/3/'));
    const asked = async (query: string) => errorOf(await control(server, `GET usage?${query}`, { headers: as('ops') }));
    expect(await asked('by=color')).toBe(
      "400 invalid_argument: by: expected some of principal, group, model, version, route, arm, got 'color'",
    );
    expect(await asked('format=xml')).toBe("400 invalid_argument: format: expected json or csv, got 'xml'");
    expect(await asked('granularity=year')).toBe("400 invalid_argument: granularity: expected hour or day, got 'year'");
  });

  it('says so where nothing is counted', async () => {
    await using server = await startAppServer(only('fraud/3/'));
    expect(errorOf(await control(server, 'GET usage'))).toBe(
      "409 failed_precondition: usage is not counted: it is where there are credentials, or with 'metering.enabled: true'",
    );
    expect((await server.send('GET /metrics')).body.toString()).not.toMatch(/^millrace_usage_pending/m);
  });

  it('is there without credentials where that is asked for', async () => {
    await using server = await startAppServer(only('fraud/3/'), {
      metering: { enabled: true },
      repository: { controlMode: 'explicit', loadModels: ['*'] },
    });
    await server.infer('fraud', row([7]));
    const { body } = await control(server, 'GET usage?by=principal');
    expect(body.rows).toMatchObject([{ requests: 1 }]);
  });

  it('is a table on the command line', async () => {
    await using server = await start(only('fraud/3/'), { metering: { prices: [{ models: ['*'], perRow: 0.25 }] } });
    for (let count = 0; count < 2; count++) await server.infer('fraud', row([7]), as('shop'));
    const cli = (...argv: readonly string[]) =>
      run(['usage', ...argv, '--url', `http://127.0.0.1:${server.port}`, '--key', 'ops-key-0123456789']);
    const { code, out } = await cli();
    expect(code).toBe(0);
    expect(out).toMatch(/^PRINCIPAL +MODEL +REQUESTS +ANSWERED +ROWS +BYTES +COMPUTE +COST\n/);
    expect(out).toMatch(/\nshop +fraud +2 +2 +2 +\d+ B +\S+ \S+ +0\.5000 USD\nfrom .* to .* UTC\n$/);
    expect((await cli('--by', 'model', '--last', '2h', '--csv')).out).toMatch(/^model,requests,.*\r\nfraud,2,2,/);
    expect(JSON.parse((await cli('--json', '--granularity', 'hour')).out).rows.at(-1)).toMatchObject({
      model: 'fraud',
    });
    expect((await cli('--granularity', 'hour')).out).toMatch(/^TIME +PRINCIPAL .*\n\d{4}-\d{2}-\d{2} \d{2}:00 +shop /);
    expect((await cli('--last', 'soon')).err).toContain("Expected a duration such as 24h or 7d, got 'soon'.");
    expect((await cli('--from', '2001-01-01', '--to', '2001-01-02')).out).toMatch(/^nothing was used from /);
  });
});

describe('usage that is stored', () => {
  it('is whole after an orderly stop, and keeps the price at which it was used', async () => {
    const store = { path: path.join(await storeFolder(), 'store.db') };
    const priced = (perRequest: number) => ({ store, metering: { prices: [{ models: ['*'], perRequest }] } });
    {
      await using server = await start(only('fraud/3/'), priced(0.1));
      for (let count = 0; count < 25; count++) await server.infer('fraud', row([7]), as('shop'));
    }
    await using server = await start(only('fraud/3/'), priced(1000));
    for (let count = 0; count < 5; count++) await server.infer('fraud', row([7]), as('shop'));
    expect(await usage(server, 'by=principal')).toMatchObject([{ requests: 30, costs: { USD: '5002.5' } }]);
  });

  it('is lost in part, and said to be, where the store cannot be written; inference goes on', async () => {
    const file = path.join(await storeFolder(), 'file');
    await writeFile(file, 'not a folder');
    const server = await start(only('fraud/3/'), { store: { path: path.join(file, 'store.db') } });
    expect((await server.infer('fraud', row([7]), as('shop'))).status).toBe(200);
    await server[Symbol.asyncDispose]();
    const messages = server.log.map(({ msg }) => msg).filter((message) => message.includes('usage'));
    expect(messages).toEqual([
      `usage cannot be written, and is kept in memory as far as there is room: the store '${file}/store.db' cannot be opened and written by this user; make its folder writable, or set 'store.path' to another file`,
      'the usage of 1 requests is lost: it could not be written in time',
    ]);
  });
});
