import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { GenerationParameters, SamplingDefaults } from '../core/index.js';
import { effectiveSampling, SAMPLING_DEFAULTS, SAMPLING_NAMES, withSampling } from './sampling-defaults.js';

it('a model without defaults of its own has those of the API', () => {
  expect(effectiveSampling({})).toEqual(SAMPLING_DEFAULTS);
  expect(effectiveSampling({ sampling: { temperature: 0.6, topK: 20 } })).toEqual({
    ...SAMPLING_DEFAULTS,
    temperature: 0.6,
    topK: 20,
  });
});

it('a request that says everything is left as it is', () => {
  const request: GenerationParameters = { ...SAMPLING_DEFAULTS, maxTokens: 3 };
  expect(withSampling(request, { temperature: 0 })).toBe(request);
});

it('what a request says comes before the defaults, also where it is 0', () => {
  expect(withSampling({ topK: 0, seed: 7 }, { topK: 40, temperature: 0.5 })).toEqual({
    topK: 0,
    seed: 7,
    temperature: 0.5,
  });
});

const some = fc.record(
  Object.fromEntries(SAMPLING_NAMES.map((name) => [name, fc.double({ min: 0, max: 1, noNaN: true })])),
  { requiredKeys: [] },
) as fc.Arbitrary<SamplingDefaults>;

it('each parameter is that of the request, else that of the model, else missing', () => {
  fc.assert(
    fc.property(some, some, (request, defaults) => {
      expect(withSampling(request, defaults)).toEqual({ ...defaults, ...request });
    }),
  );
});
