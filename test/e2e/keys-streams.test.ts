import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ON, idOf, readAccessTables } from '../support/access-tables.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { type KeyServer, startKeyServer } from '../support/key-server.js';
import { openGrpc, openHttp, type ReadStream } from '../support/open-stream.js';
import { ENDED, GRPC_STREAMS, HTTP_STREAMS } from '../support/stream-rows.js';
import { until } from '../support/until.js';

const { own, shared, methods } = await readAccessTables();

it('every route and every method that streams has its row, and no row is left over', () => {
  const routes = [...own.map(({ route }) => route), ...shared].filter(({ streams }) => streams === true);
  expect(Object.keys(HTTP_STREAMS).sort()).toEqual(routes.map(idOf).sort());
  const streaming = methods.filter(({ kind }) => kind === 'stream');
  expect(Object.keys(GRPC_STREAMS).sort()).toEqual(streaming.map(({ path }) => path).sort());
});

let server: KeyServer;
let client: GrpcClient;
/** Of somebody whom it does not concern. */
let otherKey: string;
beforeAll(async () => {
  server = await startKeyServer({
    ...ALL_ON,
    sagemaker: { enabled: true, model: 'kjv' },
    vertex: { enabled: true, model: 'kjv' },
  });
  client = new GrpcClient(`127.0.0.1:${server.server.grpcPort}`);
  otherKey = await server.create('other --grant caller');
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

const each = <Row extends { readonly what?: string }>(rows: Readonly<Record<string, readonly Row[]>>) =>
  Object.entries(rows).flatMap(([id, all]) =>
    all.map((row) => [row.what === undefined ? id : `${id}, ${row.what}`, id, row] as const),
  );

let keys = 0;

/** Ways for a key to end, each as a command. */
const WAYS = [
  ['revoked', (name: string) => `revoke ${name}`],
  ['rotated out', (name: string) => `rotate ${name} --overlap 0s`],
] as const;

describe.each(WAYS)('a key that is %s', (_, command) => {
  /** Takes the key of a stream away in its middle, while another caller has the same stream; how it ended. */
  async function endInMiddle(open: (key: string) => Promise<ReadStream> | ReadStream, more = 'by itself') {
    const name = `key-${++keys}`;
    const stream = await open(await server.create(`${name} --grant caller`));
    const other = await open(otherKey);
    await until('both have begun', () => [stream, other].every(({ pieces, end }) => pieces > 0 || end !== undefined));
    expect(stream.end).toBeUndefined();
    expect((await server.keys(command(name))).code).toBe(0);
    await until('the stream has ended', () => stream.end !== undefined);
    const before = other.pieces;
    if (more === 'if asked') other.ask();
    if (more !== 'none') await until('the other one goes on', () => other.pieces > before || other.end !== undefined);
    expect(other.end).toBeUndefined();
    other.leave();
    return stream.end;
  }

  it.each(each(HTTP_STREAMS))('ends %s', async (_what, id, row) => {
    const { end } = row;
    expect(await endInMiddle((key) => openHttp(server.server.port, id, { ...row, key }))).toEqual({
      text: end === 'broken off' ? expect.not.stringContaining(ENDED) : expect.stringMatching(end),
      complete: end !== 'broken off',
    });
  });

  it.each(each(GRPC_STREAMS))('ends %s', async (_what, path, row) => {
    expect(await endInMiddle((key) => openGrpc(client, path, { ...row, key }), row.more)).toEqual({
      code: status.UNAUTHENTICATED,
      details: ENDED,
    });
  });
});

it('then nothing generates any more', async () => {
  const { url } = server.server.addresses.metrics ?? { url: '' };
  await until('no slot is taken', async () => {
    const metrics = await (
      await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${server.admin}` } })
    ).text();
    return /^millrace_runtime_slots_busy\{[^}]*kjv[^}]*\} 0$/m.test(metrics);
  });
});
