import { afterEach, describe, expect, it } from 'vitest';
import {
  DIMENSIONS,
  idOf,
  type TextModelOptions,
  TOKEN_IDS,
  textModelFiles,
  vectorOf,
} from '../../../test/support/text-model.js';
import {
  bytes,
  closeTo,
  floats,
  itemOf,
  loadFiles,
  mean,
  prepare,
  removeTextModels,
  run,
  texts,
  unit,
} from '../../../test/support/text-runtime.js';
import type { Parameters } from '../../core/index.js';
import type { PoolingInput } from '../../pooling/index.js';
import type { PreparedAnswer } from '../preparer.js';

const { '[CLS]': CLS, '[SEP]': SEP } = TOKEN_IDS;
const tokensOf = (text: string) => [CLS, ...[...text].filter((letter) => letter !== ' ').map(idOf), SEP];
const load = (model: TextModelOptions = {}, options: Record<string, unknown> = {}) =>
  loadFiles(textModelFiles(model), options);

afterEach(removeTextModels);

describe('a model that embeds', () => {
  it('gives the mean of the vectors of the tokens, whatever else is in the batch', async () => {
    const loaded = await load();
    expect(loaded.model.description).toMatchObject({
      tasks: {
        embed: {
          dimensions: DIMENSIONS,
          maxInputTokens: 16,
          vocabularySize: 30,
          pooling: 'mean',
          prompts: [],
          tokenVectors: true,
        },
      },
      maxBatchSize: 2_048,
      batchInvariant: true,
      costUnit: 'tokens',
      padding: { maxPaddedCost: 256, maxWaste: 0.1, reservesInstance: false },
    });
    const all = ['a', 'b c d e f g h', 'z y'];
    for (const [row, outputs] of (await run(loaded, texts(...all))).entries()) {
      const [embedding, counts] = outputs;
      const tokens = tokensOf(all[row] as string);
      expect(floats(embedding)).toEqual(closeTo(unit(mean(tokens.map(vectorOf)))));
      expect([embedding?.shape, [...(counts?.data ?? [])]]).toEqual([
        [1, DIMENSIONS],
        [tokens.length, 0, 0, 0],
      ]);
    }
  });

  it.each([
    ['cls', CLS],
    ['lasttoken', SEP],
  ])('takes the vector of one token by pooling %s', async (mode, token) => {
    const pooling = JSON.stringify({
      pooling_mode_cls_token: mode === 'cls',
      pooling_mode_lasttoken: mode === 'lasttoken',
    });
    const byFile = await load({ files: { 'modules.json': '[]', '1_Pooling/config.json': pooling } });
    const byOption = await load({}, { pooling: mode });
    for (const loaded of [byFile, byOption]) {
      const [[embedding] = [], [longer] = []] = await run(loaded, texts('a', 'a b c'));
      expect(floats(embedding)).toEqual(closeTo(unit(vectorOf(token))));
      expect(floats(longer)).toEqual(floats(embedding));
    }
  });

  it('does not pool again where the graph has', async () => {
    const loaded = await load({ output: 'sentence_embedding' });
    expect(loaded.model.description.tasks?.embed).toMatchObject({ pooling: 'graph', tokenVectors: false });
    const sum = mean(tokensOf('a b').map(vectorOf)).map((value) => value * 4);
    const [[embedding] = []] = await run(loaded, texts('a b', 'c'), { normalize: false });
    expect(floats(embedding)).toEqual(closeTo(sum));
    await expect(prepare(loaded, texts('a'), { pooling: 'none' })).rejects.toThrow(
      "parameter 'pooling': expected to be left out, as there is none",
    );
  });

  it('cuts a vector before it is scaled, and gives the vectors of all tokens', async () => {
    const loaded = await load();
    const whole = mean(tokensOf('a b').map(vectorOf));
    const [[cut] = []] = await run(loaded, texts('a b'), { dimensions: 2 });
    expect([cut?.shape, floats(cut)]).toEqual([[1, 2], closeTo(unit(whole.slice(0, 2)))]);
    const [[raw] = []] = await run(loaded, texts('a b'), { normalize: false });
    expect(floats(raw)).toEqual(closeTo(whole));
    const [[tokens] = [], [longer] = []] = await run(loaded, texts('a b', 'c d e'), {
      pooling: 'none',
      normalize: false,
    });
    expect([tokens?.shape, longer?.shape]).toEqual([
      [4, DIMENSIONS],
      [5, DIMENSIONS],
    ]);
    expect(floats(tokens)).toEqual(closeTo(tokensOf('a b').flatMap(vectorOf)));
  });

  it('puts the prompt before a text that a request names, or that is for its kind of text', async () => {
    const sentence = { prompts: { query: 'q ', passage: 'p ' }, default_prompt_name: null };
    const loaded = await load({ files: { 'config_sentence_transformers.json': JSON.stringify(sentence) } });
    const first = async (parameters: Parameters, text = 'a') =>
      floats((await run(loaded, texts(text), parameters))[0]?.[0]);
    expect(await first({ prompt_name: 'query' })).toEqual(await first({}, 'q a'));
    expect(await first({ input_type: 'query' })).toEqual(await first({}, 'q a'));
    expect(await first({ input_type: 'document' })).toEqual(await first({}, 'p a'));
    await expect(prepare(loaded, texts('a'), { prompt_name: 'x' })).rejects.toThrow(
      `parameter 'prompt_name': expected one of query, passage, got "x"`,
    );
  });

  it('reads token ids as they are', async () => {
    const loaded = await load();
    const tokens = [tokensOf('a b'), [idOf('z')]].map((ids) => Int32Array.from(ids));
    const [[embedding] = [], [one] = []] = await run(loaded, { kind: 'tokens', tokens }, { normalize: false });
    expect(floats(embedding)).toEqual(closeTo(mean(tokensOf('a b').map(vectorOf))));
    expect(floats(one)).toEqual(closeTo(vectorOf(idOf('z'))));
  });

  it('costs the tokens that it reads, and cuts a text at the end that the request says', async () => {
    const loaded = await load({}, { maxInputTokens: 5 });
    const costs = (await prepare(loaded, texts('a', 'a b c'))).map(({ cost }) => cost);
    expect(costs).toEqual([3, 5]);
    const cut = async (text: string, parameters: Parameters) =>
      floats((await run(loaded, texts(text), parameters))[0]?.[0]);
    expect(await cut('a b c d e', { truncate: true })).toEqual(await cut('a b c', {}));
    expect(await cut('a b c d e', { truncate: true, truncation_direction: 'left' })).toEqual(await cut('c d e', {}));
    // So much of it that not all of it is read.
    expect(await cut('a b c '.repeat(10_000), { truncate: true })).toEqual(await cut('a b c', {}));
  });

  it('tells the tokens of texts, and the text of tokens', async () => {
    const { preparer } = await load();
    const told = async (input: PoolingInput, parameters: Parameters) => {
      const { answer } = (await preparer.prepare(itemOf(input, parameters))) as PreparedAnswer;
      return answer.map((each) => Buffer.from(each).toString());
    };
    const token = (id: number, text: string, start: number) => ({
      id,
      text,
      special: false,
      start,
      stop: start + text.length,
    });
    const special = (id: number, text: string) => ({ id, text, special: true, start: null, stop: null });
    const [one = '', other = ''] = await told(texts('A b', '\u{1f600} c'), { only: 'tokens' });
    expect(JSON.parse(one)).toEqual([
      special(CLS, '[CLS]'),
      token(idOf('a'), 'A', 0),
      token(idOf('b'), 'b', 2),
      special(SEP, '[SEP]'),
    ]);
    expect(JSON.parse(other)[2]).toEqual(token(idOf('c'), 'c', 2));
    const bare = await told(texts('a'), { only: 'tokens', add_special_tokens: false });
    expect(JSON.parse(bare[0] ?? '')).toEqual([token(idOf('a'), 'a', 0)]);
    const tokens = [Int32Array.from(tokensOf('a b')), Int32Array.of(idOf('c'))];
    expect(await told({ kind: 'tokens', tokens }, { only: 'text' })).toEqual(['a b', 'c']);
    expect((await told({ kind: 'tokens', tokens }, { only: 'text', skip_special_tokens: false }))[0]).toBe(
      '[CLS] a b [SEP]',
    );
    await expect(told({ kind: 'tokens', tokens }, { only: 'tokens' })).rejects.toThrow(
      "'only: tokens' is for texts, got tokens",
    );
    await expect(told(texts('a'), { only: 'text' })).rejects.toThrow("'only: text' is for token ids, got texts");
    await expect(told(texts(...Array<string>(50_000).fill('a')), { only: 'tokens' })).rejects.toThrow(
      'the texts have 150000 tokens together; at most 65536 are listed',
    );
  });

  it('refuses a text of which the tokens that it would read lie behind what is tokenised', async () => {
    const loaded = await load({}, { maxInputTokens: 5 });
    await expect(prepare(loaded, texts(`a${' '.repeat(5_000)}b`), { truncate: true })).rejects.toThrow(
      'text 0 is too long: it has 5002 bytes',
    );
    const many = texts(...Array<string>(2_048).fill('x'.repeat(4_096)));
    await expect(prepare(loaded, many)).rejects.toThrow(
      'the texts have 8396800 bytes together; at most 8388608 of a request are tokenised: send fewer at a time',
    );
  });

  it.each<[PoolingInput, string]>([
    [
      texts('a', 'a b c d e'),
      'text 1 is too long: it has 7 tokens; the model reads at most 5 tokens: shorten it, or set truncate',
    ],
    [
      texts('x'.repeat(10_000)),
      'text 0 is too long: it has 10000 bytes; the model reads at most 5 tokens: shorten it, or set truncate',
    ],
    [texts('a', ''), 'text 1 is empty'],
    [{ kind: 'tokens', tokens: [Int32Array.of(2, 30)] }, 'text 0: expected token ids from 0 to 29, got 30'],
    [{ kind: 'tokens', tokens: [Int32Array.of(2), new Int32Array()] }, 'text 1 is empty'],
    [
      { kind: 'tokens', tokens: [new Int32Array(6)] },
      'text 0 is too long: it has 6 tokens; the model reads at most 5 tokens: shorten it, or set truncate',
    ],
  ])('refuses %#', async (input, message) => {
    const loaded = await load({}, { maxInputTokens: 5 });
    await expect(prepare(loaded, input)).rejects.toMatchObject({ code: 'invalid_argument', message });
  });
});

const logit = (text: string, seconds: number) =>
  tokensOf(text).reduce((sum, id) => sum + (vectorOf(id)[0] as number), 0) + seconds;
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

describe('a model that ranks', () => {
  it('gives each text a score for the query, from 0 to 1 or as it is', async () => {
    const loaded = await load({ output: 'rank' });
    expect(loaded.model.description.tasks).toEqual({ rank: { maxInputTokens: 16, vocabularySize: 30 } });
    const input: PoolingInput = { kind: 'query', query: bytes('q'), texts: [bytes('a'), bytes('b c')] };
    const sep = vectorOf(SEP)[0] as number;
    // Of the second text, its letters and the token behind them.
    const logits = [logit('q a', 2) + sep, logit('q b c', 3) + sep];
    const scores = async (parameters: Parameters) =>
      (await run(loaded, input, parameters)).flatMap(([score]) => floats(score));
    expect(await scores({ raw_scores: true })).toEqual(closeTo(logits));
    expect(await scores({})).toEqual(closeTo(logits.map(sigmoid)));
    await expect(prepare(loaded, { ...input, query: bytes('') })).rejects.toThrow('the query is empty');
    await expect(prepare(loaded, texts('a'))).rejects.toThrow("input 'query' is missing: the texts are ranked for it");
    await expect(prepare(loaded, { kind: 'tokens', tokens: [Int32Array.of(2)] })).rejects.toThrow(
      "a model that ranks takes texts, got 'token_ids'",
    );
    // A query is read again for each text: 2,048 times 4,096 bytes of it, and a byte of each text.
    const often: PoolingInput = {
      kind: 'query',
      query: bytes('q'.repeat(4_096)),
      texts: Array(2_048).fill(bytes('a')),
    };
    await expect(prepare(loaded, often, { truncate: true })).rejects.toThrow(
      'the texts have 8398852 bytes together; at most 8388608 of a request are tokenised: send fewer at a time',
    );
  });
});

describe('a model that classifies', () => {
  const logits = (text: string, seconds = 0) =>
    [0, 1, 2].map((index) => tokensOf(text).reduce((sum, id) => sum + (vectorOf(id)[index] as number), seconds));

  it('gives the scores of classes of a text, or a pair, that add up to 1', async () => {
    const loaded = await load({ output: 'classify' });
    expect(loaded.model.description.tasks?.classify).toMatchObject({
      labels: ['low', 'middle', 'high'],
      multiLabel: false,
    });
    expect(loaded.model.description.signature.outputs[0]?.labels).toEqual(['low', 'middle', 'high']);
    const [[raw] = []] = await run(loaded, texts('a b'), { raw_scores: true });
    expect(floats(raw)).toEqual(closeTo(logits('a b')));
    const powers = logits('a b').map(Math.exp);
    const [[scores] = []] = await run(loaded, texts('a b'));
    expect(floats(scores)).toEqual(closeTo(powers.map((power) => power / powers.reduce((sum, each) => sum + each))));
    const pairs: PoolingInput = { kind: 'pairs', texts: [bytes('a')], pairs: [bytes('b')] };
    const [[pair] = []] = await run(loaded, pairs, { raw_scores: true });
    expect(floats(pair)).toEqual(
      closeTo(logits('a b', 2).map((value, index) => value + (vectorOf(SEP)[index] as number))),
    );
  });

  it('gives each class a probability of its own where several apply', async () => {
    const { 'config.json': config = '{}' } = textModelFiles({ output: 'classify' });
    const several = { ...JSON.parse(String(config)), problem_type: 'multi_label_classification' };
    const loaded = await load({ output: 'classify', files: { 'config.json': JSON.stringify(several) } });
    const [[scores] = []] = await run(loaded, texts('a'));
    expect(floats(scores)).toEqual(closeTo(logits('a').map(sigmoid)));
  });
});
