import { afterEach, expect, it, vi } from 'vitest';
import { TINY_MODEL } from '../../../test/support/llama-model.js';
import { loadSpec } from '../../../test/support/test-host.js';
import { systemClock } from '../../core/index.js';
import type { RuntimeContext } from '../runtime-context.js';
import { LlamaContext } from './library/context.js';
import { Weights } from './library/weights.js';
import { loadLlama } from './load.js';

afterEach(() => vi.restoreAllMocks());

function load(chatTemplate: string): Promise<unknown> {
  const runtime = {
    clock: systemClock,
    report: () => {
      throw new Error('nobody listens');
    },
  } as unknown as RuntimeContext;
  const options = { contextTokens: 64, slots: 1, threads: 1, chatTemplate };
  return loadLlama({ ...loadSpec({ runtime: 'llama', path: TINY_MODEL }), options }, runtime);
}

function watch() {
  return { context: vi.spyOn(LlamaContext.prototype, 'free'), weights: vi.spyOn(Weights.prototype, 'free') };
}

it('frees everything where the model cannot be described', async () => {
  const freed = watch();
  vi.spyOn(Weights.prototype, 'infillTokens', 'get').mockImplementation(() => {
    throw new Error('broken');
  });
  await expect(load('{{ messages[0].content }}')).rejects.toThrow('broken');
  expect([freed.context.mock.calls.length, freed.weights.mock.calls.length]).toEqual([1, 1]);
});

it('frees everything where its template cannot be opened', async () => {
  const freed = watch();
  await expect(load('{% broken')).rejects.toThrow('nobody listens');
  expect([freed.context.mock.calls.length, freed.weights.mock.calls.length]).toEqual([1, 1]);
});
