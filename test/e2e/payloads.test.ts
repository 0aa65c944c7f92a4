import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { startAppServer } from '../support/app-server.js';
import { run } from '../support/cli-fixture.js';
import { control, echoModel, errorOf } from '../support/control-fixture.js';
import { parseExposition } from '../support/metrics-fixture.js';
import { createTempFolder } from '../support/model-folder.js';

const ECHO = echoModel('echo: { faults: true }');
const MODELS = {
  'fraud/model.yaml': ECHO,
  'fraud/1/': '',
  'other/model.yaml': ECHO,
  'other/1/': '',
  'off/model.yaml': ECHO,
  'off/1/': '',
};
const key = (name: string) => ({ name, key: `${name}-key-0123456789`, scopes: [] });
const bearer = (name: string, id = '') => ({
  authorization: `Bearer ${name}-key-0123456789`,
  ...(id !== '' && { 'x-request-id': id }),
});
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const X = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] };
/** Members of lists have defaults as well, which the type of settings does not say. */
const partial = (settings: object) => settings as PartialSettings;
const settingsFor = (folder: string) => ({
  routes: { live: { arms: [{ model: 'fraud', weight: 100 }] } },
  auth: {
    keys: [key('root'), key('app'), key('fraud-reader'), key('nobody')],
    roles: { reader: ['payload.read'] },
    bindings: [
      { principal: 'key:root', role: 'admin' },
      { principal: 'key:app', role: 'caller' },
      { principal: 'key:fraud-reader', role: 'reader', models: ['fraud'] },
    ],
  },
  payloadLog: {
    folder,
    rules: [{ names: ['fraud', 'live'] }, { names: ['other'], redact: ['inputs.x', 'parameters.note'] }],
  },
});

it('requests are recorded as the rules say, read with the right to, erased, and all of that is audited', async () => {
  await using folder = await createTempFolder();
  const place = path.join(folder.path, 'payloads');
  await using server = await startAppServer(MODELS, partial({ ...settingsFor(place), tfs: { enabled: true } }));
  const list = (who: string, query = '') => control(server, `GET payloads?${query}`, { headers: bearer(who) });
  const statuses: number[] = [];
  const infer = async (model: string, id: string, parameters = {}) => {
    statuses.push((await server.infer(model, { ...X, parameters }, bearer('app', id))).status);
  };
  await infer('fraud', 'r1');
  await infer('live', 'r2');
  await infer('fraud', 'r3', { fault: 'raise' });
  await infer('off', 'r4');
  await infer('other', 'r5', { note: 'marker-in-a-parameter' });
  const predicted = await server.send('POST /v1/models/fraud:predict', JSON.stringify({ instances: [7] }), {
    ...bearer('app', 'r6'),
    traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
  });
  expect([...statuses, predicted.status]).toEqual([200, 200, 500, 200, 200, 200]);

  const { body } = await list('root', 'limit=10');
  const [r6, r5, r3, r2, r1] = body.records;
  expect(r1).toEqual({
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    request_id: 'r1',
    model: 'fraud',
    version: 1,
    principal: expect.stringMatching(/^[\w-]{43}$/),
    dialect: 'oip',
    status: 'ok',
    latency_ms: expect.any(Number),
    compute_ms: expect.any(Number),
    inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }],
    outputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }],
  });
  expect(r2).toMatchObject({ request_id: 'r2', route: 'live', arm: 'fraud', principal: r1.principal });
  expect(r3).toMatchObject({ request_id: 'r3', status: 'internal', parameters: { fault: 'raise' } });
  expect(r3.outputs).toBeUndefined();
  expect(r5).toMatchObject({
    request_id: 'r5',
    inputs: [{ name: 'x', datatype: 'INT32', shape: [1], redacted: true }],
    parameters: { note: '[redacted]' },
  });
  expect(r6).toMatchObject({ request_id: 'r6', trace_id: TRACE_ID, inputs: [{ data: [7] }] });
  expect(r6.dialect).not.toBe('oip');

  const ids = async (who: string, query = '') =>
    (await list(who, query)).body.records.map((record: { readonly request_id: string }) => record.request_id);
  expect(await ids('fraud-reader')).toEqual(['r6', 'r3', 'r2', 'r1']);
  expect(await ids('root', 'model=live')).toEqual(['r2']);
  expect(await ids('root', 'status=internal')).toEqual(['r3']);
  expect(await ids('root', 'until=2026-01-01T00:00:00Z')).toEqual([]);
  for (const who of ['nobody', 'app']) expect((await list(who)).status).toBe(403);

  const files = (await readdir(place)).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(files.map((name) => readFile(path.join(place, name), 'utf8')));
  expect(texts.join('')).toContain('"r1"');
  expect(texts.join('')).not.toContain('marker-in-a-parameter');
  for (const name of await readdir(place)) expect((await stat(path.join(place, name))).mode & 0o777).toBe(0o600);

  const refused = await control(server, 'DELETE payloads/r1', { headers: bearer('fraud-reader') });
  expect(errorOf(refused)).toBe(
    "403 permission_denied: 'key:fraud-reader' lacks the right 'payload.erase'; its roles: reader on fraud",
  );
  const url = server.addresses.http.url;
  const cli = (...words: string[]) => run(['payloads', ...words, '--url', url, '--key', 'root-key-0123456789']);
  const { records } = JSON.parse((await cli('show', 'r1')).out);
  expect(records).toEqual([r1]);
  expect((await cli('list', '--model', 'live')).out).toContain('live (fraud)');
  expect((await cli('erase', 'r1')).out).toBe('1 erased\n');
  expect((await cli('show', 'r1')).err).toContain("there is no record of the request 'r1'");
  expect((await readFile(path.join(place, files[0] ?? ''), 'utf8')).includes('"r1"')).toBe(false);
  expect(await ids('root')).toEqual(['r6', 'r5', 'r3', 'r2']);

  const { body: trail } = await control(server, 'GET audit?action=payload.*&limit=100', { headers: bearer('root') });
  const entries = trail.entries.map((entry: Readonly<Record<string, unknown>>) =>
    [entry.action, entry.principal, entry.resource, entry.outcome].join(' '),
  );
  expect(entries).toContain('payload.erase key:root r1 ok');
  expect(entries).toContain('payload.read key:root r1 ok');
  expect(entries).toContain('payload.read key:fraud-reader  ok');
  expect(entries).toContain('payload.read key:app  permission_denied');

  const exposition = await (
    await fetch(`${server.addresses.metrics?.url}/metrics`, { headers: bearer('root') })
  ).text();
  const samples = parseExposition(exposition);
  expect(samples.get('millrace_payload_log_records_total{outcome="written"}')).toBe(5);
  expect(samples.get('millrace_payload_log_records_total{outcome="dropped"}')).toBe(0);
});

it('a folder that cannot be written delays no request, and records are dropped, which the log says once', async () => {
  await using folder = await createTempFolder({ 'payloads/principal.key': 'k'.repeat(32), log: 'a file' });
  const settings = settingsFor(path.join(folder.path, 'log'));
  const payloadLog = { ...settings.payloadLog, keyFile: path.join(folder.path, 'payloads/principal.key') };
  await using server = await startAppServer(MODELS, partial({ ...settings, payloadLog }));
  for (const id of ['r1', 'r2']) {
    expect((await server.infer('fraud', X, bearer('app', id))).status).toBe(200);
    // It waits for the records.
    expect((await control(server, 'DELETE payloads/none', { headers: bearer('root') })).status).toBe(500);
  }
  expect(server.log.filter(({ room }) => room === 'payload-log').map(({ msg }) => msg.replace(/: E.*/, ''))).toEqual([
    'old files of the payload log could not be removed: internal error; the server log has the details',
    `the payload log in '${settings.payloadLog.folder}' cannot be written, records are dropped`,
  ]);
});

it('without a payload log there is nothing to read, which an error says', async () => {
  await using server = await startAppServer(MODELS, partial({ auth: settingsFor('').auth }));
  expect(errorOf(await control(server, 'GET payloads', { headers: bearer('root') }))).toBe(
    '409 failed_precondition: this server keeps no payload log; `payloadLog.folder` and `payloadLog.rules` switch it on',
  );
});
