import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { floats, MODELS } from '../support/dialect-requests.js';
import { type ObjectDouble, startObjectDouble } from '../support/object-double.js';
import { type Ask, asking, BEN, contentsOf, createBatch, endOf, KEYS } from '../support/openai-files.js';
import { until } from '../support/until.js';

const INFER = '/v2/models/floats/infer';
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIDSERVER', AWS_SECRET_ACCESS_KEY: 'secret-of-the-server' };
const INPUT = 's3://data/anne/in.jsonl';
const OUTPUT = 's3://data/out/run/';

const lineOf = (id: string, body: object = floats(1)) =>
  JSON.stringify({ custom_id: id, method: 'POST', url: INFER, body });

let objects: ObjectDouble;
let server: AppServer;
let ask: Ask;
beforeAll(async () => {
  objects = await startObjectDouble();
  Object.assign(process.env, CREDENTIALS);
  server = await startAppServer(MODELS, {
    auth: { keys: KEYS },
    objectStore: { endpoint: objects.url, maxAttempts: 1 },
    files: { maxFileBytes: 100_000 },
    jobs: {
      inputs: {
        allow: [
          { principal: 'key:anne', prefixes: ['s3://data/anne/'] },
          { principal: 'key:ben', prefixes: ['s3://data/shared/one'] },
        ],
      },
      outputs: { allow: [{ principal: 'key:anne', prefixes: ['s3://data/out/'] }] },
    },
  });
  ask = asking(server.port);
});
afterAll(async () => {
  for (const name of Object.keys(CREDENTIALS)) delete process.env[name];
  await server[Symbol.asyncDispose]();
  await objects[Symbol.asyncDispose]();
});
beforeEach(() => objects.objects.clear());

const create = (more: object = {}, key?: string) =>
  ask('batches', {
    json: { input_file_id: INPUT, endpoint: INFER, completion_window: '24h', ...more },
    ...(key !== undefined && { key }),
  });
const textOf = (url: string) => objects.objects.get(`/${url.slice('s3://'.length)}`);
const nothingIsLeft = () => until('no content is left', async () => (await contentsOf(server)).length === 0);
const idsOf = (text = '') =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).custom_id);

describe('a batch of objects', () => {
  it('reads its requests from one, and writes its results and errors to two others', async () => {
    objects.objects.set('/data/anne/in.jsonl', `${lineOf('a')}\n${lineOf('b', {})}\n${lineOf('c')}`);
    const { json } = await create({ output_prefix: OUTPUT });
    expect(json).toMatchObject({ input_file_id: INPUT, status: 'validating', errors: null });
    const batch = await endOf(ask, json.id);
    expect(batch).toMatchObject({
      status: 'completed',
      input_file_id: INPUT,
      output_file_id: `${OUTPUT}${json.id}_output.jsonl`,
      error_file_id: `${OUTPUT}${json.id}_error.jsonl`,
      request_counts: { total: 3, completed: 2, failed: 1 },
    });
    expect(idsOf(textOf(batch.output_file_id))).toEqual(['a', 'c']);
    expect(idsOf(textOf(batch.error_file_id))).toEqual(['b']);
    expect((await ask('files')).json.data).toEqual([]);
    await nothingIsLeft();
  });

  it('reads all objects below a prefix, in the order of their keys, each from a line of its own', async () => {
    objects.objects.set('/data/anne/day/2.jsonl', `${lineOf('c')}\n`);
    objects.objects.set('/data/anne/day/', '');
    objects.objects.set('/data/anne/day/1.jsonl', `${lineOf('a')}\n${lineOf('b')}`);
    objects.objects.set('/data/anne/daylight.jsonl', lineOf('d'));
    const { json } = await create({ input_file_id: 's3://data/anne/day/', output_prefix: OUTPUT });
    const batch = await endOf(ask, json.id);
    expect(batch).toMatchObject({ status: 'completed', error_file_id: null });
    expect(idsOf(textOf(batch.output_file_id))).toEqual(['a', 'b', 'c']);
  });

  it('may read a file and write objects, and the other way round', async () => {
    const { json } = await createBatch(ask, [{ custom_id: 'f', url: INFER, body: floats(1) }], {
      output_prefix: OUTPUT,
    });
    const first = await endOf(ask, json.id);
    expect(idsOf(textOf(first.output_file_id))).toEqual(['f']);
    expect((await ask(`files/${json.input_file_id}`, { method: 'DELETE' })).status).toBe(200);
    objects.objects.set('/data/anne/in.jsonl', lineOf('o'));
    const second = await endOf(ask, (await create()).json.id);
    expect(second.output_file_id).toMatch(/^file-/);
    expect(idsOf((await ask(`files/${second.output_file_id}/content`)).text)).toEqual(['o']);
    expect((await ask(`files/${second.output_file_id}`, { method: 'DELETE' })).status).toBe(200);
    await nothingIsLeft();
  });

  it.each<[string, string, string, string, string]>([
    [
      'that is missing',
      's3://data/anne/none.jsonl',
      '',
      'input_unreadable',
      's3://data/anne/none.jsonl: there is no such object (NoSuchKey; No.)',
    ],
    [
      'whose prefix is empty',
      's3://data/anne/none/',
      '',
      'input_unreadable',
      "'s3://data/anne/none/': there are no objects",
    ],
    [
      'that is too large',
      INPUT,
      'x'.repeat(100_001),
      'input_too_large',
      'the file is too large: expected at most 100000 bytes (files.maxFileBytes)',
    ],
    ['that is empty', INPUT, '', 'empty_file', 'The file has no requests.'],
  ])('%s fails with the reason', async (_, input, text, code, message) => {
    if (input === INPUT) objects.objects.set('/data/anne/in.jsonl', text);
    const { json } = await create({ input_file_id: input });
    const batch = await endOf(ask, json.id);
    expect(batch).toMatchObject({ status: 'failed', errors: { data: [{ code, message, line: null, param: null }] } });
    await nothingIsLeft();
  });
});

it.each<[string, object, string | undefined, number, string, string | null]>([
  [
    'an object of another caller',
    {},
    BEN,
    403,
    `'${INPUT}' is below no prefix that jobs.inputs.allow lists for 'key:ben'`,
    null,
  ],
  [
    'another bucket',
    { input_file_id: 's3://secrets/anne/in.jsonl' },
    undefined,
    403,
    "'s3://secrets/anne/in.jsonl' is below no prefix that jobs.inputs.allow lists for 'key:anne'",
    null,
  ],
  [
    'a step up',
    { input_file_id: 's3://data/anne/../ben/in.jsonl' },
    undefined,
    400,
    "'input_file_id': 's3://data/anne/../ben/in.jsonl' is not the URL of an object: the key has a segment '.' or '..'",
    'input_file_id',
  ],
  [
    'an output without a slash at its end',
    { output_prefix: 's3://data/out/run' },
    undefined,
    400,
    "'output_prefix': expected a URL with a slash at its end, got 's3://data/out/run'",
    'output_prefix',
  ],
  [
    'an output of another kind',
    { output_prefix: 'https://169.254.169.254/' },
    undefined,
    400,
    "'output_prefix': 'https://169.254.169.254/' is not the URL of an object: expected s3://<bucket>/<key>",
    'output_prefix',
  ],
  [
    'an output that is no text',
    { output_prefix: 1 },
    undefined,
    400,
    "'output_prefix': expected a string, got 1",
    'output_prefix',
  ],
  [
    'an end of objects',
    { output_prefix: OUTPUT, output_expires_after: { anchor: 'created_at', seconds: 3_600 } },
    undefined,
    400,
    "'output_expires_after': expected none beside 'output_prefix': objects do not expire",
    'output_expires_after',
  ],
])('a batch that names %s is refused, and no store is asked', async (_, more, key, status, message, param) => {
  const before = objects.asked.length;
  expect(await create(more, key)).toMatchObject({ status, json: { error: { message, param } } });
  expect(objects.asked.length).toBe(before);
});

it('a prefix of inputs is refused where a rule lists an object in it only', async () => {
  const { status } = await create({ input_file_id: 's3://data/shared/' }, BEN);
  expect(status).toBe(403);
});

it('an output below no allowed prefix is refused', async () => {
  const { status, json } = await create({ output_prefix: 's3://data/anne/' });
  expect([status, json.error.message]).toEqual([
    403,
    expect.stringMatching(/^'s3:\/\/data\/anne\/batch_\w+_output\.jsonl' is below no prefix that jobs\.outputs\.allow/),
  ]);
});
