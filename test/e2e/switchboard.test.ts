import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { createSettings, DIALECTS, type PartialSettings } from '../../src/config/index.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';

afterEach(closeGrpcServers);

async function ask(server: AppServer, line: string) {
  const { status: code, body } = jsonOf(await server.send(line, line.startsWith('POST') ? '{}' : undefined));
  return [code, body.error?.message ?? body.error ?? body.message];
}

describe('a dialect that is switched off', () => {
  it('says how to switch it on, in its own form, wherever it would answer', async () => {
    await using server = await startAppServer({}, { oip: { enabled: false } });
    const off = (line: string) => `no route ${line}: the dialect 'oip' is off; \`oip.enabled: true\` switches it on`;
    for (const line of ['POST /v2/models/m/infer', 'GET /v2', 'GET /v2/models/m/versions/3/ready']) {
      expect(await ask(server, line)).toEqual([404, off(line)]);
    }
    expect(await ask(server, 'POST /v2/health/live')).toEqual([404, 'no route POST /v2/health/live']);
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const path = '/inference.GRPCInferenceService/ServerLive';
    expect((await client.unary(new Uint8Array(), { path })).error).toMatchObject({
      code: status.UNIMPLEMENTED,
      details:
        "service 'inference.GRPCInferenceService' is not served here: the dialect 'oip' is off; `oip.enabled: true` switches it on",
    });
  });

  it('is no reason to refuse what others serve', async () => {
    await using server = await startAppServer({}, { openai: { enabled: false } });
    expect(await ask(server, 'POST /v1/chat/completions')).toEqual([
      404,
      "no route POST /v1/chat/completions: the dialect 'openai' is off; `openai.enabled: true` switches it on",
    ]);
    expect((await server.send('GET /v2')).status).toBe(200);
  });
});

const NAMES = DIALECTS.map(({ name }) => name);

const SWITCHED: readonly (readonly [where: string, settings: PartialSettings])[] = [
  ['none is switched', {}],
  ...NAMES.map((on): readonly [string, PartialSettings] => [
    `only ${on} is on`,
    Object.fromEntries(NAMES.map((name) => [name, { enabled: name === on }])),
  ]),
];

it.each(SWITCHED)('a browser at the root gets the documentation where %s', async (_where, settings) => {
  await using server = await startAppServer({}, settings);
  const { status: code, headers } = await server.send('GET /', '', {
    accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  });
  expect([code, headers.location]).toEqual([302, '/docs']);
  expect((await server.send('GET /docs')).status).toBe(200);
});

it('a client of KServe that asks for its health where kserve is off learns how to switch it on', async () => {
  await using server = await startAppServer({});
  expect(await ask(server, 'GET /')).toEqual([
    404,
    "no route GET /: the dialect 'kserve' is off; `kserve.enabled: true` switches it on",
  ]);
});

it('a dialect that is on may have ports of its own, besides the shared ones', async () => {
  await using server = await startAppServer({}, { oip: { httpPort: 0, grpcPort: 0 } });
  const { oip } = server.addresses.dialects;
  expect((await fetch(`${oip?.http?.url}/v2`)).status).toBe(200);
  expect((await fetch(`${oip?.http?.url}/v1/models`)).status).toBe(404);
  expect((await server.send('GET /v2')).status).toBe(200);
  for (const address of [oip?.grpc?.url ?? '', `127.0.0.1:${server.grpcPort}`]) {
    const client = new GrpcClient(address);
    const path = '/inference.GRPCInferenceService/ServerLive';
    expect((await client.unary(new Uint8Array(), { path })).error).toBeNull();
  }
});

it('a server speaks something', async () => {
  const settings = createSettings({
    oip: { enabled: false },
    openai: { enabled: false },
    anthropic: { enabled: false },
    tei: { enabled: false },
    rerank: { enabled: false },
    millrace: { enabled: false },
  });
  await expect(createApp(settings)).rejects.toThrow('a server needs at least one dialect');
});
