import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ApiEvent } from '../../src/api/index.js';
import { connectApi } from '../../src/client/index.js';
import { startAppServer } from '../support/app-server.js';
import { bearer, ECHO_MODEL, startKeyServer } from '../support/key-server.js';

const MODELS = { 'a/1/': '', 'a/model.yaml': ECHO_MODEL, 'b/1/': '', 'b/model.yaml': ECHO_MODEL };

/** Reads events until one is as wanted, which is given with those before it. */
async function readUntil(events: AsyncIterator<ApiEvent>, isLast: (event: ApiEvent) => boolean) {
  const read: ApiEvent[] = [];
  for (;;) {
    const { value } = await events.next();
    read.push(value);
    if (isLast(value)) return read;
  }
}

const isReady = (name: string) => (event: ApiEvent) =>
  event.type === 'model.state' && event.model === name && event.state === 'ready';

it('tells of models that are loaded, and goes on where a reader has left', async () => {
  await using server = await startAppServer(MODELS, { repository: { controlMode: 'explicit', loadModels: [] } });
  const api = connectApi(`http://localhost:${server.port}`);
  const events = api.events()[Symbol.asyncIterator]();
  const first = events.next();
  await server.send('POST /v2/repository/models/a/load');
  const loading = [(await first).value as ApiEvent, ...(await readUntil(events, isReady('a')))];
  await events.return?.(undefined);
  expect(loading.map((event) => event.type === 'model.state' && event.state)).toEqual(['loading', 'warming', 'ready']);
  expect(loading.at(-1)).toEqual({
    id: expect.stringMatching(/^[0-9a-z]+-\d+$/),
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    type: 'model.state',
    model: 'a',
    version: 1,
    state: 'ready',
    load_ms: expect.any(Number),
  });

  await server.send('POST /v2/repository/models/b/load');
  const after = loading.at(-1)?.id ?? '';
  const rest = await readUntil(api.events({ after })[Symbol.asyncIterator](), isReady('b'));
  expect(new Set(rest.map((event) => event.type === 'model.state' && event.model))).toEqual(new Set(['b']));
});

it('is what browsers read: an id and data for each event, and the last id sent again', async () => {
  await using server = await startAppServer(MODELS);
  const url = `http://localhost:${server.port}/millrace/v1/events`;
  const controller = new AbortController();
  const answer = await fetch(url, { headers: { 'last-event-id': 'another-1' }, signal: controller.signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of answer.body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.includes('"model":"b"') && text.includes('"state":"ready"')) break;
  }
  controller.abort();
  expect(text).toMatch(/^retry: \S+\n\nid: \S+\ndata: \{"id":"\S+","at":"\S+","type":"gap"\}\n\nid: \S+\ndata: \{/);
});

it('ends with the server, before its patience ends', async () => {
  const server = await startAppServer(MODELS, { server: { gracePeriodMs: 60_000 } });
  const events = connectApi(`http://localhost:${server.port}`).events({ after: 'begin-0' })[Symbol.asyncIterator]();
  await readUntil(events, isReady('b'));
  const next = events.next();
  await server[Symbol.asyncDispose]();
  expect(await next).toEqual({ done: true, value: undefined });
});

it('gives callers the events of what they may see, and ends when their key is taken away', async () => {
  await using keyed = await startKeyServer();
  const key = await keyed.create('viewer --grant viewer=kjv');
  const url = `http://localhost:${keyed.server.port}`;
  const events = connectApi(url, { headers: bearer(key) })
    .events({ after: 'begin-0' })
    [Symbol.asyncIterator]();
  const seen = await readUntil(events, isReady('kjv'));
  expect(seen.flatMap((event) => (event.type === 'model.state' ? [event.model] : [event.type]))).toEqual(
    expect.not.arrayContaining(['echo', 'change', 'runner.started']),
  );
  const next = events.next();
  await keyed.keys('revoke viewer');
  expect(await next).toEqual({ done: true, value: undefined });
});

it('the last events are promised to be 1,024', () => {
  expect(readFileSync('docs/operations.md', 'utf8')).toContain('the last 1,024 events');
});
