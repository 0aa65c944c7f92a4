import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '../../src/config/index.js';
import { createMillrace, type Millrace } from '../../src/index.js';
import { RUNNER_ENTRY } from '../support/dist.js';

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, object>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, object>> }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, { readonly content: Record<string, object> }>>;
  };
}

const KEY = 'caller-key-0123456789';

let millrace: Millrace;
let url: string;
let document: Document;

beforeAll(async () => {
  const on = Object.fromEntries(DIALECTS.map(({ name }) => [name, { enabled: true }]));
  millrace = await createMillrace({
    settings: {
      ...on,
      repository: { paths: ['examples/models'] },
      runners: { entry: RUNNER_ENTRY },
      server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
      auth: { keys: [{ name: 'caller', key: KEY, scopes: ['infer'] }] },
      telemetry: { logLevel: 'silent' },
    },
  });
  url = (await millrace.listen()).http.url;
  const response = await fetch(`${url}/openapi.json`, { headers: { authorization: `Bearer ${KEY}` } });
  document = (await response.json()) as Document;
});
afterAll(() => millrace.close());

function operations(): readonly (readonly [string, Operation])[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  );
}

describe('the OpenAPI document of a server with all dialects', () => {
  it('is OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(document) });
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('names every operation, each once, and every parameter of its path', () => {
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [line, { parameters }] of operations()) {
      const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect([line, named]).toEqual([line, Array.from(line.matchAll(/\{(\w+)\}/g), ([, name]) => name)]);
    }
  });

  it('says which operations need a key', () => {
    const open = operations().flatMap(([line, { security }]) => (security === undefined ? [line] : []));
    expect(open).toEqual(expect.arrayContaining(['GET /v2/health/live', 'GET /v2/health/ready']));
    expect(open).not.toContain('POST /v2/models/{model}/infer');
  });

  it('shows errors in the form that the dialect writes them', async () => {
    const chat = document.paths['/v1/chat/completions']?.post;
    expect(chat?.responses[404]).toEqual({ $ref: '#/components/responses/openai.404' });
    expect(document.components.responses['openai.404']?.content['application/json']).toMatchObject({
      example: { error: { message: 'what is wrong', type: 'invalid_request_error', param: null, code: 'not_found' } },
      schema: { $ref: '#/components/schemas/OpenaiError' },
    });
    expect(document.components.schemas.OpenaiError).toMatchObject({
      properties: { error: { required: ['message', 'type', 'param', 'code'] } },
    });
    expect(document.components.responses['oip.404']?.content['application/json']).toEqual({
      schema: { $ref: '#/components/schemas/OipError' },
      example: { error: 'what is wrong' },
    });
    expect(document.components.schemas.OipError).toEqual({
      type: 'object',
      properties: { error: { type: 'string' } },
      required: ['error'],
    });
  });

  it('says what may come as a stream of events', () => {
    const streams = operations().flatMap(([line, { responses }]) =>
      responses[200]?.content?.['text/event-stream'] === undefined ? [] : [line],
    );
    expect(streams).toEqual(
      expect.arrayContaining([
        'POST /v2/models/{model}/generate_stream',
        'POST /v1/chat/completions',
        'POST /v1/completions',
        'POST /v1/responses',
      ]),
    );
  });

  it("has OpenAI's routes by the names that its own document gives them", () => {
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(ids).toEqual(
      expect.arrayContaining(['createChatCompletion', 'createCompletion', 'createResponse', 'getResponse']),
    );
  });
});
