import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { floats, MODELS } from '../support/dialect-requests.js';
import { HTTPS_CA, type HttpsFiles, startHttpsFiles } from '../support/https-files.js';
import { type Ask, asking, BEN, contentsOf, endOf, KEYS, linesOf } from '../support/openai-files.js';
import { until } from '../support/until.js';

const INFER = '/v2/models/floats/infer';

const lineOf = (id: string, body: object = floats(1)) =>
  JSON.stringify({ custom_id: id, method: 'POST', url: INFER, body });

let web: HttpsFiles;
let server: AppServer;
let ask: Ask;
beforeAll(async () => {
  web = await startHttpsFiles();
  server = await startAppServer(MODELS, {
    auth: { keys: KEYS },
    files: { maxFileBytes: 100_000 },
    jobs: {
      inputs: {
        allow: [
          { principal: 'key:anne', prefixes: [`${web.url}/anne/`, `https://127.0.0.1:${web.port}/anne/`] },
          { principal: 'key:ben', prefixes: [`${web.url}/ben/`] },
        ],
        allowPrivate: [`localhost:${web.port}`],
        caFile: HTTPS_CA,
      },
    },
  });
  ask = asking(server.port);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
});
beforeEach(() => web.files.clear());

const create = (path: string, key?: string) =>
  ask('batches', {
    json: {
      input_file_id: path.startsWith('/') ? `${web.url}${path}` : path,
      endpoint: INFER,
      completion_window: '24h',
    },
    ...(key !== undefined && { key }),
  });
const nothingIsLeft = () => until('no content is left', async () => (await contentsOf(server)).length === 0);

describe('a batch whose input is a file of a web server', () => {
  it('copies it before it runs: a file that changes meanwhile changes nothing', async () => {
    web.files.set('/anne/in.jsonl', (_, response) => {
      web.files.set('/anne/in.jsonl', 'other');
      response.write(`${lineOf('a')}\n${lineOf('b', {})}\n`);
      response.end(lineOf('c'));
    });
    const before = web.asked.length;
    const { json } = await create('/anne/in.jsonl');
    expect(json).toMatchObject({ input_file_id: `${web.url}/anne/in.jsonl`, status: 'validating', errors: null });
    const batch = await endOf(ask, json.id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 2, failed: 1 } });
    expect((await linesOf(ask, batch.output_file_id)).map(({ custom_id }) => custom_id)).toEqual(['a', 'c']);
    expect((await linesOf(ask, batch.error_file_id)).map(({ custom_id }) => custom_id)).toEqual(['b']);
    expect(web.asked.length).toBe(before + 1);
    for (const file of [batch.output_file_id, batch.error_file_id]) await ask(`files/${file}`, { method: 'DELETE' });
    await nothingIsLeft();
  });

  it('waits with the reason where the file breaks off, and reads it again from its beginning', async () => {
    let isBroken = true;
    web.files.set('/anne/in.jsonl', (_, response) => {
      const text = `${lineOf('a')}\n${lineOf('b')}\n`;
      response.writeHead(200, { 'content-length': Buffer.byteLength(text) });
      if (isBroken) response.write(text.slice(0, 10), () => response.destroy());
      else response.end(text);
    });
    const { json } = await create('/anne/in.jsonl');
    await until('it has a reason', async () => {
      const { status_details: why } = (await ask(`batches/${json.id}`)).json;
      return why?.includes(`'${web.url}/anne/in.jsonl' broke off after 10 of `) === true;
    });
    isBroken = false;
    const batch = await endOf(ask, json.id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 2, failed: 0 } });
    await ask(`files/${batch.output_file_id}`, { method: 'DELETE' });
    await nothingIsLeft();
  });

  it('ends at once when it is cancelled while the file comes', async () => {
    const seen: string[] = [];
    web.files.set('/anne/in.jsonl', (_, response) => {
      response.on('close', () => seen.push('closed'));
      response.write(lineOf('a'), () => seen.push('written'));
    });
    const { json } = await create('/anne/in.jsonl');
    await until('its first bytes are sent', () => seen.includes('written'));
    expect((await ask(`batches/${json.id}/cancel`, { method: 'POST' })).json.status).toBe('cancelled');
    await until('the connection is closed', () => seen.includes('closed'));
    await nothingIsLeft();
  });

  it.each<[string, string, string, string]>([
    ['that is missing', '', 'input_unreadable', "'/anne/in.jsonl' is not there (status 404)"],
    [
      'that is too large',
      'x'.repeat(100_001),
      'input_too_large',
      'the file is too large: expected at most 100000 bytes (files.maxFileBytes)',
    ],
    ['whose lines are wrong', 'x', 'invalid_json_line', 'This line is not parseable as a JSON object.'],
  ])('%s fails with the reason', async (_, text, code, message) => {
    if (text !== '') web.files.set('/anne/in.jsonl', text);
    const batch = await endOf(ask, (await create('/anne/in.jsonl')).json.id);
    expect(batch.status).toBe('failed');
    const [{ code: given, message: said }] = batch.errors.data;
    expect([given, said.replaceAll(web.url, '')]).toEqual([code, message]);
    await nothingIsLeft();
  });

  it('that grows while it comes is refused when it is too large', async () => {
    web.files.set('/anne/in.jsonl', (_, response) => {
      response.on('close', () => response.destroy());
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      more();
    });
    const batch = await endOf(ask, (await create('/anne/in.jsonl')).json.id);
    expect(batch.errors.data).toEqual([
      expect.objectContaining({
        code: 'input_too_large',
        message: 'the file is too large: expected at most 100000 bytes (files.maxFileBytes)',
      }),
    ]);
    await nothingIsLeft();
  });

  it('that redirects to a file of another caller fails, and that file is not asked for', async () => {
    web.files.set('/anne/in.jsonl', (_, response) => response.writeHead(302, { location: '/ben/in.jsonl' }).end());
    web.files.set('/ben/in.jsonl', lineOf('b'));
    const batch = await endOf(ask, (await create('/anne/in.jsonl')).json.id);
    const [{ code, message }] = batch.errors.data;
    expect([code, message.replaceAll(web.url, '')]).toEqual([
      'input_not_allowed',
      "'/anne/in.jsonl' redirects: '/ben/in.jsonl' is below no prefix that jobs.inputs.allow lists for 'key:anne'",
    ]);
    expect(web.asked.at(-1)?.url).toBe('/anne/in.jsonl');
  });

  it('at an internal address that the settings do not name fails, and nothing is asked', async () => {
    const before = web.asked.length;
    const batch = await endOf(ask, (await create(`https://127.0.0.1:${web.port}/anne/in.jsonl`)).json.id);
    expect(batch.errors.data).toEqual([
      expect.objectContaining({
        code: 'input_not_allowed',
        message: `https://127.0.0.1:${web.port} is not asked: 127.0.0.1 is an internal address; jobs.inputs.allowPrivate lifts that for its host`,
      }),
    ]);
    expect(web.asked.length).toBe(before);
  });
});

it.each<[string, string, string | undefined, number, string]>([
  [
    'of another caller',
    '/anne/in.jsonl',
    BEN,
    403,
    "'/anne/in.jsonl' is below no prefix that jobs.inputs.allow lists for 'key:ben'",
  ],
  [
    'of another host',
    'https://169.254.169.254/anne/in.jsonl',
    undefined,
    403,
    "'https://169.254.169.254/anne/in.jsonl' is below no prefix that jobs.inputs.allow lists for 'key:anne'",
  ],
  [
    'by a step up',
    '/anne/../ben/in.jsonl',
    undefined,
    400,
    "'input_file_id': '/anne/../ben/in.jsonl' is not the https: URL of a file: its normal form is '/ben/in.jsonl'",
  ],
  [
    'with a query',
    '/anne/in.jsonl?sig=secret',
    undefined,
    400,
    "'input_file_id': '/anne/in.jsonl' is not the https: URL of a file: it has a user, a query or a fragment",
  ],
  [
    'that is a folder',
    '/anne/',
    undefined,
    400,
    "'input_file_id': '/anne/' is not the https: URL of a file: it ends with a slash, and https: has no folders",
  ],
])('a batch that names a file %s is refused, and no server is asked', async (_, path, key, status, message) => {
  const before = web.asked.length;
  const refused = await create(path, key);
  expect([refused.status, refused.json.error.message.replaceAll(web.url, '')]).toEqual([status, message]);
  expect(web.asked.length).toBe(before);
});

it('an output of the kind https: is refused', async () => {
  const json = {
    input_file_id: 'file-x',
    endpoint: INFER,
    completion_window: '24h',
    output_prefix: `${web.url}/anne/`,
  };
  const refused = await ask('batches', { json });
  expect([refused.status, refused.json.error.message.replaceAll(web.url, '')]).toEqual([
    400,
    "'output_prefix': '/anne/' is not the URL of an object: expected s3://<bucket>/<key>",
  ]);
});
