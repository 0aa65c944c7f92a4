import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { connectApi } from '../../src/client/index.js';
import { startAppServer } from '../support/app-server.js';
import { ECHO_MODEL } from '../support/key-server.js';

const MODELS = {
  'echo/1/': '',
  'echo/model.yaml': ECHO_MODEL,
  'mlp/1/model.onnx': readFileSync('test/fixtures/models/mlp-784x10.onnx'),
};

it('a model that does not fit into memory.budget is refused with the figures, and one in the server itself serves', async () => {
  await using server = await startAppServer(MODELS, { memory: { budget: '1 MB' } });
  const api = connectApi(`http://localhost:${server.port}`);
  const { body } = await api.ask('GET /models', {});
  expect(body.models).toMatchObject([
    { name: 'echo', versions: [{ state: 'ready' }] },
    {
      name: 'mlp',
      versions: [
        {
          state: 'failed',
          reason:
            "model 'mlp/1' is too large for memory.budget: it needs about 74 MB (estimated from its files) while it loads, and of 1 MB the server itself leaves 0 MB",
          memory: { measured: false },
        },
      ],
    },
  ]);
});

it('a model that fits loads, and nothing stays reserved', async () => {
  await using server = await startAppServer(MODELS, { memory: { budget: '100%' } });
  const { body } = await connectApi(`http://localhost:${server.port}`).ask('GET /models/{model}', {
    params: { model: 'mlp' },
  });
  expect(body.versions).toMatchObject([{ state: 'ready', memory: { measured: true } }]);
  const metrics = await (await fetch(`${server.addresses.metrics?.url}/metrics`)).text();
  expect(metrics).toMatch(/^millrace_memory_budget_bytes [1-9]\d+$/m);
  expect(metrics).toMatch(/^millrace_memory_reserved_bytes 0$/m);
});
