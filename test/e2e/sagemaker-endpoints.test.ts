import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { readEventStream } from '../support/event-stream.js';
import { type AwsSigner, signAws } from '../support/sign-aws.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const ECHO =
  'runtime: echo\ninputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\noutputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\ninstances: { placement: inline }\n';
const ALICE = { id: 'AKIDALICE', secret: 'alice-secret-0123456789' };
const OBSERVER = { id: 'AKIDOBSERVER', secret: 'observer-secret-0123456789' };
const ROW = '{"instances":[[1,2]]}';

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      'echo/model.yaml': `${ECHO}versions: all\nlabels: { canary: 2, stable: 1 }\n`,
      'echo/1/': '',
      'echo/2/': '',
      'other/model.yaml': ECHO,
      'other/1/': '',
      'kjv/1/model.gguf': TINY,
      'kjv/model.yaml': 'llama: { contextTokens: 256, slots: 1, threads: 1 }\n',
    },
    {
      auth: {
        keys: [
          { name: 'alice', key: 'alice-key-0123456789', scopes: ['infer'] },
          { name: 'observer', key: 'observer-key-0123456789', scopes: ['observe'] },
        ],
      },
      sagemaker: {
        enabled: true,
        model: 'echo',
        accessKeys: [
          { ...ALICE, key: 'alice' },
          { ...OBSERVER, key: 'observer' },
        ],
      },
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

interface Sending {
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly signer?: AwsSigner;
  /** What is sent instead of what was signed. */
  readonly sent?: string;
  readonly changed?: Record<string, string>;
}

async function send(route: string, { body = ROW, headers = {}, signer = ALICE, sent, changed = {} }: Sending = {}) {
  const url = `http://127.0.0.1:${server.port}/endpoints/${route}`;
  const signed = signAws({ url, body, headers: { 'content-type': 'application/json', ...headers } }, signer);
  const response = await fetch(url, {
    method: 'POST',
    body: Buffer.from(sent ?? body),
    headers: { ...signed, ...changed },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, text: bytes.toString() };
}

function refusalOf({ status, headers, text }: Awaited<ReturnType<typeof send>>) {
  return [status, headers.get('x-amzn-errortype'), JSON.parse(text).Message];
}

describe('InvokeEndpoint', () => {
  it.each<[string, Sending, string]>([
    ['echo/invocations', {}, 'AllTraffic'],
    ['my-endpoint/invocations', {}, 'AllTraffic'],
    ['my-endpoint/invocations', { headers: { 'x-amzn-sagemaker-target-model': 'other.tar.gz' } }, 'AllTraffic'],
    ['my-endpoint/invocations', { headers: { 'x-amzn-sagemaker-inference-component': 'other' } }, 'AllTraffic'],
    ['echo/invocations', { headers: { 'x-amzn-sagemaker-target-variant': 'canary' } }, 'canary'],
    ['with%20space/invocations', {}, 'AllTraffic'],
  ])('runs the model of %s %j', async (route, sending, variant) => {
    const { status, headers, text } = await send(route, sending);
    expect([status, text]).toEqual([200, '{"predictions":[[1.0,2.0]]}']);
    expect(headers.get('x-amzn-invoked-production-variant')).toBe(variant);
  });

  it('runs the version with the label of the variant', async () => {
    const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }] });
    const versionOf = async (headers: Record<string, string>) =>
      JSON.parse((await send('echo/invocations', { body, headers })).text).model_version;
    expect(await versionOf({})).toBe('1');
    expect(await versionOf({ 'x-amzn-sagemaker-target-variant': 'canary' })).toBe('2');
  });

  it('passes on what the model refuses as SageMaker does', async () => {
    const { status, headers, text } = await send('echo/invocations', { body: '{"instances":[[1,"a"]]}' });
    expect([status, headers.get('x-amzn-errortype')]).toEqual([424, 'ModelError']);
    const { OriginalStatusCode, OriginalMessage, Message } = JSON.parse(text);
    expect(OriginalStatusCode).toBe(400);
    expect(OriginalMessage).toContain('got a string');
    expect(Message).toBe(`Received client error (400) from primary with message "${OriginalMessage}".`);
  });

  it.each<[string, Sending, number, string, string]>([
    [
      'echo/async-invocations',
      {},
      501,
      'ValidationError',
      'there are no asynchronous invocations: the setting sagemaker.asyncOutput is not set; use InvokeEndpoint',
    ],
    [
      'echo/invocations',
      { headers: { 'x-amzn-sagemaker-session-id': 'NEW_SESSION' } },
      400,
      'ValidationError',
      'header x-amzn-sagemaker-session-id: there are no stateful sessions',
    ],
    [
      'echo/invocations',
      { headers: { 'x-amzn-sagemaker-custom-attributes': 'a'.repeat(1025) } },
      400,
      'ValidationError',
      'expected at most 1024 characters, got 1025',
    ],
    [
      'echo/invocations',
      { headers: { 'x-amzn-sagemaker-target-model': 'missing' } },
      424,
      'ModelError',
      "Request for unknown model: 'missing' is not found",
    ],
    [
      'echo/invocations',
      { headers: { 'x-amzn-sagemaker-target-variant': 'missing' } },
      424,
      'ModelError',
      "model 'echo' has no label 'missing'",
    ],
    [
      'echo/invocations',
      { headers: { 'content-type': 'application/x-npy' } },
      424,
      'ModelError',
      "(415) from primary with message \"a body of type 'application/x-npy' cannot be read",
    ],
    ['echo/invocations', { headers: { accept: 'image/png' } }, 424, 'ModelError', '(406) from primary'],
    [
      'echo/invocations',
      { signer: OBSERVER },
      403,
      'AccessDeniedException',
      "'key:observer' lacks the right 'model.infer' on 'echo'",
    ],
  ])('refuses %s %j', async (route, sending, status, type, message) => {
    const refusal = refusalOf(await send(route, sending));
    expect(refusal).toEqual([status, type, expect.stringContaining(message)]);
  });
});

describe('a signature', () => {
  const minutes = (count: number) => new Date(Date.now() + count * 60_000);

  it.each<[string, Sending, string, string]>([
    [
      'by an unknown key',
      { signer: { ...ALICE, id: 'AKIDMALLORY' } },
      'UnrecognizedClientException',
      "access key 'AKIDMALLORY' is not one of sagemaker.accessKeys",
    ],
    [
      'with a wrong secret',
      { signer: { ...ALICE, secret: 'wrong' } },
      'InvalidSignatureException',
      'the signature is not that of this request',
    ],
    [
      'of another body',
      { sent: '{"instances":[[9,9]]}' },
      'InvalidSignatureException',
      'the signature is not that of this request',
    ],
    [
      'of other headers',
      { changed: { 'content-type': 'text/csv' } },
      'InvalidSignatureException',
      'the signature is not that of this request',
    ],
    [
      'of another service',
      { signer: { ...ALICE, service: 's3' } },
      'IncompleteSignatureException',
      "the credential must be for 'sagemaker/aws4_request', got 's3/aws4_request'",
    ],
    [
      'that is old',
      { signer: { ...ALICE, date: minutes(-6) } },
      'InvalidSignatureException',
      'they may be 5 minutes apart',
    ],
    [
      'from the future',
      { signer: { ...ALICE, date: minutes(6) } },
      'InvalidSignatureException',
      'they may be 5 minutes apart',
    ],
    [
      'that is cut',
      { changed: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIDALICE' } },
      'IncompleteSignatureException',
      'the Authorization header must have the form',
    ],
    [
      'without a signed header',
      { changed: { 'x-amz-security-token': 'a' } },
      'IncompleteSignatureException',
      "the header 'x-amz-security-token' must be signed",
    ],
    [
      'that leaves the body out',
      { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      'InvalidSignatureException',
      "got 'UNSIGNED-PAYLOAD': unsigned payloads are not taken",
    ],
    [
      'with the hash of another body',
      { headers: { 'x-amz-content-sha256': 'a'.repeat(64) } },
      'InvalidSignatureException',
      'the header X-Amz-Content-Sha256 is not the SHA-256 of the body',
    ],
  ])('%s is refused', async (_what, sending, type, message) => {
    expect(refusalOf(await send('echo/invocations', sending))).toEqual([401, type, expect.stringContaining(message)]);
  });

  it('holds within five minutes, and for large bodies', async () => {
    expect((await send('echo/invocations', { signer: { ...ALICE, date: minutes(-4) } })).status).toBe(200);
    const body = `{"instances":[[1,2${' '.repeat(3_000_000)}]]}`;
    expect((await send('echo/invocations', { body })).text).toBe('{"predictions":[[1.0,2.0]]}');
  });

  it('is not needed where a key is sent, but one of them is', async () => {
    const ask = (authorization?: string) =>
      server.send('POST /endpoints/echo/invocations', ROW, authorization === undefined ? {} : { authorization });
    expect((await ask('Bearer alice-key-0123456789')).status).toBe(200);
    expect((await ask()).status).toBe(401);
  });

  it('is written to no log, and neither is its caller before it is checked', async () => {
    const before = server.log.length;
    await send('echo/invocations', { signer: { ...ALICE, secret: 'wrong' } });
    const lines = JSON.stringify(server.log.slice(before));
    expect(lines).not.toContain('alice');
    expect(lines).not.toContain('Signature=');
  });
});

describe('InvokeEndpointWithResponseStream', () => {
  it('passes the events of a language model on as they come', async () => {
    const body = JSON.stringify({ prompt: 'In the beginning', max_tokens: 3, temperature: 0, stream: true });
    const { headers, bytes } = await send('kjv/invocations-response-stream', { body });
    expect(headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
    expect(headers.get('x-amzn-sagemaker-content-type')).toBe('text/event-stream; charset=utf-8');
    const messages = readEventStream(bytes);
    expect(messages.length).toBeGreaterThan(2);
    expect(new Set(messages.map(({ headers: { ':event-type': type } }) => type))).toEqual(new Set(['PayloadPart']));
    expect(messages.at(-1)?.payload).toBe('data: [DONE]\n\n');
  });

  it('carries an answer that is one piece', async () => {
    const { bytes } = await send('echo/invocations-response-stream');
    expect(readEventStream(bytes)).toEqual([
      {
        headers: {
          ':event-type': 'PayloadPart',
          ':content-type': 'application/octet-stream',
          ':message-type': 'event',
        },
        payload: '{"predictions":[[1.0,2.0]]}',
      },
    ]);
  });

  it('answers with an error as such where nothing has been sent yet', async () => {
    const body = JSON.stringify({ prompt: 'a', max_tokens: -2, stream: true });
    const refusal = refusalOf(await send('kjv/invocations-response-stream', { body }));
    expect(refusal).toEqual([424, 'ModelError', expect.stringContaining('max_tokens')]);
  });
});
