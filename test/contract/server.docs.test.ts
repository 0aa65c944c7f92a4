import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Turns } from '../../src/core/index.js';
import { createFakeService, fakeModelInfo } from '../support/fake-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient } from '../support/raw-client.js';

afterEach(closeTestServers);

const PAGE_FOLDER = 'src/server/docs-page';
const PAGE_MODULES = readdirSync(PAGE_FOLDER).filter((file) => file.endsWith('.js'));

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, { requestBody: { content: Record<string, { examples: object }> } }>>;
  readonly 'x-models': readonly {
    readonly name: string;
    readonly curl: string;
    readonly example: { readonly json: object; readonly zeroBytes: number };
  }[];
}

async function documentAt(url: string): Promise<Document> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as Document;
}

async function run(line: string): Promise<{ readonly outputs: readonly { shape: number[]; data: number[] }[] }> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `${line} -s`], { maxBuffer: 10_000_000 });
  return JSON.parse(stdout);
}

describe('the OpenAPI document', () => {
  it('of 1,000 models is made in turns of at most 16 models or 64 KiB', async () => {
    const models = Array.from({ length: 1_000 }, (_, index) => fakeModelInfo(`m${index}`.padEnd(189, 'm'), 1));
    const { url } = await startTestServer({ service: createFakeService({ readyModels: () => models }) });
    const next = vi.spyOn(Turns.prototype, 'next');
    const text = await (await fetch(`${url}/openapi.json`)).text();
    const document: Document = JSON.parse(text);
    expect(document['x-models'].map(({ name }) => name)).toEqual(models.map(({ ref }) => ref.name));
    const described = Math.floor(999 / 16);
    expect(next.mock.calls.length).toBeGreaterThanOrEqual(2 * described + Math.floor(text.length / 65_536));
  });

  it.each([
    ['Host: localhost:65536', 400],
    ['Host: localhost:99999', 400],
    ['Host: localhost:65535', 200],
    ['Host: <script>', 200],
    ['Host: [::1', 400],
    ['Host: [:::::]:1', 200],
    ['Host: %', 200],
    ['', 200],
  ])("is answered to '%s' with %i", async (host, expected) => {
    const { port } = await startTestServer({ options: { allowedHosts: ['*'] } });
    const client = await RawClient.connect(port);
    const version = host === '' ? 'HTTP/1.0' : 'HTTP/1.1';
    client.send(`GET /openapi.json ${version}\r\n${host}\r\n${host === '' ? '' : '\r\n'}`);
    const { status, headers } = await client.response();
    expect([status, headers['x-content-type-options']]).toEqual([expected, 'nosniff']);
    client.socket.destroy();
  });

  it('is answered to a client of HTTP/1.0 at a socket file', async () => {
    const httpSocket = path.join(mkdtempSync(path.join(tmpdir(), 'millrace-docs-')), 'http.sock');
    await startTestServer({ options: { httpSocket } });
    const client = await RawClient.connect(httpSocket);
    client.send('GET /openapi.json HTTP/1.0\r\n\r\n');
    const { status, body } = await client.response();
    expect([status, JSON.parse(body.toString()).servers]).toEqual([200, [{ url: 'http://localhost' }]]);
    client.socket.destroy();
  });

  it('holds every public route of the dialect, inference included', async () => {
    const { url } = await startTestServer();
    const document = await documentAt(url);
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toEqual(
      [
        'GET /health',
        'GET /ping',
        'GET /v1/health',
        'GET /v2',
        'GET /v2/health/live',
        'GET /v2/health/ready',
        'GET /v2/logging',
        'GET /v2/models/stats',
        'GET /v2/models/{model}',
        'GET /v2/models/{model}/config',
        'GET /v2/models/{model}/ready',
        'GET /v2/models/{model}/stats',
        'GET /v2/models/{model}/trace/setting',
        'GET /v2/models/{model}/versions/{version}',
        'GET /v2/models/{model}/versions/{version}/config',
        'GET /v2/models/{model}/versions/{version}/ready',
        'GET /v2/models/{model}/versions/{version}/stats',
        'GET /v2/systemsharedmemory/region/{region}/status',
        'GET /v2/systemsharedmemory/status',
        'GET /v2/trace/setting',
        'GET /version',
        'POST /v2/logging',
        'POST /v2/models/{model}/generate',
        'POST /v2/models/{model}/generate_stream',
        'POST /v2/models/{model}/infer',
        'POST /v2/models/{model}/trace/setting',
        'POST /v2/models/{model}/versions/{version}/generate',
        'POST /v2/models/{model}/versions/{version}/generate_stream',
        'POST /v2/models/{model}/versions/{version}/infer',
        'POST /v2/repository/index',
        'POST /v2/repository/models/{model}/load',
        'POST /v2/repository/models/{model}/unload',
        'POST /v2/repository/{repository}/index',
        'POST /v2/repository/{repository}/models/{model}/load',
        'POST /v2/repository/{repository}/models/{model}/unload',
        'POST /v2/systemsharedmemory/region/{region}/register',
        'POST /v2/systemsharedmemory/region/{region}/unregister',
        'POST /v2/systemsharedmemory/unregister',
        'POST /v2/trace/setting',
      ].sort(),
    );
  });

  it('holds each loaded model with a request of its own that works', async () => {
    const service = createFakeService();
    const { url } = await startTestServer({ service });
    const document = await documentAt(url);
    const [model, ...others] = document['x-models'];
    expect(others).toEqual([]);
    expect(model).toMatchObject({ name: 'm', versions: ['1', '3'], max_batch_size: 8 });
    expect(model?.curl).toBe(
      `curl -s ${url}/v2/models/m/infer -d '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[0,0.1,0.2,0.3]}]}'`,
    );
    expect((await run(model?.curl ?? '')).outputs[0]?.data).toHaveLength(4);
    const operation = document.paths['/v2/models/{model}/infer']?.post;
    expect(operation?.requestBody.content['application/json']?.examples).toEqual({
      m: { summary: 'x FP32[-1,4] → y FP32[-1,4]', value: model?.example.json },
    });
  });

  it('gives large tensors as zero bytes, in a line that works too', async () => {
    const signature = {
      inputs: [
        { name: 'image', datatype: 'FP32' as const, shape: [-1, 3, 64, 64], batchAxis: 0 as const, optional: false },
      ],
      outputs: [],
    };
    const info = fakeModelInfo('m', 3, signature);
    const { url } = await startTestServer({
      service: createFakeService({ readyModels: () => [info] }),
    });
    const document = await documentAt(url);
    const [model] = document['x-models'];
    expect(model?.example.zeroBytes).toBe(3 * 64 * 64 * 4);
    expect((await run(model?.curl ?? '')).outputs[0]?.shape).toEqual([1, 3, 64, 64]);
  });
});

describe('the documentation page', () => {
  const files: readonly (readonly [path: string, contentType: string])[] = [
    ['/docs', 'text/html; charset=utf-8'],
    ['/docs/page.css', 'text/css; charset=utf-8'],
    ['/docs/forms.css', 'text/css; charset=utf-8'],
    ...PAGE_MODULES.map((file) => [`/docs/${file}`, 'text/javascript; charset=utf-8'] as const),
  ];

  it.each(files)('is served at %s, and may load nothing from elsewhere', async (path, contentType) => {
    const { url } = await startTestServer();
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(contentType);
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const text = await response.text();
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(text).not.toMatch(/url\(/);
  });
});
