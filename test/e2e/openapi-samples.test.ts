import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMillrace, type Millrace } from '../../src/index.js';
import { RUNNER_ENTRY } from '../support/dist.js';

interface Document {
  readonly 'x-models': readonly { readonly name: string; readonly curl: string }[];
  readonly paths: Readonly<
    Record<string, { readonly post?: { readonly requestBody?: { readonly content: Record<string, object> } } }>
  >;
}

const KEYS = [
  { name: 'caller', key: 'caller-key-0123456789', scopes: ['infer'] },
  { name: 'loader', key: 'loader-key-0123456789', scopes: ['manage'] },
] as const;
const MODELS = ['echo', 'mlp', 'mobilenetv3', 'moving-average', 'silero-vad', 'top-classes', 'words'];

let millrace: Millrace;
let url: string;

beforeAll(async () => {
  millrace = await createMillrace({
    settings: {
      repository: { paths: ['examples/models', 'examples/scripts'] },
      runners: { entry: RUNNER_ENTRY },
      server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
      auth: { keys: KEYS },
      telemetry: { logLevel: 'silent' },
    },
  });
  url = (await millrace.listen()).http.url;
});
afterAll(() => millrace.close());

async function documentFor(key: string): Promise<Document> {
  const response = await fetch(`${url}/openapi.json`, { headers: { authorization: `Bearer ${key}` } });
  expect(response.status).toBe(200);
  return (await response.json()) as Document;
}

describe('the OpenAPI document of a server with keys', () => {
  it.each(KEYS)('shows the key of $name what is there', async ({ key }) => {
    const document = await documentFor(key);
    expect(document['x-models'].map(({ name }) => name).sort()).toEqual(MODELS);
    expect(Object.keys(document.paths)).toContain('/v2/models/{model}/infer');
  });

  it.each(MODELS)('has a line to copy that works: %s', async (model) => {
    const document = await documentFor(KEYS[0].key);
    const { curl = '' } = document['x-models'].find(({ name }) => name === model) ?? {};
    const env = { ...process.env, MILLRACE_KEY: KEYS[0].key };
    const { stdout } = await promisify(execFile)('sh', ['-c', `${curl} -sS --fail-with-body`], { env });
    expect(stdout).toContain(`"model_name":"${model}"`);
  });

  it('has the same request among the examples of the operation that takes it', async () => {
    const { paths } = await documentFor(KEYS[0].key);
    const examplesOf = (path: string) => {
      const content = paths[path]?.post?.requestBody?.content['application/json'];
      return Object.keys((content as { readonly examples?: object }).examples ?? {}).sort();
    };
    expect(examplesOf('/v2/models/{model}/generate_stream')).toEqual(['words']);
    expect(examplesOf('/v2/models/{model}/infer')).toEqual(MODELS.filter((name) => name !== 'words'));
  });
});
