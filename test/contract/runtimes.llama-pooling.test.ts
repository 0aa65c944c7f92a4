import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesElements, type Parameters, type Tensor, typedView } from '../../src/core/index.js';
import { type PoolingInput, tensorsOfPoolingInput } from '../../src/pooling/index.js';
import { type BatchItem, type Instance, readPrepared, readPreparedAnswer } from '../../src/runtimes/index.js';
import { ENCODER_CONTEXT, ENCODER_IDS, type GgufEncoderOptions, ggufEncoder } from '../support/gguf-encoder.js';
import { TINY_MODEL } from '../support/llama-model.js';
import { batchItem } from '../support/tensors.js';
import { createTestHost, IN_PROCESS, loadSpec, runBatch, type TestHost } from '../support/test-host.js';

const IDS: Readonly<Record<string, number>> = { the: 5, light: 8, day: 10, night: 11 };
const { '[CLS]': CLS, '[SEP]': SEP } = ENCODER_IDS;
const folder = mkdtempSync(path.join(tmpdir(), 'millrace-pooling-'));
afterAll(() => rmSync(folder, { recursive: true }));
let hosted: TestHost;
beforeEach(() => {
  hosted = createTestHost();
});
afterEach(() => hosted.host.close());

interface Loaded {
  readonly model: Instance;
  readonly preparer: Instance;
}

async function load(file: string, options: Record<string, unknown> = {}): Promise<Loaded> {
  const spec = loadSpec({ runtime: 'llama', path: file, options: { threads: 1, ...options }, maxBatchSize: undefined });
  const model = await hosted.load(spec);
  return { model, preparer: await hosted.load({ ...spec, isPreparer: true }, IN_PROCESS, 'model/1#prepare') };
}

function encoder(options: GgufEncoderOptions): string {
  const file = path.join(folder, 'encoder.gguf');
  writeFileSync(file, ggufEncoder(options));
  return file;
}

const bytes = (text: string) => Buffer.from(text);
const texts = (...all: readonly string[]): PoolingInput => ({ kind: 'texts', texts: all.map(bytes) });
const query = (asked: string, ...all: readonly string[]): PoolingInput => ({
  kind: 'query',
  query: bytes(asked),
  texts: all.map(bytes),
});

/** Outputs of the preparer. */
async function prepare({ preparer }: Loaded, input: PoolingInput, parameters: Parameters = {}) {
  const item: BatchItem = { ...batchItem(1, [...tensorsOfPoolingInput(input)]), rows: 1, parameters };
  const [emission] = (await runBatch(preparer, [item])).emissions;
  if (emission?.error !== undefined) throw Object.assign(new Error(), emission.error);
  return emission?.outputs ?? [];
}

/** What the preparer answers itself. */
async function answers(loaded: Loaded, input: PoolingInput, parameters: Parameters): Promise<readonly string[]> {
  const answer = readPreparedAnswer(await prepare(loaded, input, parameters));
  return bytesElements((answer as Tensor).data).map((element) => Buffer.from(element).toString());
}

/** The numbers of each text and its tokens, all in one batch. */
async function run(loaded: Loaded, input: PoolingInput, parameters: Parameters = {}) {
  const rows = readPrepared(await prepare(loaded, input, parameters));
  const items = rows.map(({ value }, callId) => ({ callId, inputs: [], rows: 1, parameters: {}, prepared: value }));
  const { emissions } = await runBatch(loaded.model, items);
  return emissions.map(({ outputs: [values, counts] }) => ({
    values: [...(typedView('FP32', (values as Tensor).data.slice()) as Float32Array)],
    tokens: (typedView('INT32', (counts as Tensor).data.slice()) as Int32Array)[0],
  }));
}

const closeTo = (values: readonly number[], digits = 4) =>
  values.map((value) => expect.closeTo(value, digits) as number);

describe('a GGUF file that embeds', () => {
  test('gives the vectors that llama-server gives', async () => {
    const loaded = await load(TINY_MODEL, { pooling: 'mean', contextTokens: 64 });
    expect(loaded.model.description.tasks).toEqual({
      embed: {
        maxInputTokens: 64,
        vocabularySize: 1024,
        dimensions: 128,
        pooling: 'mean',
        prompts: [],
        tokenVectors: false,
      },
    });
    const [first] = await run(loaded, texts('In the beginning God', 'created the heaven'));
    // By xllamacpp 2026.10.11549.
    expect(first?.values.slice(0, 4)).toEqual(closeTo([-0.078339, 0.042892, -0.074384, -0.04189], 2));
    expect(Math.hypot(...(first?.values ?? []))).toBeCloseTo(1, 5);
  });

  test('pools as the file says, and gives a text the same vector alone and beside others', async () => {
    const vectors: number[][] = [];
    for (const pooling of [1, 2] as const) {
      const loaded = await load(encoder({ pooling }));
      const [alone] = await run(loaded, texts('the earth was'));
      const beside = await run(loaded, texts('light', 'the earth was', 'and the water'.repeat(2)));
      expect(beside[1]?.values).toEqual(closeTo(alone?.values ?? []));
      expect(beside.map(({ tokens }) => tokens)).toEqual([3, 5, 7]);
      vectors.push(alone?.values ?? []);
      await hosted.host.close();
      hosted = createTestHost();
    }
    expect(vectors[0]).not.toEqual(closeTo(vectors[1] ?? [], 2));
  });

  test('computes at a lower priority than the server has, and tokenises at the same', async () => {
    const { model, preparer } = await load(encoder({ pooling: 1 }));
    const own = getPriority();
    expect([getPriority(model.pid), getPriority(preparer.pid)]).toEqual([Math.min(own + 5, 19), own]);
  });

  test('evaluates each text alone where it is deterministic', async () => {
    const loaded = await load(encoder({ pooling: 1 }), { deterministic: true });
    const [alone] = await run(loaded, texts('the earth was'));
    const [, beside] = await run(loaded, texts('light', 'the earth was'));
    expect(beside).toEqual(alone);
  });

  test('evaluates more texts than llama.cpp takes at a time', async () => {
    const loaded = await load(encoder({ pooling: 1 }), { batchTokens: 4096 });
    const [alone] = await run(loaded, texts('the earth'));
    const many = await run(loaded, texts(...Array.from({ length: 300 }, () => 'the earth')));
    expect(many).toHaveLength(300);
    expect(many[299]?.values).toEqual(closeTo(alone?.values ?? [], 3));
  });

  test('cuts leading elements, and leaves the length as it is, where a request says so', async () => {
    const loaded = await load(encoder({ pooling: 1 }));
    const [whole] = await run(loaded, texts('light'), { normalize: false });
    const [part] = await run(loaded, texts('light'), { normalize: false, dimensions: 3 });
    expect(part?.values).toEqual(closeTo(whole?.values.slice(0, 3) ?? []));
    expect(Math.hypot(...(whole?.values ?? []))).toBeGreaterThan(1.5);
  });

  test('reads a text that is too long up to the end or from it on, with the tokens around it', async () => {
    const loaded = await load(encoder({ pooling: 2 }));
    const words: string[] = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? 'the' : 'light'));
    words[0] = 'day';
    words[39] = 'night';
    const long = texts(words.join(' '));
    await expect(run(loaded, long)).rejects.toMatchObject({
      code: 'invalid_argument',
      reason: 'context_length_exceeded',
      message: 'text 0 is too long: it has 42 tokens; the model reads at most 32 tokens: shorten it, or set truncate',
    });
    const ids = words.map((word) => IDS[word] as number);
    const inner = ENCODER_CONTEXT - 2;
    const kept = { right: ids.slice(0, inner), left: ids.slice(-inner) };
    for (const direction of ['right', 'left'] as const) {
      const [cut] = await run(loaded, long, { truncate: true, truncation_direction: direction });
      const tokens = Int32Array.of(CLS, ...kept[direction], SEP);
      const [same] = await run(loaded, { kind: 'tokens', tokens: [tokens] });
      expect(cut?.tokens).toBe(ENCODER_CONTEXT);
      expect(cut?.values).toEqual(closeTo(same?.values ?? []));
    }
  });

  test('lists the tokens of texts, and makes texts of tokens', async () => {
    const loaded = await load(encoder({ pooling: 1 }));
    const [listed] = await answers(loaded, texts('the mill'), { only: 'tokens' });
    expect(JSON.parse(listed ?? '')).toEqual([
      { id: CLS, text: '[CLS]', special: true, start: null, stop: null },
      { id: 5, text: ' the', special: false, start: null, stop: null },
      { id: ENCODER_IDS['[UNK]'], text: '[UNK]', special: true, start: null, stop: null },
      { id: SEP, text: '[SEP]', special: true, start: null, stop: null },
    ]);
    const ids: PoolingInput = { kind: 'tokens', tokens: [Int32Array.of(CLS, 5, 6, SEP)] };
    expect(await answers(loaded, ids, { only: 'text' })).toEqual([' the earth']);
    expect(await answers(loaded, ids, { only: 'text', skip_special_tokens: false })).toEqual(['[CLS] the earth[SEP]']);
  });

  test('refuses what is about generating, and an encoder that should generate', async () => {
    await expect(load(encoder({ pooling: 1 }), { slots: 4 })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: 'llama.slots: expected to be left out, as the model does not generate',
    });
    await expect(load(encoder({ pooling: 1 }), { pooling: 'none' })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: "llama.pooling: expected a kind of pooling, got 'none', which is for models that generate",
    });
  });
});

describe('a GGUF file that ranks', () => {
  test('gives the scores that llama-server gives, and by default those from 0 to 1', async () => {
    const loaded = await load(encoder({ pooling: 4 }));
    expect(loaded.model.description.tasks).toEqual({ rank: { maxInputTokens: 32, vocabularySize: 15 } });
    const asked = query('the earth', 'light', 'the water was');
    const raw = (await run(loaded, asked, { raw_scores: true })).flatMap(({ values }) => values);
    // By xllamacpp 2026.10.11549; llama.cpp's code for other processors differs in the third digit.
    expect(raw).toEqual(closeTo([0.79304, 0.42329], 2));
    const scores = await run(loaded, asked);
    expect(scores.map(({ values }) => values[0])).toEqual(closeTo(raw.map((value) => 1 / (1 + Math.exp(-value)))));
    expect(scores.map(({ tokens }) => tokens)).toEqual([5, 7]);
  });

  test('cuts the longer text of a pair that is too long', async () => {
    const loaded = await load(encoder({ pooling: 4 }));
    const asked = query('the earth', 'light '.repeat(60));
    await expect(run(loaded, asked)).rejects.toMatchObject({ reason: 'context_length_exceeded' });
    const [cut] = await run(loaded, asked, { truncate: true });
    const [same] = await run(loaded, query('the earth', 'light '.repeat(28)));
    expect(cut?.tokens).toBe(32);
    expect(cut?.values).toEqual(closeTo(same?.values ?? []));
  });

  test('puts query and document together by the template of the file', async () => {
    const template = 'the god was {document} and {query}';
    const metadata = { 'tokenizer.chat_template.rerank': template };
    const loaded = await load(encoder({ pooling: 4, metadata }));
    const counts = async (input: PoolingInput, parameters: Parameters = {}) =>
      (await run(loaded, input, parameters)).map(({ tokens }) => tokens);
    expect(await counts(query('the earth', 'light', '{query} water'))).toEqual([7, 10]);
    expect(await counts(query('the earth', 'light '.repeat(60)), { truncate: true })).toEqual([32]);
  });

  test('is refused without a head', async () => {
    const refused = {
      code: 'invalid_argument',
      message: 'a model that ranks has a tensor cls.weight or cls.output.weight; the file has none',
    };
    await expect(load(encoder({ pooling: 4, isHeadless: true }))).rejects.toMatchObject(refused);
    await expect(load(TINY_MODEL, { pooling: 'rank' })).rejects.toMatchObject(refused);
  });
});

describe('a GGUF file with classes', () => {
  test('gives the probability of each by its name', async () => {
    const labels = ['land', 'sea', 'sky'];
    const loaded = await load(encoder({ pooling: 4, labels }));
    expect(loaded.model.description.tasks).toEqual({
      classify: { maxInputTokens: 32, vocabularySize: 15, labels, multiLabel: false },
    });
    for (const { values } of await run(loaded, texts('the earth', 'water'))) {
      expect(values).toHaveLength(3);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
  });
});
