import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ON } from '../support/access-tables.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { echoModel } from '../support/control-fixture.js';
import { bearer } from '../support/key-server.js';
import { TINY_MODEL } from '../support/llama-model.js';

interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, { readonly $ref?: string }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Record<string, Response> }>>>>;
  readonly components: {
    readonly headers: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}

const TENSOR = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }] };
const PROMPT = { model: 'kjv', prompt: 'a', max_tokens: 1 };
const KEYS = ['few', 'none'].map((name) => ({
  name,
  key: `${name}-key-0123456789`,
  scopes: ['infer'] as const,
}));

let server: AppServer;
let document: Document;
beforeAll(async () => {
  server = await startAppServer(
    {
      'echo/1/': '',
      'echo/model.yaml': echoModel(),
      'kjv/1/model.gguf': readFileSync(TINY_MODEL),
      'kjv/model.yaml':
        'llama: { contextTokens: 256, slots: 1, threads: 1, chatTemplate: "{{ messages[0].content }}" }\n',
    },
    {
      ...ALL_ON,
      auth: { keys: KEYS },
      quotas: [
        { name: 'many', principal: 'key:few', requestsPerSecond: 1_000, tokensPerMinute: 100_000 },
        { name: 'nothing', principal: 'key:none', requestsPerSecond: 0.001, burst: 1, tokensPerMinute: 100_000 },
      ],
    },
  );
  document = JSON.parse((await ask('GET /openapi.json', {}, 'few')).body.toString());
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = (line: string, body: object, name: string) =>
  server.send(line, line.startsWith('GET') ? '' : JSON.stringify(body), bearer(`${name}-key-0123456789`));

const isLimit = (name: string) => /^(?:x-)?ratelimit|^retry-after$/.test(name);

/** The headers about limits that the document gives an answer, in lower case. */
function documented(path: string, status: number): readonly string[] {
  const [method = '', template = ''] = path.split(' ');
  const described = document.paths[template]?.[method.toLowerCase()]?.responses[status];
  const component = described?.$ref?.split('/').at(-1);
  const { headers = {} } = (component === undefined ? described : document.components.responses[component]) ?? {};
  const named = Object.keys(headers).filter((name) => isLimit(name.toLowerCase()));
  expect(named.map((name) => headers[name]?.$ref)).toEqual(named.map((name) => `#/components/headers/${name}`));
  expect(Object.keys(document.components.headers)).toEqual(expect.arrayContaining(named));
  return named.map((name) => name.toLowerCase()).sort();
}

describe.each<[route: string, path: string, body: object]>([
  ['POST /v2/models/{model}/infer', '/v2/models/echo/infer', TENSOR],
  ['POST /v1/models/{model}:predict', '/v1/models/echo:predict', { instances: [1] }],
  ['POST /predictions/{model}', '/predictions/echo', [1]],
  ['POST /models/{model}/invoke', '/models/echo/invoke', TENSOR],
  ['POST /v1/completions', '/v1/completions', PROMPT],
  [
    'POST /v1/chat/completions',
    '/v1/chat/completions',
    { model: 'kjv', max_tokens: 1, messages: [{ role: 'user', content: 'a' }] },
  ],
])('what answers of %s say of limits is what the document says', (route, path, body) => {
  const line = `POST ${path}`;
  const said = async (name: string, request = body) => {
    const { status, headers } = await ask(line, request, name);
    return { status, names: Object.keys(headers).filter(isLimit).sort() };
  };

  it('where quotas last', async () => {
    const { status, names } = await said('few');
    expect([status, names]).toEqual([200, documented(route, 200)]);
    expect(names).toEqual(expect.arrayContaining(['ratelimit', 'ratelimit-policy']));
  });

  it('where one is used up', async () => {
    await said('none');
    const { status, names } = await said('none');
    expect([status, names]).toEqual([429, documented(route, 429)]);
    expect(names).toContain('retry-after');
  });
});
