import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';

const CONFIG = `
  backend: "identity"
  max_batch_size: 8
  input { name: "x" data_type: TYPE_INT32 dims: 2 }
  output { name: "y" data_type: TYPE_INT32 dims: 2 }
  response_cache { enable: true }
`;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer({ 'cached/config.pbtxt': CONFIG, 'cached/1/': '' });
});
afterAll(() => server[Symbol.asyncDispose]());

it("answers from the response cache, with Triton's configuration, statistics and metrics", async () => {
  const ask = (id: string, data: readonly number[]) =>
    server.infer('cached', { id, inputs: [{ name: 'x', datatype: 'INT32', shape: [1, 2], data }] });
  const answer = (id: string, data: readonly number[]) => ({
    id,
    model_name: 'cached',
    model_version: '1',
    outputs: [{ name: 'y', datatype: 'INT32', shape: [1, 2], data }],
  });
  expect((await ask('c0', [1, 2])).body).toEqual(answer('c0', [1, 2]));
  expect((await ask('c1', [1, 2])).body).toEqual(answer('c1', [1, 2]));
  expect((await ask('c2', [3, 4])).body).toEqual(answer('c2', [3, 4]));

  expect(jsonOf(await server.send('GET /v2/models/cached/config')).body.response_cache).toEqual({ enable: true });
  const { model_stats } = jsonOf(await server.send('GET /v2/models/cached/stats')).body;
  expect(model_stats[0]).toMatchObject({
    inference_count: 2,
    execution_count: 2,
    inference_stats: {
      success: { count: 3 },
      queue: { count: 3 },
      compute_infer: { count: 2 },
      cache_hit: { count: 1 },
      cache_miss: { count: 2 },
    },
  });
  expect(server.app.engine.cacheUsage()).toMatchObject({ entries: 2, hits: 1, misses: 2, evictions: 0 });
});
