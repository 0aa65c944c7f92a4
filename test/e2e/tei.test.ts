import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Posted, startPoolingServer } from '../support/pooling-server.js';

let pooling: Awaited<ReturnType<typeof startPoolingServer>>;
beforeAll(async () => {
  pooling = await startPoolingServer();
});
afterAll(() => pooling[Symbol.asyncDispose]());

const ask = (path: string, body?: unknown) => pooling.ask(`/tei/${path}`, body);
const refusalOf = ({ status, json }: Posted) => [status, json.error_type, json.error];

describe('embeddings of TEI', () => {
  it('are a list of vectors, with headers of what they took', async () => {
    const { status, json, headers } = await ask('toy-embed/embed', { inputs: 'hello world' });
    expect([status, json.length, json[0].length]).toEqual([200, 1, 4]);
    const said = Object.fromEntries([...headers].filter(([name]) => /^x-(compute|total|token|queue|inf)/.test(name)));
    expect(said).toEqual({
      'x-compute-type': 'gpu+optimized',
      'x-compute-time': expect.stringMatching(/^\d+$/),
      'x-compute-characters': '11',
      'x-compute-tokens': '4',
      'x-total-time': said['x-compute-time'],
      'x-tokenization-time': '0',
      'x-queue-time': expect.stringMatching(/^\d+$/),
      'x-inference-time': expect.stringMatching(/^\d+$/),
    });
  });

  it('keep the order, are cut where a text is too long, and follow the parameters', async () => {
    const { json } = await ask('toy-embed/embed', { inputs: ['a', 'b', 'a'] });
    expect(json[0]).toEqual(json[2]);
    const long = await ask('toy-embed', { inputs: 'a b c d e f g' });
    expect(long.json).toEqual((await ask('toy-embed', { inputs: 'a b c d e f' })).json);
    const left = await ask('toy-embed', { inputs: 'a b c d e f g', truncation_direction: 'Left' });
    expect(left.json).toEqual((await ask('toy-embed', { inputs: 'b c d e f g' })).json);
    const { json: raw } = await ask('toy-embed/embed', { inputs: 'hello', normalize: false });
    expect(Math.abs(Math.hypot(...raw[0]) - 1)).toBeGreaterThan(0.01);
    const { json: short } = await ask('toy-embed/embed', { inputs: 'hello', dimensions: 2 });
    expect([short[0].length, Math.hypot(...short[0])]).toEqual([2, expect.closeTo(1, 5)]);
    const { json: prompted } = await ask('toy-embed/embed', { inputs: 'hello', prompt_name: 'query' });
    expect(prompted).toEqual((await ask('toy-embed/embed', { inputs: 'query: hello' })).json);
  });

  it('are given for each token, and compared', async () => {
    const { json } = await ask('toy-embed/embed_all', { inputs: ['hello', 'hello world'] });
    expect(json.map(({ length }: readonly unknown[]) => length)).toEqual([3, 4]);
    expect(json[0][1]).toEqual(json[1][1]);
    const inputs = { source_sentence: 'a mill', sentences: ['a mill', 'other words'] };
    const compared = await ask('toy-embed/similarity', { inputs });
    expect(compared.json).toEqual([expect.closeTo(1, 5), expect.any(Number)]);
    expect(compared.json[1]).toBeLessThan(0.999);
    expect((await ask('toy-embed', { inputs })).json).toEqual(compared.json);
  });

  it.each(['v1/embeddings', 'embeddings'])("are given in OpenAI's form by %s", async (path) => {
    const [{ json }, plain] = await Promise.all([
      ask(`toy-embed/${path}`, { input: ['a b c d e f g'], model: 'whatever' }),
      ask('toy-embed/embed', { inputs: 'a b c d e f' }),
    ]);
    expect(json).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: plain.json[0] }],
      model: 'toy-embed',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    });
  });
});

describe('ranks and classes of TEI', () => {
  it('are sorted by score', async () => {
    const body = { query: 'mill river', texts: ['none', 'mill river', 'a mill'] };
    const { json } = await ask('toy-rank/rerank', body);
    expect(json.map(({ index }: { index: number }) => index)).toEqual([1, 2, 0]);
    expect(json.every(({ score }: { score: number }) => score > 0 && score < 1)).toBe(true);
    expect((await ask('toy-rank', { ...body, return_text: true, raw_scores: true })).json).toEqual([
      { index: 1, text: 'mill river', score: 1.5 },
      { index: 2, text: 'a mill', score: 0.5 },
      { index: 0, text: 'none', score: -0.5 },
    ]);
    const equal = await ask('toy-rank/rerank', { query: 'x', texts: ['a', 'b'] });
    expect(equal.json.map(({ index }: { index: number }) => index)).toEqual([1, 0]);
  });

  it('have all labels', async () => {
    const { json } = await ask('toy-classify/predict', { inputs: 'what is the weather' });
    expect(json.map(({ label }: { label: string }) => label).sort()).toEqual(['music', 'news', 'weather']);
    expect(json[0].score).toBeGreaterThanOrEqual(json[1].score);
    const batch = await ask('toy-classify', { inputs: [['what is the weather'], ['tell me a joke']] });
    expect([batch.json.length, batch.json[0]]).toEqual([2, json]);
    const pair = await ask('toy-classify/predict', { inputs: ['a', 'b'] });
    expect(pair.headers.get('x-compute-tokens')).toBe('4');
  });
});

describe('errors of TEI', () => {
  const TOO_LONG = 'Input validation error: `inputs` must have less than 8 tokens. Given: 9';
  it.each([
    ['toy-embed/embed', { inputs: '' }, [400, 'Empty', 'Input validation error: `inputs` cannot be empty']],
    ['toy-embed/embed', { inputs: [] }, [400, 'Empty', '`inputs` cannot be empty']],
    ['toy-rank/rerank', { query: 'a', texts: [] }, [400, 'Empty', '`texts` cannot be empty']],
    [
      'toy-rank/rerank',
      { query: 'a', texts: Array(33).fill('a') },
      [422, 'Validation', 'batch size 33 > maximum allowed batch size 32'],
    ],
    ['toy-embed/embed', { inputs: 'a b c d e f g', truncate: false }, [422, 'Validation', TOO_LONG]],
    [
      'toy-embed/embed',
      { inputs: 'a', dimensions: 5 },
      [
        422,
        'Validation',
        'Input validation error: `dimensions` should be smaller than the maximum embedding dimension.',
      ],
    ],
    [
      'toy-embed/embed',
      { inputs: 'a', prompt_name: 'x' },
      [422, 'Validation', `parameter 'prompt_name': expected one of query, document, got "x"`],
    ],
    [
      'toy-embed/rerank',
      { query: 'a', texts: ['b'] },
      [424, 'Backend', 'Backend error: model is not a re-ranker model'],
    ],
    ['toy-embed/predict', { inputs: 'a' }, [424, 'Backend', 'Backend error: Model is not a classifier model']],
    ['toy-rank/embed', { inputs: 'a' }, [424, 'Backend', 'Backend error: Model is not an embedding model']],
    [
      'toy-embet/embed',
      { inputs: 'a' },
      [404, 'Validation', "model 'toy-embet' is not found; did you mean 'toy-embed'?"],
    ],
  ])('%s of %j', async (path, body, expected) => {
    expect(refusalOf(await ask(path, body))).toEqual(expected);
  });

  it('are the same for large bodies, which a thread reads', async () => {
    const long = 'x'.repeat(200_000);
    expect(refusalOf(await ask('toy-embed/embed', { inputs: [long, ''] }))).toEqual([
      400,
      'Empty',
      'Input validation error: `inputs` cannot be empty',
    ]);
    const { status, headers } = await ask('toy-embed/embed', { inputs: long });
    expect([status, headers.get('x-compute-characters')]).toEqual([200, '200000']);
    expect(refusalOf(await ask('toy-embed/embed', { inputs: 'x'.repeat(4_200_000) }))).toEqual([
      413,
      'Validation',
      'the body has more than 4194304 bytes of text (tei.maxTextBytes)',
    ]);
    expect((await ask('toy-embed/embed', '{"inputs"')).status).toBe(422);
  });
});

describe('what a model of TEI reports', () => {
  it.each([
    ['toy-embed', { embedding: { pooling: 'mean' } }, 2_048],
    ['toy-rank', { reranker: { id2label: { 0: 'LABEL_0' }, label2id: { LABEL_0: 0 } } }, 32],
    [
      'toy-classify',
      {
        classifier: {
          id2label: { 0: 'weather', 1: 'music', 2: 'news' },
          label2id: { weather: 0, music: 1, news: 2 },
        },
      },
      32,
    ],
  ])('%s', async (model, model_type, max_client_batch_size) => {
    const { json } = await ask(`${model}/info`);
    expect(json).toMatchObject({
      model_id: model,
      model_dtype: 'float32',
      model_type,
      max_concurrent_requests: 1_024,
      max_input_length: 8,
      max_batch_tokens: 8 * max_client_batch_size,
      max_client_batch_size,
      auto_truncate: true,
    });
  });

  it('in metrics has the names of TEI', async () => {
    await ask('toy-embed/embed', { inputs: 'a' });
    const { status, text } = await ask('toy-embed/metrics');
    const values = new Map(text.split('\n').map((line) => line.split(' ') as [string, string]));
    const numberOf = (name: string) => Number(values.get(name));
    expect(status).toBe(200);
    expect(numberOf('te_request_count')).toBe(numberOf('te_request_success') + numberOf('te_request_failure'));
    expect(numberOf('te_request_success')).toBeGreaterThan(0);
    expect(numberOf('te_request_duration_count')).toBe(numberOf('te_request_count'));
    expect(numberOf('te_request_inference_duration_sum')).toBeGreaterThanOrEqual(0);
    expect(numberOf('te_queue_size')).toBe(0);
  });

  it.each(['', '/health', '/ping'])('GET %s is empty where the model answers', async (path) => {
    const { status, text } = await ask(`toy-embed${path}`);
    expect([status, text]).toEqual([200, '']);
    expect(refusalOf(await ask(`none${path}`))).toEqual([503, 'Unhealthy', 'unhealthy']);
  });
});

describe('a port of its own', () => {
  async function startWith(model: string) {
    const started = await startPoolingServer({ tei: { httpPort: 0, model } });
    const { url } = started.server.addresses.dialects.tei?.http ?? {};
    return {
      post: async (path: string, body: unknown) => {
        const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
        return { status: response.status, json: await response.json() };
      },
      get: (path: string) => fetch(`${url}${path}`),
      shared: started.ask,
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  }

  it('answers for the only model with the task of the request, without a name', async () => {
    await using own = await startWith('');
    const body = { query: 'a', texts: ['a', 'b'] };
    const named = await own.post('/tei/toy-rank/rerank', body);
    expect(named.status).toBe(200);
    expect(await own.post('/rerank', body)).toEqual(named);
    expect((await own.post('/predict', { inputs: 'a' })).status).toBe(200);
    const hint = '; name one in the setting tei.model';
    const refused = (found: string) => ({
      status: 422,
      json: { error: `'model': expected the name of a model, got nothing; ${found}${hint}`, error_type: 'Validation' },
    });
    expect(await own.post('/embed', { inputs: 'a' })).toEqual(refused("2 models embed texts: 'toy-embed', 'toy-wide'"));
    expect(await own.post('/', { inputs: 'a' })).toEqual(
      refused(
        "4 models embed texts or make sparse embeddings or rank texts or classify texts or classify tokens: 'toy-classify', 'toy-embed', 'toy-rank', 'toy-wide'",
      ),
    );
    expect((await own.get('/info')).status).toBe(422);
  });

  it('answers for the model of the setting', async () => {
    await using own = await startWith('toy-rank');
    expect((await own.post('/', { query: 'a', texts: ['a', 'b'] })).json).toHaveLength(2);
    expect((await own.post('/embed', { inputs: 'a' })).json).toEqual({
      error: 'Backend error: Model is not an embedding model',
      error_type: 'Backend',
    });
    expect(await (await own.get('/info')).json()).toMatchObject({ model_id: 'toy-rank' });
    expect((await own.get('/health')).status).toBe(200);
    expect(await (await own.get('/metrics')).text()).toContain('te_request_count 1');
  });

  it('has those paths alone', async () => {
    await using own = await startWith('');
    expect((await own.shared('/embed', { inputs: 'hello' })).status).toBe(404);
    expect((await own.get('/v2')).status).toBe(404);
  });
});
