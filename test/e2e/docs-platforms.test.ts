import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { type Environment, loadSettings } from '../../src/config/index.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { createTempFolder } from '../support/model-folder.js';

const PAGE = await readFile('docs/deployment.md', 'utf8');

/** The variables of an image on the page. */
function variablesOf(tag: string): Environment {
  const [, text = ''] = new RegExp(`^\`\`\`dockerfile ${tag}\n(.*?)^\`\`\``, 'ms').exec(PAGE) ?? [];
  const [, variables = ''] = /^ENV (.*)/ms.exec(text.replaceAll('\\\n', ' ')) ?? [];
  return Object.fromEntries(
    variables
      .trim()
      .split(/\s+/)
      .map((pair) => pair.split('=', 2) as [string, string]),
  );
}

/** What the image serves, on free ports of loopback, with `examples/models/mlp` as one model; `platform`: what that sets besides. */
async function start(tag: string, platform: Environment) {
  const image = variablesOf(tag);
  expect([image.MILLRACE_SERVER_HOST, image.MILLRACE_AUTH_ALLOW_ANONYMOUS]).toEqual(['0.0.0.0', 'true']);
  const folder = await createTempFolder({});
  await cp('examples/models/mlp', path.join(folder.path, '5f0e/mlp'), { recursive: true });
  await cp('examples/models/mlp', path.join(folder.path, 'single/mlp'), { recursive: true });
  const isMultiModel = platform.SAGEMAKER_MULTI_MODEL === 'true';
  const env = {
    ...platform,
    ...image,
    MILLRACE_SERVER_HOST: '127.0.0.1',
    MILLRACE_REPOSITORY_PATHS: isMultiModel ? folder.path : path.join(folder.path, 'single'),
    MILLRACE_RUNNERS_ENTRY: RUNNER_ENTRY,
    MILLRACE_SERVER_GRPC_PORT: '-1',
    MILLRACE_SERVER_METRICS_PORT: '-1',
    MILLRACE_SERVER_HTTP_PORT: '0',
    ...(image.MILLRACE_SAGEMAKER_HTTP_PORT && { MILLRACE_SAGEMAKER_HTTP_PORT: '0' }),
  };
  const app = await createApp(loadSettings({ file: undefined, env, flags: {}, cwd: folder.path }), {
    logDestination: { write: () => undefined },
  });
  const { dialects } = await app.listen();
  await app.start();
  const [own] = Object.values(dialects);
  const send = async (line: string, body?: object) => {
    const [method, route] = line.split(' ');
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`${own?.http?.url}${route}`, init as RequestInit);
    return { status: response.status, text: await response.text() };
  };
  return {
    folder: folder.path,
    send,
    async [Symbol.asyncDispose]() {
      await app.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const ROWS = { instances: [Array(16).fill(0.5)] };
const predictions = expect.stringMatching(/^\{"predictions":\[/);

it('the image for SageMaker answers on its port', async () => {
  await using server = await start('sagemaker', {});
  expect((await server.send('GET /ping')).status).toBe(200);
  expect(await server.send('POST /invocations', ROWS)).toEqual({ status: 200, text: predictions });
});

it('the image for several models loads what the platform says', async () => {
  await using server = await start('sagemaker-multi-model', {
    SAGEMAKER_BIND_TO_PORT: '0',
    SAGEMAKER_MULTI_MODEL: 'true',
  });
  expect((await server.send('GET /ping')).status).toBe(200);
  const url = `${server.folder}/5f0e`;
  expect((await server.send('POST /models', { model_name: 'hash', url })).status).toBe(200);
  expect(await server.send('POST /models/hash/invoke', ROWS)).toEqual({ status: 200, text: predictions });
  expect(variablesOf('sagemaker-multi-model').MILLRACE_AUTH_ANONYMOUS_SCOPES).toBe('infer,observe,manage');
});

it('the image for Vertex AI answers where that asks', async () => {
  await using server = await start('vertex', {
    AIP_HTTP_PORT: '0',
    AIP_HEALTH_ROUTE: '/v1/endpoints/1/deployedModels/2',
    AIP_PREDICT_ROUTE: '/v1/endpoints/1/deployedModels/2:predict',
  });
  expect((await server.send('GET /v1/endpoints/1/deployedModels/2')).status).toBe(200);
  const route = 'POST /v1/endpoints/1/deployedModels/2:predict';
  expect(await server.send(route, ROWS)).toEqual({ status: 200, text: predictions });
});
