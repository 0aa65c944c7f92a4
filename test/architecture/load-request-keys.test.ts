import { describe, expect, it } from 'vitest';
import { createModelConfigSchema } from '../../src/repository/index.js';
import { BUILT_IN_RUNTIMES, MEDIA_RUNTIME } from '../../src/runtimes/index.js';
import { configKeys } from '../support/config-keys.js';

const KEYS = configKeys(createModelConfigSchema([...BUILT_IN_RUNTIMES, MEDIA_RUNTIME]));

describe('keys of a model configuration', () => {
  it('declare, each of them, whether a load request may set it', () => {
    expect(KEYS.length).toBeGreaterThan(100);
    expect(KEYS.filter(({ byLoad }) => typeof byLoad !== 'boolean').map(({ path }) => path)).toEqual([]);
  });

  it("that are for the model's own files only are these", () => {
    expect(KEYS.filter(({ byLoad }) => byLoad === false).map(({ path }) => path)).toEqual([
      'source',
      'aliases',
      'responseCache.share',
      'instances.placement',
      'instances.runner',
      'instances.environment',
      'echo.faults',
      'llama.sharePrefixes',
      'llama.chatTemplate',
      'llama.chatTemplateFile',
      'media.kind',
      'media.maxPixels',
      'media.maxDurationMs',
    ]);
  });
});
