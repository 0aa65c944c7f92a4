import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { ggufEncoder } from '../support/gguf-encoder.js';
import { TINY_MODEL } from '../support/llama-model.js';

let server: AppServer;
beforeAll(async () => {
  const tiny = readFileSync(TINY_MODEL);
  server = await startAppServer({
    'chat/1/model.gguf': tiny,
    'chat/model.yaml': 'llama: { slots: 2, contextTokens: 256 }\n',
    'embedder/1/model.gguf': tiny,
    'embedder/model.yaml': 'llama: { pooling: mean, contextTokens: 256 }\ninstances: { count: 2 }\n',
    'reranker/1/model.gguf': ggufEncoder({ pooling: 4 }),
  });
});
afterAll(() => server[Symbol.asyncDispose]());

async function post(path: string, content: object) {
  const { status, body } = await server.send(`POST ${path}`, JSON.stringify(content));
  return { status, body: JSON.parse(body.toString()) };
}

it('generates, embeds and ranks with GGUF files in one server', async () => {
  const [completion, embeddings, ranking] = await Promise.all([
    post('/v1/completions', { model: 'chat', prompt: 'In the beginning', max_tokens: 3 }),
    post('/v1/embeddings', { model: 'embedder', input: ['In the beginning', 'the heaven', 'In the beginning'] }),
    post('/v2/rerank', { model: 'reranker', query: 'the earth', documents: ['light', 'the water was'], top_n: 1 }),
  ]);
  expect(completion.body.usage.completion_tokens).toBe(3);
  const [first, second, third] = embeddings.body.data.map(({ embedding }: { embedding: number[] }) => embedding);
  expect(first).toHaveLength(128);
  expect(third).toEqual(first.map((value: number) => expect.closeTo(value, 4)));
  expect(second).not.toEqual(first.map((value: number) => expect.closeTo(value, 2)));
  expect(ranking.body.results).toEqual([{ index: 0, relevance_score: expect.closeTo(0.6885, 3) }]);
});

it('answers more texts than an evaluation has room for, in order, from two instances', async () => {
  const input = Array.from({ length: 400 }, (_, index) => 'and the earth '.repeat(1 + (index % 5)));
  const { status, body } = await post('/v1/embeddings', { model: 'embedder', input });
  expect(status).toBe(200);
  const vectors: readonly (readonly number[])[] = body.data.map(({ embedding }: { embedding: number[] }) => embedding);
  expect(vectors).toHaveLength(400);
  for (const [index, vector] of vectors.entries()) {
    const same = vectors[index % 5] as readonly number[];
    expect(vector.reduce((sum, value, at) => sum + value * (same[at] as number), 0)).toBeGreaterThan(0.999);
  }
});

it('names the models with a task where another one is asked for it', async () => {
  const embedding = await post('/v1/embeddings', { model: 'reranker', input: 'light' });
  expect(embedding).toMatchObject({ status: 400 });
  expect(embedding.body.error.message).toBe(
    "model 'reranker' does not embed texts; it ranks texts; models that embed texts: 'embedder'",
  );
  const generation = await post('/v1/completions', { model: 'embedder', prompt: 'the', max_tokens: 1 });
  expect(generation).toMatchObject({
    status: 400,
    body: { error: { message: "model 'embedder' does not generate text" } },
  });
});
