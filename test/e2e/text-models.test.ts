import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import {
  classLogitsOf,
  idOf,
  inFolder,
  logitsOf,
  TOKEN_IDS,
  TOKEN_LABELS,
  textModelFiles,
  vectorOf,
} from '../support/text-model.js';
import { until } from '../support/until.js';

/** The configuration of a model whose classes are those of natural language inference. */
function comparing(): string {
  const config = JSON.parse(String(textModelFiles({ output: 'classify' })['config.json']));
  return JSON.stringify({ ...config, id2label: { 0: 'contradiction', 1: 'neutral', 2: 'entailment' } });
}

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    {
      ...inFolder('letters/1', textModelFiles()),
      'letters/model.yaml':
        'queue: { maxRequests: 8 }\ntext: { maxPaddedTokens: 32 }\nwarmup: [{ name: one, inputs: { text: { data: random } } }]\n',
      ...inFolder('judge/1', textModelFiles({ output: 'rank' })),
      ...inFolder('sorts/1', textModelFiles({ output: 'classify' })),
      ...inFolder('compares/1', textModelFiles({ output: 'classify', files: { 'config.json': comparing() } })),
      ...inFolder('finds/1', textModelFiles({ output: 'tokenClassify' })),
      ...inFolder('weighs/1', textModelFiles({ output: 'sparse' })),
    },
    { repository: { controlMode: 'explicit', loadModels: ['*'] } },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

const text = (...data: readonly string[]) => ({ name: 'text', datatype: 'BYTES', shape: [data.length], data });
const embed = (texts: readonly string[], more: object = {}) =>
  server.infer('letters', { inputs: [text(...texts)], ...more });
const tokensOf = (letters: string) => [
  TOKEN_IDS['[CLS]'],
  ...[...letters.replaceAll(' ', '')].map(idOf),
  TOKEN_IDS['[SEP]'],
];
const firstOf = (letters: string) => {
  const tokens = tokensOf(letters);
  return tokens.reduce((sum, id) => sum + (vectorOf(id)[0] as number), 0) / tokens.length;
};
const statistics = () => server.app.engine.statistics().find(({ name }) => name === 'letters');

it('shows what each of its models takes, gives and can be asked for', async () => {
  const catalog = await server.send('GET /millrace/v1/models');
  const { models } = JSON.parse(catalog.body.toString());
  const tasks = models.map(({ name, versions }: { name: string; versions: { loaded: { tasks: string[] } }[] }) => [
    name,
    versions[0]?.loaded.tasks,
  ]);
  expect(tasks).toEqual([
    ['compares', ['infer', 'classify']],
    ['finds', ['infer', 'tokenClassify']],
    ['judge', ['infer', 'rank']],
    ['letters', ['infer', 'embed']],
    ['sorts', ['infer', 'classify']],
    ['weighs', ['infer', 'sparse']],
  ]);
  const { body } = await server.send('GET /v2/models/letters');
  expect(JSON.parse(body.toString())).toMatchObject({
    inputs: [
      { name: 'text', datatype: 'BYTES', shape: [-1] },
      { name: 'token_ids', datatype: 'INT32', shape: [-1, -1] },
    ],
    outputs: [
      { name: 'embedding', datatype: 'FP32', shape: [-1, 4] },
      { name: 'token_counts', datatype: 'INT32', shape: [-1] },
    ],
  });
});

it('answers more texts than its queue has places for, in order, and counts them as one request', async () => {
  const texts = Array.from({ length: 600 }, (_, index) => 'a b c d e f g h i j k l m'.slice(0, 1 + 2 * (index % 13)));
  const before = { ...statistics(), success: statistics()?.success.count ?? 0 };
  const { status, body } = await embed(texts, { parameters: { normalize: false } });
  expect(status).toBe(200);
  const [embedding, counts] = body.outputs;
  expect([embedding.shape, counts.data]).toEqual([[600, 4], texts.map((each) => tokensOf(each).length)]);
  const firsts = texts.map((_, index) => embedding.data[4 * index]);
  expect(firsts).toEqual(texts.map((each) => expect.closeTo(firstOf(each), 5)));
  const after = statistics();
  expect((after?.inferenceCount ?? 0) - (before.inferenceCount ?? 0)).toBe(600);
  expect((after?.success.count ?? 0) - before.success).toBe(1);
  // Batches have 32 tokens at most, one longer text, or similar ones.
  expect((after?.executionCount ?? 0) - (before.executionCount ?? 0)).toBeLessThan(600);
});

it('takes turns between the texts of two callers', async () => {
  const many = embed(Array.from({ length: 2_000 }, () => 'a b c d e f g h i j k l m'));
  let isOver = false;
  void many.then(() => {
    isOver = true;
  });
  await until('it runs', () => server.app.engine.gauges().some(({ executingRequests }) => executingRequests > 0));
  const { status } = await server.infer('letters', { inputs: [text('z')] });
  expect([status, isOver]).toEqual([200, false]);
  expect((await many).status).toBe(200);
});

it('ranks and classifies, with the labels of the model', async () => {
  const query = { name: 'query', datatype: 'BYTES', shape: [1], data: ['q'] };
  const ranked = await server.infer('judge', { inputs: [query, text('a', 'b c', 'a')] });
  const [score] = ranked.body.outputs;
  expect(score.shape).toEqual([3]);
  expect(score.data[0]).toBe(score.data[2]);
  const outputs = [{ name: 'scores', parameters: { classification: 1 } }];
  const classified = await server.infer('sorts', { inputs: [text('a b', 'z')], outputs });
  expect(classified.body.outputs[0].data).toEqual([
    expect.stringMatching(/^[0-9.]+:[0-2]:(low|middle|high)$/),
    expect.stringMatching(/^[0-9.]+:[0-2]:(low|middle|high)$/),
  ]);
});

/** The tokens of the vocabulary with the weights that a text gives them. */
function weightsOf(letters: string): readonly { readonly index: number; readonly value: number }[] {
  const rows = tokensOf(letters).map(logitsOf);
  return logitsOf(0).flatMap((_, index) => {
    const most = Math.max(0, ...rows.map((row) => row[index] as number));
    return most === 0 ? [] : [{ index, value: expect.closeTo(Math.log1p(most), 5) as number }];
  });
}

it('makes sparse embeddings, each token with its weight', async () => {
  const { body } = await server.infer('weighs', { inputs: [text('a b', 'z')] });
  const expected = ['a b', 'z'].map(weightsOf);
  expect(body.outputs).toMatchObject([
    { name: 'sparse_indices', data: expected.flat().map(({ index }) => index) },
    { name: 'sparse_values', data: expected.flat().map(({ value }) => value) },
    { name: 'sparse_counts', shape: [2], data: expected.map(({ length }) => length) },
    { name: 'token_counts', shape: [2], data: [4, 3] },
  ]);
  expect(expected.every(({ length }) => length > 0 && length < 30)).toBe(true);
  const ask = async (path: string) => {
    const asked = await server.send(`POST /tei/${path}`, JSON.stringify({ inputs: ['a b', 'z'] }));
    return [asked.status, JSON.parse(asked.body.toString())];
  };
  expect(await ask('weighs/embed_sparse')).toEqual([200, expected]);
  expect(await ask('weighs')).toEqual([200, expected]);
  const refusal = (problem: string) => [424, { error: `Backend error: ${problem}`, error_type: 'Backend' }];
  expect(await ask('weighs/embed')).toEqual(refusal('Model is not an embedding model'));
  expect(await ask('letters/embed_sparse')).toEqual(refusal('Model is not an embedding model with SPLADE pooling'));
  const info = await server.send('GET /tei/weighs/info');
  expect(JSON.parse(info.body.toString())).toMatchObject({ model_type: { embedding: { pooling: 'splade' } } });
});

it('classifies by labels of the caller, where the model compares texts', async () => {
  const ask = async (model: string, body: object) => {
    const answered = await server.send(`POST /tei/${model}`, JSON.stringify(body));
    return JSON.parse(answered.body.toString());
  };
  const parameters = { candidate_labels: ['b', 'c d'], hypothesis_template: '{}' };
  const [pairs, classes, several] = await Promise.all([
    ask('compares', {
      inputs: [
        ['a', 'b'],
        ['a', 'c d'],
      ],
      raw_scores: true,
    }),
    ask('compares', { inputs: 'a', parameters }),
    ask('compares', { inputs: ['a'], parameters: { ...parameters, multi_label: true } }),
  ]);
  const logit = (pair: number, wanted: string) =>
    pairs[pair].find(({ label }: { label: string }) => label === wanted).score as number;
  const powers = [0, 1].map((pair) => Math.exp(logit(pair, 'entailment')));
  const scoreOf = (list: readonly { label: string; score: number }[]) =>
    new Map(list.map((each) => [each.label, each.score]));
  const close = (value: number | undefined) => expect.closeTo(value as number, 5) as number;
  const total = (powers[0] as number) + (powers[1] as number);
  expect(scoreOf(classes)).toEqual(
    new Map([
      ['b', close((powers[0] as number) / total)],
      ['c d', close((powers[1] as number) / total)],
    ]),
  );
  const alone = (pair: number) => 1 / (1 + Math.exp(logit(pair, 'contradiction') - logit(pair, 'entailment')));
  expect(scoreOf(several[0])).toEqual(
    new Map([
      ['b', close(alone(0))],
      ['c d', close(alone(1))],
    ]),
  );
  expect(await ask('sorts', { inputs: 'a', parameters })).toEqual({
    error: "Backend error: Model has no label 'entailment', which candidate_labels need",
    error_type: 'Backend',
  });
});

/** The scores of the classes of a letter. */
function classScoresOf(letter: string): readonly number[] {
  const powers = classLogitsOf(idOf(letter)).map(Math.exp);
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
}

it('classifies tokens, each with its place, and names what they stand for', async () => {
  const { body } = await server.infer('finds', { inputs: [text('a b', 'é z')] });
  const [scores, places, counts] = body.outputs;
  expect([scores.shape, counts.data]).toEqual([
    [8, 4],
    [4, 4],
  ]);
  expect(scores.data.slice(4, 8)).toEqual(classScoresOf('a').map((score) => expect.closeTo(score, 5)));
  const special = [-1, -1, -1];
  expect(places.data).toEqual([special, [0, 1, 0], [2, 3, 1], special, special, [0, 1, 0], [2, 3, 1], special].flat(1));
  const ask = async (body_: object, path = 'finds') => {
    const asked = await server.send(`POST /tei/${path}`, JSON.stringify(body_));
    return JSON.parse(asked.body.toString());
  };
  const parameters = { aggregation_strategy: 'none', ignore_labels: [] };
  const named = (letter: string, place: number) => {
    const all = classScoresOf(letter);
    const best = all.indexOf(Math.max(...all));
    const entity = TOKEN_LABELS[best];
    const score = expect.closeTo(all[best] as number, 5) as number;
    return { entity, score, index: place + 1, word: letter, start: 2 * place, end: 2 * place + 1 };
  };
  expect(await ask({ inputs: 'a b c', parameters })).toEqual(['a', 'b', 'c'].map(named));
  expect(await ask({ inputs: ['a', 'b'], parameters })).toEqual([[named('a', 0)], [named('b', 0)]]);
  const groups: readonly { entity_group: string; word: string }[] = await ask({ inputs: 'a b c d e f g h' });
  expect(groups.length).toBeGreaterThan(0);
  expect(groups.every(({ entity_group: group }) => ['PER', 'LOC'].includes(group))).toBe(true);
  expect(await ask({ inputs: 'a' }, 'finds/predict')).toEqual({
    error: 'Backend error: Model is not a classifier model',
    error_type: 'Backend',
  });
});

it('tells its tokens, and the text of tokens, as TEI does', async () => {
  const ask = async (path: string, body: object) => {
    const { status, body: answer } = await server.send(`POST /tei/letters/${path}`, JSON.stringify(body));
    return [status, JSON.parse(answer.toString())];
  };
  const token = (text: string, start: number) => ({ id: idOf(text), text, special: false, start, stop: start + 1 });
  const special = (text: keyof typeof TOKEN_IDS) => ({
    id: TOKEN_IDS[text],
    text,
    special: true,
    start: null,
    stop: null,
  });
  expect(await ask('tokenize', { inputs: ['a b', 'c'] })).toEqual([
    200,
    [
      [special('[CLS]'), token('a', 0), token('b', 2), special('[SEP]')],
      [special('[CLS]'), token('c', 0), special('[SEP]')],
    ],
  ]);
  expect(await ask('tokenize', { inputs: 'a', add_special_tokens: false })).toEqual([200, [[token('a', 0)]]]);
  expect(await ask('decode', { ids: tokensOf('a b') })).toEqual([200, ['a b']]);
  expect(await ask('decode', { ids: [tokensOf('a'), [idOf('z')]], skip_special_tokens: false })).toEqual([
    200,
    ['[CLS] a [SEP]', 'z'],
  ]);
  expect(await ask('decode', { ids: [30] })).toEqual([
    422,
    { error: 'text 0: expected token ids from 0 to 29, got 30', error_type: 'Validation' },
  ]);
  expect(await ask('tokenize', { inputs: [] })).toEqual([
    400,
    { error: '`inputs` cannot be empty', error_type: 'Empty' },
  ]);
});

it.each<[object, string]>([
  [
    { inputs: [text('a', 'a '.repeat(15))] },
    'text 1 is too long: it has 17 tokens; the model reads at most 16 tokens: shorten it, or set truncate',
  ],
  [{ inputs: [text('a', '')] }, 'text 1 is empty'],
  [
    { inputs: [text(...Array<string>(2_049).fill('a'))] },
    "input 'text' has 2049 rows; model 'letters/1' takes at most 2048 a request: send fewer at a time, or raise maxBatchSize in its model.yaml (max_batch_size in its config.pbtxt)",
  ],
  [
    { inputs: [text('a')], parameters: { dimensions: 5 } },
    "parameter 'dimensions': expected an integer from 1 to 4, got 5",
  ],
  [
    { inputs: [text('a')], parameters: { max_tokens: 5 } },
    "parameter 'max_tokens' is not known; expected truncate, truncation_direction, add_special_tokens, only, skip_special_tokens, prompt_name, input_type, normalize, dimensions, pooling",
  ],
])('refuses %#', async (request, error) => {
  expect(await server.infer('letters', request)).toMatchObject({ status: 400, body: { error } });
});

it('loses no text while the model is loaded again', async () => {
  const asked = Array.from({ length: 4 }, () =>
    embed(Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? 'a' : 'b c d'))),
  );
  await until('they run', () => server.app.engine.gauges().some(({ executingRequests }) => executingRequests > 0));
  const before = server.app.engine.serving('letters')[0]?.ref.generation;
  await writeFile(path.join(server.folder.path, 'letters/1/notes.txt'), 'changed');
  const loaded = await server.send('POST /v2/repository/models/letters/load');
  expect(loaded.status).toBe(200);
  expect(server.app.engine.serving('letters')[0]?.ref.generation).not.toBe(before);
  const answers = await Promise.all(asked);
  expect(answers.map(({ status, body }) => [status, body.error ?? body.outputs[0].shape])).toEqual(
    Array(4).fill([200, [500, 4]]),
  );
});

it('stops with the texts of a caller who has left', async () => {
  const gone = new AbortController();
  const body = JSON.stringify({ inputs: [text(...Array<string>(2_048).fill('a b c d e f g h i j k l m'))] });
  const url = `http://127.0.0.1:${server.port}/v2/models/letters/infer`;
  const asked = fetch(url, { method: 'POST', body, signal: gone.signal }).catch(() => 'left');
  const queued = () => server.app.engine.gauges().reduce((sum, { queuedRequests }) => sum + queuedRequests, 0);
  await until('it waits', () => queued() > 0);
  gone.abort();
  expect(await asked).toBe('left');
  await until('its texts are gone', () => queued() === 0);
  expect((await embed(['a'])).status).toBe(200);
});
