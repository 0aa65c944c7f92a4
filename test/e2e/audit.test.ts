import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { verifyTrail } from '../../src/audit/index.js';
import type { PartialSettings } from '../../src/config/index.js';
import { Call } from '../../src/core/index.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { readChanges, readTrail } from '../support/audit-trail.js';
import { echoModel } from '../support/control-fixture.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { principalWith } from '../support/principals.js';
import { until } from '../support/until.js';

const ROW = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] };
const keyOf = (name: string) => `${name}-key-0123456789`;
const as = (name: string) => ({ authorization: `Bearer ${keyOf(name)}` });
const KEYS = [
  { name: 'ops', key: keyOf('ops'), scopes: ['infer', 'observe', 'manage'] as const },
  { name: 'app', key: keyOf('app'), scopes: ['infer'] as const },
  { name: 'auditor', key: keyOf('auditor'), scopes: [] },
];

const open: AppServer[] = [];
afterEach(async () => {
  await closeGrpcServers();
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

async function start(audit: PartialSettings['audit'] = {}, more: PartialSettings['auth'] = {}): Promise<AppServer> {
  const auth = { keys: KEYS, bindings: [{ principal: 'key:auditor', role: 'auditor' }], ...more };
  const settings = { repository: { controlMode: 'explicit', loadModels: ['m'] }, auth, audit } as const;
  const server = await startAppServer({ 'm/model.yaml': echoModel(), 'm/1/': '' }, settings);
  open.push(server);
  return server;
}

const unload = (server: AppServer, who: string, model = 'm') =>
  server.send(`POST /v2/repository/models/${model}/unload`, '{}', as(who));
const label = (server: AppServer, version: number) =>
  server.send('PATCH /millrace/v1/models/m/labels', JSON.stringify({ stable: version }), as('ops'));
const recorded = (server: AppServer, type: string) => readTrail(server).filter((entry) => entry.type === type);
const folderOf = ({ folder }: AppServer) => path.join(folder.path, '.millrace/audit');

describe('a change', () => {
  it('is in the trail before it is made, and after: who, what, from where, before and after', async () => {
    const server = await start();
    const { headers } = await label(server, 1);
    await until('its end is recorded', () => recorded(server, 'outcome').length === 1);
    const deed = {
      principal: 'key:ops',
      remote_address: '127.0.0.1',
      transport: 'http',
      request_id: headers['x-request-id'],
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      action: 'labels.change',
      resource: 'm',
      time: expect.any(String),
    };
    expect(readTrail(server)).toEqual([
      expect.objectContaining({ type: 'begin' }),
      { type: 'intent', ...deed },
      { type: 'outcome', ...deed, intent: 2, outcome: 'ok', before: {}, after: { stable: 1 } },
    ]);
    await server.app.close();
    expect(await verifyTrail({ folder: folderOf(server) })).toMatchObject({ faults: [], chains: [{ hasEnded: true }] });
  });

  it('is not made where it cannot be recorded, which says what to do; inference goes on', async () => {
    const server = await start();
    await writeFile(path.join(server.folder.path, '.millrace'), 'a file');
    const { status, body } = jsonOf(await unload(server, 'ops'));
    expect([status, body.error]).toEqual([
      503,
      `nothing is changed, since it cannot be recorded: the audit trail '${folderOf(server)}' cannot be made, since a file is in its place or in that of a folder above it; ` +
        "move the file away, or set 'audit.folder' to another folder",
    ]);
    expect(await server.infer('m', ROW, as('app'))).toMatchObject({ status: 200 });
    await server.folder.remove('.millrace');
    expect(await unload(server, 'ops')).toMatchObject({ status: 200 });
  });

  it('leaves no entry where nobody needs credentials, unless that is asked for', async () => {
    const server = await startAppServer(
      { 'm/model.yaml': echoModel(), 'm/1/': '' },
      { repository: { controlMode: 'explicit', loadModels: ['m'] } },
    );
    open.push(server);
    expect(await server.send('POST /v2/repository/models/m/unload', '{}')).toMatchObject({ status: 200 });
    await server.app.close();
    expect(readTrail(server)).toEqual([]);
  });
});

describe('a refusal', () => {
  it('is in the trail: of strangers, and of those who may not', async () => {
    const server = await start();
    await server.send('GET /v2', '', { authorization: 'Bearer nobody-has-this-key' });
    await unload(server, 'app');
    await until('both are recorded', () => recorded(server, 'refusal').length === 2);
    expect(recorded(server, 'refusal')).toMatchObject([
      { principal: 'anonymous', action: 'GET /v2', resource: '/v2', outcome: 'unauthenticated', count: 1 },
      { principal: 'key:app', action: 'model.unload', resource: 'm', outcome: 'permission_denied', count: 1 },
    ]);
  });

  it('is in the trail where too many unknown keys came from an address, over HTTP and gRPC', async () => {
    const server = await start({}, { maxFailedKeysPerMinute: 2 });
    const guess = (index: number) => server.send('GET /v2', '', { authorization: `Bearer guess-${index}-0123456789` });
    for (let index = 0; index < 12; index++) await guess(index);
    // A right one that has not come from there before is not let in either.
    expect(await server.send('GET /v2', '', as('ops'))).toMatchObject({ status: 429 });
    const grpc = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const path = '/inference.GRPCInferenceService/ServerMetadata';
    expect((await grpc.unary(Buffer.of(), { path, metadata: as('ops') })).status.code).toBe(8);
    await server.app.close();
    const stranger = { principal: 'anonymous', remote_address: '127.0.0.1' };
    const asked = { ...stranger, transport: 'http', action: 'GET /v2', resource: '/v2' };
    expect(recorded(server, 'refusal')).toMatchObject([
      { ...asked, outcome: 'unauthenticated', count: 1 },
      { ...asked, outcome: 'resource_exhausted', count: 1 },
      { ...stranger, transport: 'grpc', action: path, outcome: 'resource_exhausted', count: 1 },
      { ...asked, outcome: 'unauthenticated', count: 1 },
      { ...asked, outcome: 'resource_exhausted', count: 10 },
    ]);
    expect(JSON.stringify(readTrail(server))).not.toMatch(/guess|key-0123456789/);
  });

  it('fills no disk where it comes over and over: all are counted', async () => {
    const server = await start();
    for (let index = 0; index < 50; index++) await unload(server, 'app', `model-${index}`);
    await server.app.close();
    expect(recorded(server, 'refusal')).toMatchObject([
      { resource: 'model-0', count: 1 },
      { resource: 'model-49', count: 49 },
    ]);
  });
});

describe('inferences', () => {
  it('leave no entries by default', async () => {
    const server = await start();
    await server.infer('m', ROW, as('app'));
    await server.app.close();
    expect(readTrail(server)).toEqual([]);
  });

  it('leave who asked which model when, of the models that are named', async () => {
    const server = await start({ inferences: 'metadata', models: ['m*'] });
    await server.infer('m', ROW, as('app'));
    await server.infer('none', ROW, as('app'));
    await server.infer('m', { inputs: [] }, as('app'));
    await server.app.close();
    const entries = recorded(server, 'inference');
    expect(entries).toMatchObject([
      { principal: 'key:app', action: 'model.infer', resource: 'm', model: 'm/1', outcome: 'ok', rows: 1 },
      { principal: 'key:app', resource: 'm', outcome: 'invalid_argument' },
    ]);
    expect(entries[0]).not.toHaveProperty('digest');
    expect(await verifyTrail({ folder: folderOf(server) })).toMatchObject({ faults: [] });
  });

  it('leave a digest of what was sent, never what was sent', async () => {
    const server = await start({ inferences: 'digest' });
    await server.infer('m', ROW, as('app'));
    await server.app.close();
    const digest = createHash('sha256')
      .update('{"datatype":"INT32","name":"x","shape":[1]}\n')
      .update(Int32Array.of(7))
      .digest('hex');
    expect(recorded(server, 'inference')).toMatchObject([{ digest }]);
  });
});

describe('looking into the trail', () => {
  const search = async (server: AppServer, who: string, query = '') =>
    jsonOf(await server.send(`GET /millrace/v1/audit${query}`, '', as(who)));

  it('is for those who may', async () => {
    const server = await start();
    expect(await search(server, 'ops')).toMatchObject({
      status: 403,
      body: { error: { message: expect.stringContaining("lacks the right 'audit.read'") } },
    });
    expect(await search(server, 'nobody')).toMatchObject({ status: 401 });
    expect(await search(server, 'auditor')).toMatchObject({ status: 200 });
  });

  it('is from and until a day or a time, of which there is no doubt', async () => {
    const server = await start();
    await unload(server, 'ops', 'none');
    expect(await search(server, 'auditor', '?since=2026-11-27&until=2999-01-01T00:00:00Z&resource=n*')).toMatchObject({
      status: 200,
      body: { entries: [{ resource: 'none', outcome: 'not_found' }] },
    });
    for (const wrong of ['2026-02-31T00:00:00Z', '2026-11-27T12:00', 'soon']) {
      expect(await search(server, 'auditor', `?since=${wrong}`)).toMatchObject({
        status: 400,
        body: { error: { message: `since: expected a time as in 2026-11-27T12:00:00Z, got '${wrong}'` } },
      });
    }
  });

  it('goes on after the page before, and takes no place that it has not named', async () => {
    const server = await start();
    for (const name of ['one', 'two']) await unload(server, 'ops', name);
    const first = await search(server, 'auditor', '?limit=1&action=model.*');
    expect(first.body).toMatchObject({ entries: [{ resource: 'two' }], next: expect.any(String) });
    const second = await search(server, 'auditor', `?limit=1&action=model.*&after=${first.body.next}`);
    expect(second.body).toMatchObject({ entries: [{ resource: 'one', time: expect.stringMatching(/^\d{4}-.*Z$/) }] });
    expect(await search(server, 'auditor', '?after=here')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_argument', message: 'after: expected what `next` of the page before says' } },
    });
  });

  it('is by pages, the newest first, each change once, by who did what to what and how it ended', async () => {
    const server = await start();
    const { audit } = server.app.service.server;
    const call = new Call({
      requestId: 'r',
      principal: principalWith('audit', 'auditor'),
      trace: undefined,
      deadlineAt: Number.POSITIVE_INFINITY,
      receivedAt: 0,
    });
    const odd = 'line\nbreak\u001b[31m';
    for (const version of [1, 2, 1]) await label(server, version);
    await unload(server, 'ops', encodeURIComponent(odd));
    await unload(server, 'app');
    const all = await audit.search(call, {}, { limit: 100 });
    const told = all.entries.map(({ entry }) => [entry.type, entry.action, entry.resource, entry.outcome]);
    expect(told).toEqual([
      ['refusal', 'model.unload', 'm', 'permission_denied'],
      ['outcome', 'model.unload', odd, 'not_found'],
      ['outcome', 'labels.change', 'm', 'ok'],
      ['outcome', 'labels.change', 'm', expect.any(String)],
      ['outcome', 'labels.change', 'm', 'ok'],
      ['begin', undefined, undefined, undefined],
    ]);
    const paged: unknown[] = [];
    for (let from: string | undefined, done = false; !done; ) {
      const page = await audit.search(call, {}, { limit: 1, from });
      paged.push(...page.entries);
      from = page.next;
      done = from === undefined;
    }
    expect(paged).toEqual(all.entries);
    const found = async (filter: object) => (await audit.search(call, filter, { limit: 100 })).entries.length;
    expect(await found({ principal: 'key:o*' })).toBe(4);
    expect(await found({ action: 'labels.*', outcome: 'ok' })).toBe(2);
    expect(await found({ resource: 'nobody' })).toBe(0);
    expect(await found({ untilMs: 0 })).toBe(0);
    expect(readChanges(server)).toHaveLength(8);
  });
});
