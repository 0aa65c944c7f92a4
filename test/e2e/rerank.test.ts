import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPoolingServer } from '../support/pooling-server.js';

let pooling: Awaited<ReturnType<typeof startPoolingServer>>;
beforeAll(async () => {
  pooling = await startPoolingServer();
});
afterAll(() => pooling[Symbol.asyncDispose]());

const QUERY = 'mill river';
const DOCUMENTS = ['none', 'mill river', 'a mill'];
const sigmoid = (logit: number) => expect.closeTo(1 / (1 + Math.exp(-logit)), 5);

describe.each([
  ['/rerank', '2'],
  ['/v1/rerank', '1'],
  ['/v2/rerank', '2'],
])('POST %s', (path, version) => {
  it('ranks documents, the best first', async () => {
    const { status, json } = await pooling.ask(path, { model: 'toy-rank', query: QUERY, documents: DOCUMENTS });
    expect([status, json]).toEqual([
      200,
      {
        id: expect.any(String),
        object: 'list',
        model: 'toy-rank',
        results: [
          { index: 1, relevance_score: sigmoid(1.5) },
          { index: 2, relevance_score: sigmoid(0.5) },
          { index: 0, relevance_score: sigmoid(-0.5) },
        ],
        usage: { prompt_tokens: 11, total_tokens: 11 },
        meta: { api_version: { version }, billed_units: { search_units: 1 } },
      },
    ]);
  });

  it('gives the best with their documents, by the only model that ranks', async () => {
    const documents = DOCUMENTS.map((text) => ({ text }));
    const { json } = await pooling.ask(path, { query: QUERY, documents, top_n: 2, return_documents: true });
    expect(json.results).toEqual([
      { index: 1, document: { text: 'mill river' }, relevance_score: sigmoid(1.5) },
      { index: 2, document: { text: 'a mill' }, relevance_score: sigmoid(0.5) },
    ]);
  });

  it("answers a body with texts in TEI's form", async () => {
    const { json } = await pooling.ask(path, { query: QUERY, texts: DOCUMENTS, raw_scores: true, return_text: true });
    expect(json).toEqual([
      { index: 1, text: 'mill river', score: 1.5 },
      { index: 2, text: 'a mill', score: 0.5 },
      { index: 0, text: 'none', score: -0.5 },
    ]);
  });
});

describe('what rerank refuses', () => {
  it.each([
    [{ documents: ['a'] }, 400, "'query': expected a text, got nothing"],
    [{ query: 'a', documents: [] }, 400, "'documents': expected at least one document, got an empty list"],
    [{ query: 'a', documents: ['a'], rank_fields: ['title'] }, 400, "'rank_fields' is not supported here"],
    [
      { query: 'a', documents: Array(33).fill('a') },
      400,
      "'documents': expected at most 32 texts (maxBatchSize of the model), got 33",
    ],
    [
      { query: 'a', documents: ['a'], max_tokens_per_doc: 5 },
      400,
      "'max_tokens_per_doc': expected at least 8, which the model reads, got 5",
    ],
    [
      { model: 'toy-embed', query: 'a', documents: ['a'] },
      400,
      "model 'toy-embed' does not rank texts; it embeds texts; models that rank texts: 'toy-rank'",
    ],
    [{ model: 'none', query: 'a', documents: ['a'] }, 404, "model 'none' is not found"],
    ['{"query"', 400, 'the body is not valid JSON: '],
  ])('%j', async (body, status, message) => {
    const answer = await pooling.ask('/v2/rerank', body);
    expect([answer.status, Object.keys(answer.json)]).toEqual([status, ['message']]);
    expect(answer.json.message).toContain(message);
  });

  it('is refused in the decoding thread as well', async () => {
    const documents = ['x'.repeat(200_000), { title: 'a' }];
    const { status, json } = await pooling.ask('/v2/rerank', { query: 'a', documents });
    expect([status, json.message]).toEqual([400, "'documents[1].text': expected a text, got nothing"]);
    const answer = await pooling.ask('/v2/rerank', { query: 'a', documents: ['x'.repeat(200_000)] });
    expect(answer.json.results).toHaveLength(1);
    const huge = await pooling.ask('/v2/rerank', { query: 'a', documents: ['x'.repeat(4_200_000)] });
    expect([huge.status, huge.json.message]).toEqual([
      413,
      'the body has more than 4194304 bytes of text (rerank.maxTextBytes)',
    ]);
  });
});

describe("Cohere's embeddings", () => {
  const embed = (body: object) => pooling.ask('/v2/embed', { model: 'toy-wide', ...body });

  it('gives each type of vectors', async () => {
    const embedding_types = ['float', 'base64', 'int8', 'uint8', 'binary', 'ubinary'];
    const { status, json } = await embed({ texts: ['a mill', 'b'], embedding_types, output_dimension: 16 });
    expect([status, json.response_type, json.texts]).toEqual([200, 'embeddings_by_type', ['a mill', 'b']]);
    expect(json.meta).toEqual({ api_version: { version: '2' }, billed_units: { input_tokens: 7 } });
    const { float, base64, int8, uint8, binary, ubinary } = json.embeddings;
    const numbers = Float32Array.from(float[0] as number[]);
    expect(Buffer.from(base64[0], 'base64')).toEqual(Buffer.from(numbers.buffer));
    expect(int8[0]).toEqual(Array.from(numbers, (value) => Math.round(value * 127)));
    expect(uint8[0]).toEqual(int8[0].map((value: number) => value + 128));
    expect([binary[0].length, ubinary[0]]).toEqual([2, binary[0].map((value: number) => value + 128)]);
  });

  it('puts the prompts of queries and documents before texts, and truncates as it is asked', async () => {
    const float = async (body: object) => (await embed({ ...body, output_dimension: 4 })).json.embeddings.float;
    const query = await float({ texts: ['mill'], input_type: 'search_query' });
    expect(query).toEqual(await float({ texts: ['query: mill'] }));
    expect(query).not.toEqual(await float({ texts: ['mill'], input_type: 'search_document' }));
    const texts = ['a b c d e f g'];
    expect(await float({ texts })).toEqual(await float({ texts: ['a b c d e f'] }));
    expect(await float({ texts, truncate: 'START' })).toEqual(await float({ texts: ['b c d e f g'] }));
    const refused = await embed({ texts, truncate: 'NONE' });
    expect([refused.status, refused.json]).toEqual([400, { message: 'the text has 9 tokens, more than 8' }]);
  });

  it('gives plain lists at /v1/embed, unless the request names types', async () => {
    const body = { model: 'toy-wide', texts: ['a mill', 'b'], output_dimension: 4 };
    const [typed, plain, named] = await Promise.all([
      pooling.ask('/v2/embed', body),
      pooling.ask('/v1/embed', body),
      pooling.ask('/v1/embed', { ...body, embedding_types: ['float'] }),
    ]);
    const meta = { api_version: { version: '1' }, billed_units: { input_tokens: 7 } };
    const id = expect.any(String);
    const { texts } = body;
    const { embeddings } = typed.json;
    const floats = { id, response_type: 'embeddings_floats', texts, embeddings: embeddings.float, meta };
    expect([plain.status, plain.json]).toEqual([200, floats]);
    expect(named.json).toEqual({ id, response_type: 'embeddings_by_type', texts, embeddings, meta });
  });
});
