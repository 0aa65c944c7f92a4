import { expect, it } from 'vitest';
import { MillraceError } from '../../core/index.js';
import type { Emission } from '../batch.js';
import { Generation, type GenerationSetup } from './generation.js';

it('fails with the reason of the error', () => {
  const emitted: Emission[] = [];
  const setup = {
    item: { callId: 7 },
    emit: (emissions: readonly Emission[]) => void emitted.push(...emissions),
    prompt: Int32Array.of(1, 2),
    text: '',
    options: { stop: [], output: undefined, echo: false },
    tools: [],
    sampler: { free: () => undefined },
  } as unknown as GenerationSetup;
  const error = new MillraceError('invalid_argument', 'too long', { reason: 'context_length_exceeded' });
  new Generation(setup).fail(error);
  expect(emitted).toEqual([
    {
      callId: 7,
      outputs: [],
      usage: { promptTokens: 2, cachedTokens: 0, completionTokens: 0 },
      error: { code: 'invalid_argument', message: 'too long', reason: 'context_length_exceeded' },
      final: true,
    },
  ]);
});
