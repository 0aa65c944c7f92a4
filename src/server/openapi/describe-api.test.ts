import { Type } from '@sinclair/typebox';
import { describe, expect, it } from 'vitest';
import { createDialects } from '../../../test/support/dialects.js';
import { emptyResponse, type Route } from '../../protocols/index.js';
import { describeApi, withPlainEnums } from './describe-api.js';

const [OIP] = createDialects();
const INFO = { title: 'millrace', version: '1.2.3', description: '' };

function route(line: string, more: Partial<Route> = {}): Route {
  const [method = '', path = ''] = line.split(' ');
  return {
    method: method as Route['method'],
    path,
    tag: 't',
    summary: 's',
    access: 'public',
    control: false,
    handle: emptyResponse,
    ...more,
  };
}

function pathsOf(...routes: readonly Route[]) {
  if (OIP === undefined) throw new Error('no dialect');
  const dialect = { ...OIP, name: 'toy' };
  const rows = routes.map((each) => ({ dialect, route: each }));
  return describeApi({ rows, info: INFO, requiresKey: true }).paths as Record<string, Record<string, object>>;
}

const error = (status: number) => ({ $ref: `#/components/responses/toy.${status}` });
const pathParameter = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });

describe('describeApi', () => {
  it('describes a route from what it is', () => {
    expect(pathsOf(route('GET /live'))).toEqual({
      '/live': {
        get: {
          tags: ['t'],
          summary: 's',
          operationId: 'getLive',
          parameters: [],
          responses: { 200: { description: 'Success' } },
        },
      },
    });
  });

  it('describes one that runs models with all that it may be refused with', () => {
    const run = route('POST /m/{model}:run', {
      access: 'key',
      inference: true,
      streams: true,
      body: { kind: 'bytes' },
      response: Type.Object({}),
    });
    expect(pathsOf(run)['/m/{model}:run']?.post).toEqual({
      tags: ['t'],
      summary: 's',
      operationId: 'postMModelRun',
      parameters: [pathParameter('model')],
      requestBody: {
        content: {
          'application/json': { schema: {} },
          'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
        },
      },
      responses: {
        200: {
          description: 'Success',
          content: {
            'application/json': { schema: { type: 'object', properties: {} } },
            'text/event-stream': { schema: { type: 'string' } },
          },
          headers: {
            RateLimit: { $ref: '#/components/headers/RateLimit' },
            'RateLimit-Policy': { $ref: '#/components/headers/RateLimit-Policy' },
          },
        },
        ...Object.fromEntries([400, 401, 403, 404, 413, 429, 503, 504].map((status) => [status, error(status)])),
      },
      security: [{ key: [] }],
    });
  });

  it('leaves out what is hidden, and the dialects that have nothing else', () => {
    expect(pathsOf(route('GET /x', { hidden: true }))).toEqual({});
  });

  it('lets a route say it better', () => {
    const operation = { operationId: 'own', responses: { 202: { description: 'Begun' } } };
    expect(pathsOf(route('POST /x', { operation }))['/x']?.post).toMatchObject({
      operationId: 'own',
      responses: { 202: { description: 'Begun' } },
    });
    expect(pathsOf(route('POST /x', { operation }))['/x']?.post).not.toHaveProperty('responses.200');
  });

  it('names operations that would have the same name apart', () => {
    const paths = pathsOf(route('GET /a/{x}'), route('GET /a:x'));
    expect(Object.values(paths).map(({ get }) => (get as { operationId: string }).operationId)).toEqual([
      'getAX',
      'getAX2',
    ]);
  });

  it('puts paths that differ in the names of parameters together', () => {
    const paths = pathsOf(route('GET /models/{model}'), route('DELETE /models/{name}'));
    expect(Object.keys(paths)).toEqual(['/models/{model}']);
    expect(paths['/models/{model}']?.delete).toMatchObject({ parameters: [pathParameter('model')] });
  });
});

it('lists words as an enum', () => {
  const schema = Type.Object({
    state: Type.Union([Type.Literal('READY'), Type.Literal('LOADING')], { description: 'How it stands.' }),
    mixed: Type.Union([Type.Literal('a'), Type.Number()]),
  });
  expect(withPlainEnums({ list: [schema], nothing: null })).toEqual({
    list: [
      {
        type: 'object',
        required: ['state', 'mixed'],
        properties: {
          state: { type: 'string', enum: ['READY', 'LOADING'], description: 'How it stands.' },
          mixed: { anyOf: [{ const: 'a', type: 'string' }, { type: 'number' }] },
        },
      },
    ],
    nothing: null,
  });
});
