import { status } from '@grpc/grpc-js';
import { Value } from '@sinclair/typebox/value';
import { afterEach, describe, expect, it } from 'vitest';
import { MillraceError, type Principal } from '../../src/core/index.js';
import { createOipDialect } from '../../src/protocols/oip/dialect.js';
import { createOpenAiDialect } from '../../src/protocols/openai/dialect.js';
import { type OpenAiOptions, OpenAiOptionsSchema } from '../../src/protocols/openai/options.js';
import { createDialectContext } from '../support/dialects.js';
import { closeGrpcServers, framed, GrpcClient, RawGrpc, startGrpcServer } from '../support/grpc-server.js';
import { closeTestServers, EVERYBODY, startTestServer } from '../support/http-server.js';
import { RawClient } from '../support/raw-client.js';

afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
});

const BODY = '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}';
const ASKED = 'this server needs a key';
const TWICE = (name: string) => `the header '${name}' came twice: send one credential`;
const DIFFER = (name: string) =>
  `the request has credentials that differ, one of them in the header '${name}': send one`;
const IN_URL =
  'a key must not be part of a URL, which proxies and logs keep: send it as `Authorization: Bearer <key>`, and replace the one that was sent';

function authenticate(authorization: string | undefined): Principal {
  if (authorization === 'Bearer good') return EVERYBODY;
  throw new MillraceError('unauthenticated', authorization === undefined ? ASKED : 'this key is not known');
}

/** What a request with these header lines is answered: its status, and the message of an error. */
async function ask(path: string, lines: readonly string[], options: { readonly fastPath: boolean }) {
  const context = createDialectContext();
  const openai = createOpenAiDialect(context, Value.Default(OpenAiOptionsSchema, {}) as OpenAiOptions);
  const dependencies = { authenticate, requiresKey: true, dialects: [createOipDialect(context), openai] };
  const { port } = await startTestServer({ options, dependencies });
  const client = await RawClient.connect(port);
  const head = ['host: localhost', ...lines, `content-length: ${BODY.length}`].join('\r\n');
  client.send(`POST ${path} HTTP/1.1\r\n${head}\r\n\r\n${BODY}`);
  const { status: code, body } = await client.response();
  const { error } = JSON.parse(body.toString());
  return code === 200 ? 200 : [code, error.message ?? error];
}

const INFER = '/v2/models/m/infer';
const CHAT = '/v1/chat/completions';

describe.each([true, false])('a credential over HTTP (fast path: %o)', (fastPath) => {
  it.each([
    [['authorization: Bearer good']],
    [['x-api-key: good']],
    [['X-API-Key: good ']],
    [['authorization: Bearer good', 'x-api-key: good']],
  ])('is taken from %j', async (lines) => {
    expect(await ask(INFER, lines, { fastPath })).toBe(200);
  });

  it.each([
    [[], ASKED],
    [['api-key: good'], ASKED],
    [['x-goog-api-key: good'], ASKED],
    [['x-api-key: bad'], 'this key is not known'],
    [['x-api-key:'], "the header 'x-api-key' must hold the key and nothing else"],
    [['x-api-key: Bearer good'], "the header 'x-api-key' must hold the key and nothing else"],
    [['authorization: Bearer good', 'authorization: Bearer good'], TWICE('authorization')],
    [['authorization: Bearer good', 'Authorization: Bearer bad'], TWICE('authorization')],
    [['x-api-key: good', 'X-Api-Key: bad'], TWICE('x-api-key')],
    [['authorization: Bearer good', 'x-api-key: bad'], DIFFER('x-api-key')],
    [['authorization: Bearer bad', 'x-api-key: good'], DIFFER('x-api-key')],
    [['authorization: Basic Z29vZA==', 'x-api-key: good'], DIFFER('x-api-key')],
  ])('%j is refused', async (lines, message) => {
    expect(await ask(INFER, lines, { fastPath })).toEqual([401, message]);
  });

  it.each(['api_key', 'api-key', 'apikey', 'key', 'X-API-Key', 'access_token', 'Authorization'])(
    'is never taken from the URL, where it is called %s',
    async (name) => {
      expect(await ask(`${INFER}?${name}=good`, [], { fastPath })).toEqual([401, IN_URL]);
      expect(await ask(`${INFER}?a=1&${name}=good`, ['x-api-key: good'], { fastPath })).toEqual([401, IN_URL]);
    },
  );

  it('is known in a URL by what it looks like', async () => {
    const url = `${INFER}?token=mr_0123456789_secret`;
    expect(await ask(url, ['x-api-key: good'], { fastPath })).toEqual([401, IN_URL]);
    expect(await ask(`${INFER}?monkey=1&keys=2`, ['x-api-key: good'], { fastPath })).toBe(200);
  });
});

describe('a credential', () => {
  it("is taken as Azure's clients of OpenAI's API send it", async () => {
    const answered = (lines: readonly string[]) => ask(CHAT, lines, { fastPath: true });
    // Who may come in is told what is wrong with the request.
    const inside = [400, expect.any(String)];
    expect(await answered(['api-key: good'])).toEqual(inside);
    expect(await answered(['x-api-key: good'])).toEqual(inside);
    expect(await answered(['api-key: bad'])).toEqual([401, 'this key is not known']);
    expect(await answered(['api-key: good', 'x-api-key: bad'])).toEqual([401, DIFFER('x-api-key')]);
  });

  it('is not asked for where there are no keys, whatever is sent', async () => {
    const { url } = await startTestServer();
    const headers = { 'x-api-key': 'a b', 'content-type': 'application/json' };
    expect((await fetch(`${url}${INFER}?key=1`, { method: 'POST', body: BODY, headers })).status).toBe(200);
  });
});

describe('a credential over gRPC', () => {
  it.each([
    [{ authorization: 'Bearer good' }, undefined],
    [{ 'x-api-key': 'good' }, undefined],
    [{ 'x-api-key': 'good', authorization: 'Bearer good' }, undefined],
    [{ 'x-api-key': 'bad', authorization: 'Bearer good' }, DIFFER('x-api-key')],
    [{ 'api-key': 'good' }, ASKED],
    [{}, ASKED],
  ])('%j', async (metadata, message) => {
    const { target } = await startGrpcServer({ authenticate });
    const client = new GrpcClient(target);
    const { error } = await client.unary(Buffer.from('a'), { metadata });
    expect(error?.details).toBe(message);
    if (message !== undefined) expect(error?.code).toBe(status.UNAUTHENTICATED);
  });

  it('that comes twice is refused', async () => {
    const { port } = await startGrpcServer({ authenticate });
    const twice = ['good', 'good'] as unknown as string;
    const answer = await new RawGrpc(port).send([framed(Buffer.from('a'))], { 'x-api-key': twice });
    expect(answer.headers).toMatchObject({ 'grpc-status': '16', 'grpc-message': TWICE('x-api-key') });
  });
});
