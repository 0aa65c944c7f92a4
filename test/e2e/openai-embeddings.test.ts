import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPoolingServer } from '../support/pooling-server.js';

let pooling: Awaited<ReturnType<typeof startPoolingServer>>;
beforeAll(async () => {
  pooling = await startPoolingServer();
});
afterAll(() => pooling[Symbol.asyncDispose]());

const embed = (body: unknown) => pooling.ask('/v1/embeddings', body);
const model = 'toy-embed';

describe('POST /v1/embeddings', () => {
  it('gives a vector for each text, in their order, with the tokens of all', async () => {
    const { status, json } = await embed({ model, input: ['a mill', 'the river turns'] });
    expect([status, json.object, json.model]).toEqual([200, 'list', model]);
    expect(json.data.map(({ object, index }: { object: string; index: number }) => [object, index])).toEqual([
      ['embedding', 0],
      ['embedding', 1],
    ]);
    expect(json.usage).toEqual({ prompt_tokens: 9, total_tokens: 9 });
    const alone = await embed({ model, input: 'the river turns' });
    expect(alone.json.data[0].embedding).toEqual(json.data[1].embedding);
  });

  it('gives base64 of the same numbers, fewer of them, and takes token ids', async () => {
    const [float, base64, short, ids, lists] = await Promise.all([
      embed({ model, input: 'a mill' }),
      embed({ model, input: 'a mill', encoding_format: 'base64' }),
      embed({ model, input: 'a mill', dimensions: 2 }),
      embed({ model, input: [5, 6] }),
      embed({ model, input: [[5, 6], [7]] }),
    ]);
    const numbers = Float32Array.from(float.json.data[0].embedding);
    expect(Buffer.from(base64.json.data[0].embedding, 'base64')).toEqual(Buffer.from(numbers.buffer));
    expect(short.json.data[0].embedding).toHaveLength(2);
    expect(ids.json.data[0].embedding).toEqual(lists.json.data[0].embedding);
    expect(lists.json.usage.prompt_tokens).toBe(3);
  });

  it('answers 2,048 texts with 1,024 numbers each', async () => {
    const input = Array.from({ length: 2_048 }, (_, index) => `mill ${index}`);
    const large = embed({ model: 'toy-wide', input });
    const { json } = await large;
    expect(json.data).toHaveLength(2_048);
    expect(json.data.every(({ embedding }: { embedding: number[] }) => embedding.length === 1_024)).toBe(true);
    const { json: one } = await embed({ model: 'toy-wide', input: 'mill 2047' });
    expect(json.data[2_047].embedding).toEqual(one.data[0].embedding);
  });

  it("is what OpenAI's own client reads, which asks for base64 unless told otherwise", async () => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${pooling.server.addresses.http.url}/v1`, maxRetries: 0 });
    const [usual, float] = await Promise.all([
      client.embeddings.create({ model, input: ['a mill'] }),
      client.embeddings.create({ model, input: ['a mill'], encoding_format: 'float' }),
    ]);
    const numbers = Float32Array.from(float.data[0]?.embedding ?? []);
    expect(Float32Array.from(usual.data[0]?.embedding ?? [])).toEqual(numbers);
    expect(numbers).toHaveLength(4);
  });

  it('reads a large request in the decoding thread', async () => {
    const input = Array.from({ length: 2_000 }, (_, index) => `${index} ${'x'.repeat(100)}`);
    const { status, json } = await embed({ model, input });
    expect([status, json.data.length, json.usage.prompt_tokens]).toEqual([200, 2_000, 8_000]);
    const refused = await embed({ model, input: [...input, ''] });
    expect(refused.json.error).toMatchObject({ param: 'input[2000]', type: 'invalid_request_error' });
  });

  it.each([
    [{ input: [] }, 'input', "'input': expected at least one text, got an empty list"],
    [{ input: '' }, 'input', "'input': expected a text, got an empty one"],
    [{ input: 'a', dimensions: 5 }, 'dimensions', "parameter 'dimensions': expected an integer from 1 to 4, got 5"],
    [{ input: 'a b c d e f g' }, 'input', 'the text has 9 tokens, more than 8'],
    [{ input: '\ud800' }, 'input', "'input': expected a text, got one with half a character (a lone surrogate)"],
    [
      { input: Array(2_049).fill('a') },
      'input',
      "'input': expected at most 2048 texts (maxBatchSize of the model), got 2049",
    ],
  ])('%j is refused', async (body, param, message) => {
    const { status, json } = await embed({ model, ...body });
    expect([status, json.error.param, json.error.message]).toEqual([400, param, message]);
    expect(json.error.type).toBe('invalid_request_error');
  });

  it('says that a text is too long by its code, and truncates it where that is asked for', async () => {
    const { json } = await embed({ model, input: 'a b c d e f g' });
    expect(json.error.code).toBe('context_length_exceeded');
    const cut = await embed({ model, input: 'a b c d e f g', truncate_prompt_tokens: -1 });
    expect(cut.json.usage.prompt_tokens).toBe(8);
  });

  it('names models that embed where the model does not, or none is named', async () => {
    const wrong = await embed({ model: 'toy-rank', input: 'a' });
    expect([wrong.status, wrong.json.error.param, wrong.json.error.message]).toEqual([
      400,
      'model',
      "model 'toy-rank' does not embed texts; it ranks texts; models that embed texts: 'toy-embed', 'toy-wide'",
    ]);
    const unnamed = await embed({ input: 'a' });
    expect(unnamed.json.error.message).toBe(
      "'model': expected the name of a model, got nothing; 2 models embed texts: 'toy-embed', 'toy-wide'",
    );
    const unknown = await embed({ model: 'toy-embet', input: 'a' });
    expect([unknown.status, unknown.json.error.code, unknown.json.error.message]).toEqual([
      404,
      'model_not_found',
      "model 'toy-embet' is not found; did you mean 'toy-embed'?",
    ]);
  });

  it('is in the list of models', async () => {
    const { json } = await pooling.ask('/v1/models');
    const ids = json.data.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(['toy-classify', 'toy-embed', 'toy-rank', 'toy-wide']);
    expect((await pooling.ask('/v1/models/toy-rank')).json).toMatchObject({ id: 'toy-rank', object: 'model' });
  });
});

describe("vLLM's routes", () => {
  it.each(['/score', '/v1/score'])('POST %s scores texts for a query', async (path) => {
    const { status, json } = await pooling.ask(path, { text_1: 'mill river', text_2: ['none', 'mill'] });
    expect([status, json.object, json.model, json.usage]).toEqual([
      200,
      'list',
      'toy-rank',
      { prompt_tokens: 6, total_tokens: 6 },
    ]);
    expect(json.data).toEqual([
      { index: 0, object: 'score', score: expect.closeTo(1 / (1 + Math.exp(0.5)), 5) },
      { index: 1, object: 'score', score: expect.closeTo(1 / (1 + Math.exp(-0.5)), 5) },
    ]);
  });

  it('POST /classify gives all probabilities and the most probable label', async () => {
    const { json } = await pooling.ask('/classify', { input: ['a mill', 'the river'] });
    for (const { label, probs, num_classes } of json.data) {
      expect(num_classes).toBe(3);
      expect(probs.reduce((sum: number, value: number) => sum + value, 0)).toBeCloseTo(1, 5);
      expect(label).toBe(['weather', 'music', 'news'][probs.indexOf(Math.max(...probs))]);
    }
  });

  it('POST /pooling gives vectors', async () => {
    const [{ json }, plain] = await Promise.all([
      pooling.ask('/pooling', { model, input: 'a mill' }),
      embed({ model, input: 'a mill' }),
    ]);
    expect(json.data).toEqual([{ object: 'pooling', index: 0, data: plain.json.data[0].embedding }]);
    expect(json.id).toMatch(/^pool-/);
  });
});
