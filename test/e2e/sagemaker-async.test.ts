import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { type ObjectDouble, startObjectDouble } from '../support/object-double.js';
import { type AwsSigner, signAws } from '../support/sign-aws.js';

const ECHO =
  'runtime: echo\ninputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\noutputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]\ninstances: { placement: inline }\n';
const ALICE = { id: 'AKIDALICE', secret: 'alice-secret-0123456789' };
const BOB = { id: 'AKIDBOB', secret: 'bob-secret-0123456789' };
const OBSERVER = { id: 'AKIDOBSERVER', secret: 'observer-secret-0123456789' };
/** Of the server, at the store. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIDSERVER', AWS_SECRET_ACCESS_KEY: 'secret-of-the-server' };
const ROW = '{"instances":[[1,2]]}';
const INPUT = 's3://data/alice/in.json';

let objects: ObjectDouble;
let server: AppServer;
beforeAll(async () => {
  objects = await startObjectDouble();
  Object.assign(process.env, CREDENTIALS);
  const keys = ['alice', 'bob', 'observer'].map((name) => ({
    name,
    key: `${name}-key-0123456789`,
    scopes: [name === 'observer' ? ('observe' as const) : ('infer' as const)],
  }));
  const accessKeys = [
    { ...ALICE, key: 'alice' },
    { ...BOB, key: 'bob' },
    { ...OBSERVER, key: 'observer' },
  ];
  server = await startAppServer(
    { 'echo/model.yaml': ECHO, 'echo/1/': '' },
    {
      auth: { keys },
      objectStore: { endpoint: objects.url },
      jobs: {
        inputs: { allow: [{ principal: 'key:alice', prefixes: ['s3://data/alice/'] }] },
        outputs: { allow: [{ principal: 'key:*', prefixes: ['s3://data/out/'] }] },
      },
      sagemaker: { enabled: true, model: 'echo', accessKeys, asyncOutput: 's3://data/out/' },
    },
  );
});
afterAll(async () => {
  for (const name of Object.keys(CREDENTIALS)) delete process.env[name];
  await server[Symbol.asyncDispose]();
  await objects[Symbol.asyncDispose]();
});
beforeEach(() => {
  objects.objects.clear();
  objects.objects.set('/data/alice/in.json', ROW);
});

interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signer?: AwsSigner;
  readonly route?: string;
}

const named = { 'x-amzn-sagemaker-inputlocation': INPUT };

async function send({ headers = named, body = '', signer = ALICE, route = 'echo' }: Sending = {}) {
  const url = `http://127.0.0.1:${server.port}/endpoints/${route}/async-invocations`;
  const signed = signAws({ url, body, headers: { ...headers } }, signer);
  const response = await fetch(url, { method: 'POST', body, headers: signed });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends one, waits until its job has ended, and gives it with its objects. */
async function invoked(sending: Sending = {}) {
  const { status, headers, text } = await send(sending);
  expect([status, text]).toEqual([202, expect.stringMatching(/^\{"InferenceId":/)]);
  const auth = { authorization: `Bearer ${sending.signer === BOB ? 'bob' : 'alice'}-key-0123456789` };
  const response = await fetch(`http://127.0.0.1:${server.port}${headers.get('location')}/status`, {
    headers: { ...auth, prefer: 'wait=30' },
  });
  const objectOf = (name: string) => objects.objects.get(`/${(headers.get(name) ?? '').slice('s3://'.length)}`);
  return {
    headers,
    id: JSON.parse(text).InferenceId as string,
    job: await response.json(),
    output: objectOf('x-amzn-sagemaker-outputlocation'),
    failure: objectOf('x-amzn-sagemaker-failurelocation'),
  };
}

describe('InvokeEndpointAsync', () => {
  it('reads the object of its request, and writes that of its answer', async () => {
    const { headers, id, job, output, failure } = await invoked();
    expect(headers.get('x-amzn-sagemaker-outputlocation')).toBe(`s3://data/out/${id}.out`);
    expect(headers.get('x-amzn-sagemaker-failurelocation')).toBe(`s3://data/out/${id}-error.out`);
    expect(headers.get('location')).toBe(`/millrace/v1/jobs/${id}`);
    expect(job).toMatchObject({
      state: 'succeeded',
      model: 'echo',
      dialect: 'sagemaker',
      principal: 'alice',
      status: 200,
    });
    expect(output).toBe('{"predictions":[[1.0,2.0]]}');
    expect(failure).toBeUndefined();
  });

  it('takes a request as its body, with its type and the id that the caller gives', async () => {
    const headers = { 'x-amzn-sagemaker-content-type': 'text/csv', 'x-amzn-sagemaker-inference-id': 'mine' };
    const { id, output } = await invoked({ headers, body: '3,4', signer: BOB });
    expect(id).toBe('mine');
    expect(output).toContain('3.0');
  });

  it('writes why it failed, as InvokeEndpoint says it', async () => {
    objects.objects.set('/data/alice/in.json', '{"instances":[[1,"a"]]}');
    const { job, output, failure } = await invoked();
    expect(job).toMatchObject({ state: 'failed', error: { code: 'invalid_argument' } });
    expect(output).toBeUndefined();
    expect(JSON.parse(failure ?? '')).toMatchObject({ OriginalStatusCode: 400 });
  });

  it('fails where its object is missing', async () => {
    const { job, failure } = await invoked({
      headers: { 'x-amzn-sagemaker-inputlocation': 's3://data/alice/missing.json' },
    });
    const message = 's3://data/alice/missing.json: there is no such object (NoSuchKey; No.)';
    expect(job).toMatchObject({ state: 'failed', error: { code: 'failed_precondition', message } });
    expect(JSON.parse(failure ?? '')).toEqual({ error: { code: 'failed_precondition', message } });
  });
});

const INPUT_HEADER = 'x-amzn-sagemaker-inputlocation';

it.each<[string, Sending, number, string, string]>([
  [
    'an object of another caller',
    { signer: BOB },
    403,
    'AccessDeniedException',
    "'s3://data/alice/in.json' is below no prefix that jobs.inputs.allow lists for 'key:bob'",
  ],
  [
    'an object of another caller that is missing',
    { signer: BOB, headers: { [INPUT_HEADER]: 's3://data/alice/none' } },
    403,
    'AccessDeniedException',
    "'s3://data/alice/none' is below no prefix that jobs.inputs.allow lists for 'key:bob'",
  ],
  [
    'another bucket',
    { headers: { [INPUT_HEADER]: 's3://secrets/alice/in.json' } },
    403,
    'AccessDeniedException',
    "'s3://secrets/alice/in.json' is below no prefix that jobs.inputs.allow lists for 'key:alice'",
  ],
  [
    'a step up',
    { headers: { [INPUT_HEADER]: 's3://data/alice/../bob/in.json' } },
    400,
    'ValidationError',
    "header x-amzn-sagemaker-inputlocation: 's3://data/alice/../bob/in.json' is not the URL of an object: the key has a segment '.' or '..'",
  ],
  [
    'a URL of another kind',
    { headers: { [INPUT_HEADER]: 'https://169.254.169.254/latest/meta-data' } },
    400,
    'ValidationError',
    "header x-amzn-sagemaker-inputlocation: 'https://169.254.169.254/latest/meta-data' is not the URL of an object: expected s3://<bucket>/<key>",
  ],
  [
    'neither object nor body',
    { headers: {} },
    400,
    'ValidationError',
    'expected the header x-amzn-sagemaker-inputlocation or a body',
  ],
  [
    'object and body',
    { body: ROW },
    400,
    'ValidationError',
    'expected the header x-amzn-sagemaker-inputlocation or a body, got both',
  ],
  [
    'a file name',
    { headers: { ...named, 'x-amzn-sagemaker-filename': 'x' } },
    400,
    'ValidationError',
    'header x-amzn-sagemaker-filename: answers are named by the server, so that no caller writes over what another has asked for',
  ],
  [
    'a time to live of a week',
    { headers: { ...named, 'x-amzn-sagemaker-requestttlseconds': '604800' } },
    400,
    'ValidationError',
    "header x-amzn-sagemaker-requestttlseconds: expected 60 to 21600 seconds, got '604800'",
  ],
  [
    'no time for the invocation',
    { headers: { ...named, 'x-amzn-sagemaker-invocationtimeoutseconds': '0' } },
    400,
    'ValidationError',
    "header x-amzn-sagemaker-invocationtimeoutseconds: expected 1 to 3600 seconds, got '0'",
  ],
  [
    'a session',
    { headers: { ...named, 'x-amzn-sagemaker-session-id': 'NEW_SESSION' } },
    400,
    'ValidationError',
    'header x-amzn-sagemaker-session-id: there are no stateful sessions: use the sequences of the Open Inference Protocol',
  ],
  [
    'no right to infer',
    { signer: OBSERVER },
    403,
    'AccessDeniedException',
    "'key:observer' lacks the right 'model.infer' on 'echo'; its roles: viewer",
  ],
])('%s is refused, and no store is asked', async (_, sending, status, type, message) => {
  const before = objects.asked.length;
  const answer = await send(sending);
  expect([answer.status, answer.headers.get('x-amzn-errortype'), JSON.parse(answer.text).Message]).toEqual([
    status,
    type,
    message,
  ]);
  expect(objects.asked.length).toBe(before);
});
