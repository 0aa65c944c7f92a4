import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ON, idOf, readAccessTables } from '../support/access-tables.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { type KeyServer, startKeyServer } from '../support/key-server.js';
import { openGrpc, openHttp, type ReadStream } from '../support/open-stream.js';
import { ENDED, GRPC_STREAMS, type GrpcStreamRow, HTTP_STREAMS } from '../support/stream-rows.js';
import { inFolder, textModelFiles } from '../support/text-model.js';
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
  server = await startKeyServer(
    {
      ...ALL_ON,
      sagemaker: { enabled: true, model: 'kjv' },
      vertex: { enabled: true, model: 'kjv' },
    },
    {
      ...inFolder('letters/1', textModelFiles()),
      ...inFolder('weighs/1', textModelFiles({ output: 'sparse' })),
      ...inFolder('sorts/1', textModelFiles({ output: 'classify' })),
      ...inFolder('judge/1', textModelFiles({ output: 'rank' })),
    },
  );
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

async function metrics(): Promise<string> {
  const { url } = server.server.addresses.metrics ?? { url: '' };
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${server.admin}` } });
  return answer.text();
}

/** What clients send on one connection is read in order: when this is answered, streams that were opened before it are open. */
async function roundTrip(): Promise<void> {
  const path = '/inference.GRPCInferenceService/ServerLive';
  expect((await client.unary(requestBytes(path, {}), { path })).error).toBeNull();
}

const hasBegun = ({ pieces, end }: ReadStream) => pieces > 0 || end !== undefined;

/** Ways for a key to end, each as a command. */
const WAYS = [
  ['revoked', (name: string) => `revoke ${name}`],
  ['rotated out', (name: string) => `rotate ${name} --overlap 0s`],
] as const;

describe.each(WAYS)('a key that is %s', (_, command) => {
  /** Takes the key of a stream away in its middle, while another caller has the same stream; how it ended. */
  async function endInMiddle(
    open: (key: string) => Promise<ReadStream> | ReadStream,
    { more = 'by itself', models }: Partial<Pick<GrpcStreamRow, 'more' | 'models'>> = {},
  ) {
    const name = `key-${++keys}`;
    const grant = models === undefined ? 'caller' : `caller=${models}`;
    const stream = await open(await server.create(`${name} --grant ${grant}`));
    const other = await open(models === undefined ? otherKey : await server.create(`other-${name} --grant ${grant}`));
    if (more === 'at the end') await roundTrip();
    else await until('both have begun', () => [stream, other].every(hasBegun));
    expect(stream.end).toBeUndefined();
    expect((await server.keys(command(name))).code).toBe(0);
    await until('the stream has ended', () => stream.end !== undefined);
    const before = other.pieces;
    if (more === 'if asked') other.ask();
    if (more !== 'none' && more !== 'at the end')
      await until('the other one goes on', () => other.pieces > before || other.end !== undefined);
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
    expect(await endInMiddle((key) => openGrpc(client, path, { ...row, key }), row)).toEqual({
      code: status.UNAUTHENTICATED,
      details: ENDED,
    });
  });
});

it('then nothing generates any more', async () => {
  await until('no slot is taken', async () =>
    /^millrace_runtime_slots_busy\{[^}]*kjv[^}]*\} 0$/m.test(await metrics()),
  );
});
