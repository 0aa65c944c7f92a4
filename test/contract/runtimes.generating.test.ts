import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GenerationParameters } from '../../src/core/index.js';
import { textPrompt } from '../../src/generation/index.js';
import {
  type BatchItem,
  type Emission,
  type Instance,
  type Placement,
  STREAM_CREDIT,
} from '../../src/runtimes/index.js';
import GENERATOR from '../fixtures/toy-generator/manifest.mjs';
import { batchItem } from '../support/tensors.js';
import { createTestHost, IN_PROCESS, INLINE, loadSpec, runBatch, type TestHost } from '../support/test-host.js';
import { until } from '../support/until.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-generating-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'model.corpus');
writeFileSync(
  file,
  'the mill turns the stones all day\nthe stones turn the grain into flour\nthe river turns the mill\nround and round\n',
);
const spec = loadSpec({ runtime: 'generator', path: file });

const item = (callId: number, prompt: string, parameters: GenerationParameters = {}): BatchItem =>
  batchItem(callId, [], { generation: { ...parameters, prompt: textPrompt(prompt) } });

/** Never ends by itself. */
const ENDLESS = { maxTokens: 1_000_000 };

const textOf = (emissions: readonly Emission[], callId?: number): string =>
  emissions
    .filter((emission) => callId === undefined || emission.callId === callId)
    .map(({ delta }) => delta?.text ?? '')
    .join('');

let hosted: TestHost;
beforeEach(() => {
  hosted = createTestHost({ runtimes: [GENERATOR] });
});
afterEach(() => hosted.host.close());

const placements: readonly (readonly [string, Placement])[] = [
  ['inline', INLINE],
  ['in a process', IN_PROCESS],
];

describe.each(placements)('a generating runtime %s', (_label, placement) => {
  const load = () => hosted.load(spec, placement);

  test('says what it generates, the tokens that it took, and why it stopped', async () => {
    const instance = await load();
    const { emissions } = await runBatch(instance, [item(1, 'the river', { maxTokens: 3 })]);
    expect(textOf(emissions)).toBe(' turns the mill');
    expect(emissions.map(({ usage, finishReason, final }) => ({ usage, finishReason, final }))).toEqual(
      [1, 2, 3].map((completionTokens) => ({
        usage: { promptTokens: 2, cachedTokens: 0, completionTokens },
        finishReason: completionTokens === 3 ? 'length' : undefined,
        final: completionTokens === 3,
      })),
    );
  });

  test('takes lists as parameters', async () => {
    const instance = await load();
    const { emissions } = await runBatch(instance, [item(1, 'the river', { stop: ['grain', 'mill'] })]);
    expect(textOf(emissions)).toBe(' turns the');
    expect(emissions.at(-1)).toMatchObject({ finishReason: 'stop', usage: { completionTokens: 2 } });
  });

  test('generates the same for the same seed, alone and beside others', async () => {
    const instance = await load();
    const prompts = ['the', 'round', 'the river', 'stones turn'];
    const parameters = { seed: 7, maxTokens: 12 };
    const together = await runBatch(
      instance,
      prompts.map((prompt, index) => item(index, prompt, parameters)),
    );
    for (const [index, prompt] of prompts.entries()) {
      const alone = await runBatch(instance, [item(index, prompt, parameters)]);
      expect(textOf(alone.emissions)).toBe(textOf(together.emissions, index));
    }
  });

  test('fails one prompt of a batch, and says what its tokens were', async () => {
    const instance = await load();
    const { emissions } = await runBatch(instance, [item(1, ' '), item(2, 'into')]);
    expect(emissions.filter(({ callId }) => callId === 1)).toEqual([
      {
        callId: 1,
        outputs: [],
        error: { code: 'invalid_argument', message: 'generator: the prompt has no words' },
        usage: { promptTokens: 0, cachedTokens: 0, completionTokens: 0 },
        final: true,
      },
    ]);
    expect(textOf(emissions, 2)).toBe(' flour');
  });

  test('reads again only what of a prompt it has not read', async () => {
    const instance = await load();
    const cached: unknown[] = [];
    for (const prompt of ['the mill turns', 'the mill turns', 'the mill of', 'a mill']) {
      const { emissions } = await runBatch(instance, [item(1, prompt, { maxTokens: 1 })]);
      cached.push(emissions[0]?.usage?.cachedTokens);
    }
    expect(cached).toEqual([0, 3, 2, 0]);
  });

  test('goes on for everybody else in a batch while one reader has no room', async () => {
    const instance = await load();
    const emissions: Emission[] = [];
    const items = [item(1, 'round', ENDLESS), item(2, 'round', { maxTokens: 3 * STREAM_CREDIT })];
    const ended = instance.execute({ id: 1, items, rows: 2, outputs: undefined }, (emitted) => {
      emissions.push(...emitted);
      return undefined;
    });
    const of = (callId: number) => emissions.filter((emission) => emission.callId === callId);
    instance.grant(2, 3 * STREAM_CREDIT);
    await until('the second is done', () => of(2).at(-1)?.final === true);
    expect(of(2)).toHaveLength(3 * STREAM_CREDIT);
    expect(of(1)).toHaveLength(STREAM_CREDIT);
    instance.grant(1, 5);
    await until('the first goes on', () => of(1).length === STREAM_CREDIT + 5);
    instance.cancel(1);
    await ended;
    expect(of(1).at(-1)).toMatchObject({
      error: { code: 'cancelled' },
      usage: { completionTokens: STREAM_CREDIT + 5 },
    });
  });

  test('stops between two steps when it is cancelled', async () => {
    const instance = await load();
    const emissions: Emission[] = [];
    const ended = instance.execute(
      { id: 1, items: [item(1, 'round', ENDLESS)], rows: 1, outputs: undefined },
      (emitted) => {
        emissions.push(...emitted);
        instance.grant(1, emitted.length);
        return undefined;
      },
    );
    await until('it generates', () => emissions.length > 10);
    instance.cancel(1);
    await ended;
    expect(emissions.at(-1)).toMatchObject({ error: { code: 'cancelled' }, final: true });
  });

  test('says how busy it is, also while it is', async () => {
    const instance = await load();
    await runBatch(instance, [item(1, 'the river', { maxTokens: 2 })]);
    const said = () => statisticsOf(instance);
    await until('its steps are known', () => said().steps_total === 2);
    expect(said()).toEqual({ prefix_cache_used_tokens: 2, slots_busy: 0, steps_total: 2 });
    const ended = instance.execute(
      { id: 2, items: [item(2, 'round', ENDLESS)], rows: 1, outputs: undefined },
      () => undefined,
    );
    await until('its further steps are known', () => said().steps_total === 2 + STREAM_CREDIT);
    expect(said()).toMatchObject({ prefix_cache_used_tokens: 3, slots_busy: 1 });
    instance.cancel(2);
    await ended;
  });
});

const statisticsOf = (instance: Instance): Readonly<Record<string, number>> => instance.statistics?.() ?? {};
