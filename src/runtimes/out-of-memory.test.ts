import { expect, it } from 'vitest';
import { explainLoadError, explainRunError } from './onnx/errors.js';
import { saysOutOfMemory } from './out-of-memory.js';
import { explainLoadError as explainScript } from './script/explain.js';

it.each([
  'std::bad_alloc',
  'Failed to allocate memory for requested buffer of size 8',
  'CUDA error: out of memory',
  'spawn ENOMEM',
])("somebody else's text says that there is no memory: %s", (text) => {
  expect(saysOutOfMemory(text)).toBe(true);
  const failure = { fileName: 'm.onnx', beginning: new Uint8Array(), providers: ['cpu'], ortVersion: '1' };
  const errors = [
    explainLoadError(new Error(text), failure),
    explainRunError(new Error(text)),
    explainScript(new Error(text), '/models/m/1/model.ts'),
  ];
  expect(errors.map(({ reason }) => reason)).toEqual(['out_of_memory', 'out_of_memory', 'out_of_memory']);
});

it('says nothing of memory where it does not', () => {
  expect(saysOutOfMemory('memory alignment of 8')).toBe(false);
  expect(explainRunError(new Error('invalid rank for input: out of memory')).reason).toBeUndefined();
});
