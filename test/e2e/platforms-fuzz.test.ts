import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type Json, mutateJson, writeJson } from '../fuzz/json.js';
import { mutateBytes } from '../fuzz/mutate.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { PLATFORM_MODELS } from '../support/platform-cases.js';
import { Random } from '../support/random.js';
import { signAws } from '../support/sign-aws.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../fixtures/models/tiny-kjv.gguf'));
const REQUESTS = 1_500;
/** What is documented for requests with something wrong in them. */
const STATUSES: ReadonlySet<number> = new Set([200, 400, 401, 404, 406, 413, 415, 424, 429, 501, 503, 504]);
const TENSOR = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] };
const DOCUMENTS: readonly Json[] = [
  {
    instances: [
      [1, 2],
      [3, 4],
    ],
    parameters: { a: 1, b: [true, null] },
  },
  { instances: [{ x: [1, 2] }, { x: [3, 4] }] },
  { inputs: { x: [[1, 2]] } },
  [[1, 2]],
  { inputs: [TENSOR], outputs: [{ name: 'y' }], parameters: { binary_data_output: true } },
  { messages: [{ role: 'user', content: 'a' }], max_tokens: 1 },
  { prompt: 'a', max_tokens: 1, stream: true },
  { text_input: 'a', parameters: { max_tokens: 1 } },
];
const TEXTS = [
  '1,2\n3,4\n',
  '[1,2]\n[3,4]\n',
  'GIF89a\x01\x00\x01\x00',
  'RIFF\x24\x00\x00\x00WAVEfmt ',
  '\x89PNG\r\n\x1a\n',
];
const TRITON = 'application/vnd.sagemaker-triton.binary+json;json-header-size=';
const TYPES = [
  'application/json',
  'text/csv',
  'application/jsonlines',
  'application/octet-stream',
  'image/png',
  `${TRITON}40`,
  'a/b',
];
const ACCEPTS = ['*/*', 'text/csv', 'application/jsonlines;q=0.1, */*;q=0', 'a/b', ',;q=', ';'];
const ROUTES = [
  '/invocations',
  '/models/kjv/invoke',
  '/models/none/invoke',
  '/endpoints/echo/invocations',
  '/endpoints/kjv/invocations-response-stream',
  '/endpoints/none/async-invocations',
  '/predict',
];
const KEYS = [{ name: 'tester', key: 'key-of-tester-0123456789', scopes: ['infer' as const] }];
const SIGNER = { id: 'AKIDTESTER', secret: 'secret-of-tester-0123456789' };

function bodyOf(random: Random): Uint8Array {
  let document = random.pick(DOCUMENTS);
  const changes = random.integer(0, 3);
  for (let change = 0; change < changes; change++) document = mutateJson(document, random);
  const plain = random.chance(0.75) ? Buffer.from(writeJson(document)) : Buffer.from(random.pick(TEXTS), 'latin1');
  return random.chance(0.3) ? mutateBytes(plain, random) : plain;
}

function headersOf(url: string, body: Uint8Array, random: Random): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': random.chance(0.6) ? 'application/json' : random.pick(TYPES),
  };
  if (random.chance(0.3)) headers.accept = random.pick(ACCEPTS);
  if (random.chance(0.1)) headers['x-vertex-ai-triton-redirect'] = random.pick(['v2/models/echo/infer', 'v2/x', '%']);
  if (random.chance(0.1))
    headers['x-amzn-sagemaker-target-model'] = random.pick(['kjv', 'none.tar.gz', '/', '@', '%00']);
  if (random.chance(0.1)) headers['x-amzn-sagemaker-target-variant'] = random.pick(['AllTraffic', 'none', '@']);
  if (!random.chance(0.5)) return { ...headers, authorization: 'Bearer key-of-tester-0123456789' };
  const signed = signAws({ url, body, headers }, SIGNER);
  if (random.chance(0.7)) return signed;
  const name = random.pick(['authorization', 'x-amz-date'] as const);
  // What is no header at all does not leave this process.
  const damaged = Buffer.from(mutateBytes(Buffer.from(signed[name]), random)).toString('latin1');
  return { ...signed, [name]: damaged.replace(/[^\x20-\x7e]/g, '?').trim() || 'x' };
}

async function sendOne(server: AppServer, random: Random): Promise<string | undefined> {
  const url = `http://127.0.0.1:${server.port}${random.pick(ROUTES)}`;
  const body = bodyOf(random);
  const headers = headersOf(url, body, random);
  const response = await fetch(url, { method: 'POST', body: Buffer.from(body), headers });
  await response.arrayBuffer();
  if (STATUSES.has(response.status)) return undefined;
  return `${response.status} for ${url} ${JSON.stringify(headers)}: ${Buffer.from(body).toString('latin1').slice(0, 300)}`;
}

it('mutated requests of SageMaker and Vertex AI are answered as documented, and harm nobody', async () => {
  await using server = await startAppServer(
    {
      ...PLATFORM_MODELS,
      'kjv/1/model.gguf': TINY,
      'kjv/model.yaml': 'llama: { contextTokens: 128, slots: 4, threads: 1 }\n',
    },
    {
      auth: { keys: KEYS, maxFailedKeysPerMinute: 0 },
      sagemaker: { enabled: true, model: 'echo', accessKeys: [{ ...SIGNER, key: 'tester' }] },
      vertex: { enabled: true, model: 'echo' },
      server: { requestTimeoutMs: 20_000 },
    },
  );
  const random = new Random(1);
  const problems: string[] = [];
  const lane = async () => {
    for (let sent = 0; sent < REQUESTS / 6; sent++) {
      const problem = await sendOne(server, random);
      if (problem !== undefined) problems.push(problem);
    }
  };
  await Promise.all(Array.from({ length: 6 }, lane));
  expect(problems.slice(0, 10)).toEqual([]);
  expect(server.log.filter(({ level, room }) => level === 'error' || room === 'faults')).toEqual([]);
  const { status, body } = await server.send('POST /invocations', '{"instances":[[1,2]]}', {
    'content-type': 'application/json',
    authorization: 'Bearer key-of-tester-0123456789',
  });
  expect([status, body.toString()]).toEqual([200, '{"predictions":[[1.0,2.0]]}']);
}, 120_000);
