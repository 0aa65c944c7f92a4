import { expect, it } from 'vitest';
import { modelInfo } from '../../../test/support/model-info.js';
import { EventBus } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import { RUNNER_BYTES } from '../../memory/index.js';
import { MemoryNeeds } from './memory-needs.js';

const MEMORY = { restBytes: 60_000, peakBytes: 90_000 };

function start({ source, ...loaded }: ModelInfo) {
  const events = new EventBus();
  const needs = new MemoryNeeds({
    events,
    engine: { serving: () => [{ ...loaded, source }] },
    sourceOf: (name) => (name === source.name ? source : undefined),
  });
  const ready = () => events.publish('modelStateChanged', { ref: loaded.ref, state: { kind: 'ready' } });
  return { needs, ready };
}

it('a version that is not loaded needs what it needed when it was loaded last', () => {
  const info = modelInfo('mlp', { memory: MEMORY });
  const { needs, ready } = start(info);
  const unloaded = { name: 'mlp', version: 1, info: undefined };
  expect(needs.of(unloaded)).toEqual({ restBytes: RUNNER_BYTES, peakBytes: RUNNER_BYTES, isMeasured: false });
  ready();
  expect(needs.of(unloaded)).toEqual({ ...MEMORY, isMeasured: true });
  expect(needs.of({ ...unloaded, info })).toEqual({ ...MEMORY, isMeasured: true });
  needs.close();
});

it('a version whose files have changed is estimated again', () => {
  const info = modelInfo('mlp', { memory: MEMORY });
  const { needs, ready } = start(info);
  ready();
  expect(needs.ofSource({ ...info.source, digest: 'other' })).toMatchObject({ isMeasured: false });
});

it('a version in the server itself, or of which nothing is known, has no need', () => {
  const info = modelInfo('mlp');
  const source = { ...info.source, config: { instances: { placement: 'inline' as const } } };
  const { needs } = start({ ...info, source });
  expect(needs.of({ name: 'mlp', version: 1, info: undefined })).toBeUndefined();
  expect(needs.of({ name: 'unknown', version: 1, info: undefined })).toBeUndefined();
});
