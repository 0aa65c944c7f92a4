import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEI_MESSAGES } from '../../src/protocols/tei/grpc/schema.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { DIMENSIONS, idOf, inFolder, TOKEN_IDS, textModelFiles } from '../support/text-model.js';

let server: AppServer;
let client: GrpcClient;
beforeAll(async () => {
  server = await startAppServer(
    {
      ...inFolder('letters/1', textModelFiles()),
      ...inFolder('weighs/1', textModelFiles({ output: 'sparse' })),
      ...inFolder('sorts/1', textModelFiles({ output: 'classify' })),
      ...inFolder('judge/1', textModelFiles({ output: 'rank' })),
    },
    { repository: { controlMode: 'explicit', loadModels: ['*'] }, tei: { model: '' } },
  );
  client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

const bytesOf = (message: string, fields: object) => Buffer.concat(TEI_MESSAGES.encodeFromJson(message, fields));
// biome-ignore lint/suspicious/noExplicitAny: JSON of a message
const fieldsOf = (message: string, bytes: Uint8Array): any => TEI_MESSAGES.decodeToJson(message, bytes);

/** A method with the names of its request and its answer. */
type Method = readonly [path: string, request: string, answer: string];
const EMBED: Method = ['Embed/Embed', 'EmbedRequest', 'EmbedResponse'];
const EMBED_ALL: Method = ['Embed/EmbedAll', 'EmbedAllRequest', 'EmbedAllResponse'];
const EMBED_SPARSE: Method = ['Embed/EmbedSparse', 'EmbedSparseRequest', 'EmbedSparseResponse'];
const PREDICT: Method = ['Predict/Predict', 'PredictRequest', 'PredictResponse'];
const PREDICT_PAIR: Method = ['Predict/PredictPair', 'PredictPairRequest', 'PredictResponse'];
const RERANK: Method = ['Rerank/Rerank', 'RerankRequest', 'RerankResponse'];
const RERANK_STREAM: Method = ['Rerank/RerankStream', 'RerankStreamRequest', 'RerankResponse'];
const TOKENIZE: Method = ['Tokenize/Tokenize', 'EncodeRequest', 'EncodeResponse'];
const DECODE: Method = ['Tokenize/Decode', 'DecodeRequest', 'DecodeResponse'];

async function ask([path, request, answer]: Method, fields: object, to = client) {
  const { message, status: end } = await to.unary(bytesOf(request, fields), { path: `/tei.v1.${path}` });
  return end.code === status.OK ? fieldsOf(answer, message as Uint8Array) : [end.code, end.details];
}

/** All answers of a stream of requests, and how it ended. */
function stream([path, request, answer]: Method, all: readonly object[]): Promise<readonly unknown[]> {
  const sent = client.stream({ path: `/tei.v1.${path}` });
  const received: unknown[] = [];
  return new Promise((resolve) => {
    sent.on('data', (data: Buffer) => received.push(fieldsOf(answer, data)));
    sent.on('error', () => undefined);
    sent.on('status', ({ code, details }) => resolve(code === status.OK ? received : [...received, [code, details]]));
    for (const fields of all) sent.write(bytesOf(request, fields));
    sent.end();
  });
}

/** What TEI's routes answer over HTTP. */
async function post(path: string, body: object) {
  const answered = await server.send(`POST /tei/${path}`, JSON.stringify(body));
  return JSON.parse(answered.body.toString());
}

const TIMES = {
  total_time_ns: expect.stringMatching(/^\d+$/) as string,
  tokenization_time_ns: expect.stringMatching(/^\d+$/) as string,
  queue_time_ns: expect.stringMatching(/^\d+$/) as string,
  inference_time_ns: expect.stringMatching(/^\d+$/) as string,
};
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5) as number);

describe('embeddings of tei.v1', () => {
  it('are the vector of a text, as over HTTP', async () => {
    const [vector] = await post('letters/embed', { inputs: 'a b' });
    expect(await ask(EMBED, { inputs: 'a b', normalize: true })).toEqual({
      embeddings: close(vector),
      metadata: { compute_chars: 3, compute_tokens: 4, ...TIMES },
    });
    const long = 'a '.repeat(20);
    const [cut] = await post('letters/embed', { inputs: long, normalize: false, truncation_direction: 'Left' });
    const fields = { inputs: long, truncate: true, truncation_direction: 'TRUNCATION_DIRECTION_LEFT' };
    expect((await ask(EMBED, fields)).embeddings).toEqual(close(cut));
    expect((await ask(EMBED, { inputs: 'a', dimensions: 2 })).embeddings).toHaveLength(2);
  });

  it('are those of tokens, and sparse', async () => {
    const [vectors] = await post('letters/embed_all', { inputs: 'a b' });
    const { token_embeddings: tokens } = await ask(EMBED_ALL, { inputs: 'a b' });
    expect(tokens).toEqual(vectors.map((row: readonly number[]) => ({ embeddings: close(row) })));
    const [weights] = await post('weighs/embed_sparse', { inputs: 'a b' });
    const { sparse_embeddings: sparse } = await ask(EMBED_SPARSE, { inputs: 'a b' });
    expect(sparse).toEqual(
      weights.map(({ index, value }: { readonly index: number; readonly value: number }) => ({
        index,
        value: expect.closeTo(value, 5),
      })),
    );
  });

  it('are answered one after the other in a stream, which an error ends', async () => {
    const answers = await stream(['Embed/EmbedStream', EMBED[1], EMBED[2]], [{ inputs: 'a' }, { inputs: 'b' }]);
    expect(answers).toEqual([await ask(EMBED, { inputs: 'a' }), await ask(EMBED, { inputs: 'b' })].map(withTimes));
    const failed = await stream(['Embed/EmbedStream', EMBED[1], EMBED[2]], [{ inputs: 'a' }, { inputs: '' }]);
    expect(failed).toEqual([
      expect.objectContaining({ embeddings: expect.any(Array) }),
      [status.INVALID_ARGUMENT, 'Input validation error: `inputs` cannot be empty'],
    ]);
    expect(await stream(['Embed/EmbedStream', EMBED[1], EMBED[2]], [])).toEqual([]);
  });
});

function withTimes({ metadata, ...rest }: { readonly metadata: object }) {
  return { ...rest, metadata: { ...metadata, ...TIMES } };
}

describe('classes and ranks of tei.v1', () => {
  it('are those of HTTP', async () => {
    const classes = (list: readonly { readonly score: number; readonly label: string }[]) =>
      list.map(({ score, label }) => ({ score: expect.closeTo(score, 5) as number, label }));
    expect((await ask(PREDICT, { inputs: 'a b' })).predictions).toEqual(
      classes(await post('sorts/predict', { inputs: 'a b' })),
    );
    expect((await ask(PREDICT_PAIR, { inputs: ['a', 'b'], raw_scores: true })).predictions).toEqual(
      classes(await post('sorts/predict', { inputs: ['a', 'b'], raw_scores: true })),
    );
    const ranks = await post('judge/rerank', { query: 'q', texts: ['a', 'b c'], return_text: true });
    const expected = ranks.map(({ index, text, score }: { index: number; text: string; score: number }) => ({
      index,
      text,
      score: expect.closeTo(score, 5),
    }));
    const asked = { query: 'q', return_text: true };
    expect((await ask(RERANK, { ...asked, texts: ['a', 'b c'] })).ranks).toEqual(expected);
    const [streamed] = await stream(RERANK_STREAM, [
      { ...asked, text: 'a' },
      { query: 'x', text: 'b c' },
    ]);
    expect(streamed).toMatchObject({ ranks: expected });
    expect(await stream(RERANK_STREAM, [])).toEqual([[status.INVALID_ARGUMENT, '`texts` cannot be empty']]);
  });
});

describe('tokens of tei.v1', () => {
  it('are not told where it is not clear of which model', async () => {
    expect(await ask(TOKENIZE, { inputs: 'a' })).toEqual([
      status.INVALID_ARGUMENT,
      expect.stringMatching(/^'model': expected the name of a model, got nothing; 4 models embed texts or /),
    ]);
    expect(await ask(['Info/Info', 'InfoRequest', 'InfoResponse'], {})).toEqual([
      status.INVALID_ARGUMENT,
      expect.stringContaining('name one in the setting tei.model'),
    ]);
  });
});

describe('tei.model', () => {
  it('answers whatever names no model', async () => {
    await using own = await startAppServer(inFolder('letters/1', textModelFiles()), { tei: { grpcPort: 0 } });
    const apart = new GrpcClient(`127.0.0.1:${own.addresses.dialects.tei?.grpc?.port}`);
    const asked = (method: Method, fields: object) => ask(method, fields, apart);
    const special = (text: keyof typeof TOKEN_IDS) => ({ id: TOKEN_IDS[text], text, special: true });
    expect(await asked(TOKENIZE, { inputs: 'a b', add_special_tokens: true })).toEqual({
      tokens: [
        special('[CLS]'),
        { id: idOf('a'), text: 'a', special: false, start: 0, stop: 1 },
        { id: idOf('b'), text: 'b', special: false, start: 2, stop: 3 },
        special('[SEP]'),
      ],
    });
    expect(await asked(DECODE, { ids: [idOf('a'), idOf('b')] })).toEqual({ text: 'a b' });
    expect(await asked(['Info/Info', 'InfoRequest', 'InfoResponse'], {})).toMatchObject({
      version: '1.9.3',
      model_id: 'letters',
      model_type: 'MODEL_TYPE_EMBEDDING',
      max_input_length: 16,
      max_client_batch_size: 2_048,
    });
    expect((await asked(EMBED, { inputs: 'a' })).embeddings).toHaveLength(DIMENSIONS);
    expect(await asked(PREDICT, { inputs: 'a' })).toEqual([
      status.INVALID_ARGUMENT,
      expect.stringContaining('no model that this caller may infer classifies texts'),
    ]);
    expect(await asked(DECODE, { ids: Array<number>(65_600).fill(5) })).toEqual([
      status.INVALID_ARGUMENT,
      'request: expected at most 65536 bytes of token ids, got 65604',
    ]);
    expect(await asked(RERANK, { query: 'a', texts: Array<string>(17_000).fill('') })).toEqual([
      status.INVALID_ARGUMENT,
      'request: expected at most 16384 values, got more',
    ]);
  });
});
