import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';

afterEach(closeTestServers);

const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });

/** The address that the server takes a request for, which comes over 127.0.0.1. */
async function addressOf(trustedProxies: readonly string[], forwardedFor: string, line = 'POST /v2/models/m/infer') {
  const { port, finished } = await startTestServer({ options: { trustedProxies: [...trustedProxies] } });
  const client = await RawClient.connect(port);
  client.send(requestText(line, { 'x-forwarded-for': forwardedFor }, line.startsWith('POST') ? BODY : ''));
  await client.response();
  client.socket.destroy();
  return finished.map(({ remoteAddress }) => remoteAddress);
}

describe('behind a trusted proxy', () => {
  it('a request comes from the client that the proxy names', async () => {
    expect(await addressOf(['127.0.0.1'], '203.0.113.5, 198.51.100.9')).toEqual(['198.51.100.9']);
    expect(await addressOf(['127.0.0.1'], '203.0.113.5, 198.51.100.9', 'GET /v2')).toEqual(['198.51.100.9']);
  });

  it('clients that share a connection have addresses of their own', async () => {
    const { port, finished } = await startTestServer({ options: { trustedProxies: ['127.0.0.1'] } });
    const client = await RawClient.connect(port);
    for (const address of ['198.51.100.1', '198.51.100.2', '198.51.100.1']) {
      client.send(requestText('POST /v2/models/m/infer', { 'x-forwarded-for': address }, BODY));
      await client.response();
    }
    client.socket.destroy();
    expect(finished.map(({ remoteAddress }) => remoteAddress)).toEqual([
      '198.51.100.1',
      '198.51.100.2',
      '198.51.100.1',
    ]);
  });
});

it('The header of any other client is ignored', async () => {
  expect(await addressOf([], '198.51.100.9')).toEqual(['127.0.0.1']);
  expect(await addressOf(['10.0.0.0/8'], '198.51.100.9')).toEqual(['127.0.0.1']);
});

describe('a server behind a proxy', () => {
  let server: AppServer;
  beforeAll(async () => {
    const model = [
      'runtime: echo',
      'maxBatchSize: 0',
      'inputs: [{ name: x, datatype: FP32, shape: [2] }]',
      'outputs: [{ name: y, datatype: FP32, shape: [2] }]',
    ].join('\n');
    server = await startAppServer(
      { 'm/model.yaml': model, 'm/1/': '' },
      {
        server: { trustedProxies: ['127.0.0.1'] },
        auth: {
          maxFailedKeysPerMinute: 3,
          keys: [{ name: 'tester', key: 'key-of-tester-0123456789', scopes: ['infer', 'observe', 'manage'] }],
        },
      },
    );
  });
  afterAll(async () => {
    await closeGrpcServers();
    await server[Symbol.asyncDispose]();
  });

  const tryKey = async (key: string, forwardedFor: string) => {
    const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': forwardedFor };
    return (await server.send('POST /v2/models/m/infer', '{}', headers)).status;
  };

  it('counts failed keys by the address of the client, also where it forges others', async () => {
    for (let index = 0; index < 3; index++) {
      expect(await tryKey('wrong', `203.0.113.${index}, 198.51.100.66`)).toBe(401);
    }
    expect(await tryKey('wrong', '203.0.113.99, 198.51.100.66')).toBe(429);
    expect(await tryKey('wrong', '198.51.100.77')).toBe(401);
    expect(await tryKey('key-of-tester-0123456789', '198.51.100.77')).toBe(400);
  });

  it('logs the address of the client of a gRPC call', async () => {
    const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const path = '/inference.GRPCInferenceService/ServerLive';
    const metadata = { 'x-forwarded-for': '198.51.100.88', authorization: 'Bearer key-of-tester-0123456789' };
    await client.unary(requestBytes(path, {}), { path, metadata });
    expect(server.log.find(({ remote_address }) => remote_address === '198.51.100.88')).toBeDefined();
  });

  it('answers with paths below the prefix of the proxy', async () => {
    const headers = {
      authorization: 'Bearer key-of-tester-0123456789',
      'x-forwarded-for': '198.51.100.77',
      'x-forwarded-prefix': '/ml',
      'x-forwarded-proto': 'https',
      prefer: 'respond-async',
    };
    const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2] }] });
    const stored = await server.send('POST /v2/models/m/infer', body, headers);
    const { id, result, status } = JSON.parse(String(stored.body));
    expect(stored.headers.location).toBe(`/ml/millrace/v1/jobs/${id}`);
    expect({ result, status }).toEqual({
      result: `/ml/millrace/v1/jobs/${id}`,
      status: `/ml/millrace/v1/jobs/${id}/status`,
    });
  });
});

describe('on a server without keys', () => {
  it('a request through a trusted proxy never counts as local', async () => {
    await using server = await startAppServer(
      {},
      { server: { trustedProxies: ['127.0.0.1'] }, repository: { controlMode: 'explicit' } },
    );
    const answer = await server.send('POST /v2/repository/models/m/load', '{}');
    expect([answer.status, JSON.parse(String(answer.body)).error]).toEqual([
      401,
      'this server has no keys, so it answers callers on its own machine only: add a key under `auth.keys`, or allow everybody with `auth.allowAnonymous`',
    ]);
  });
});
