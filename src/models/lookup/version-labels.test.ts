import { expect, it } from 'vitest';
import { version } from '../../../test/support/infer-fixture.js';
import { EventBus } from '../../core/index.js';
import { DeclaredLabelVersions } from '../../repository/index.js';
import { VersionLabels } from './version-labels.js';

const FINAL = { isFinal: true };
const NONE = { labels: {}, places: {} };

/** The labels of the model `m`, of which the test says what serves. */
function createFixture(...serving: readonly number[]) {
  const events = new EventBus();
  const told: string[] = [];
  events.subscribe('diagnostic', ({ message }) => told.push(message));
  const served = serving.map((number) => version(number, number));
  const labels = new VersionLabels({
    engine: { serving: () => served },
    events,
    declaredLabels: new DeclaredLabelVersions(),
  });
  return { labels, told, served, now: () => Object.fromEntries(labels.of('m')) };
}

it('a label of a file overrides a declared one, which is reported once', () => {
  const { labels, told, now } = createFixture(1, 2);
  labels.declare('m', { stable: 1, canary: 2 });
  expect(now()).toEqual({ stable: 1, canary: 2 });
  const file = { labels: { stable: 2 }, places: { stable: 'm/model.yaml:1:11' } };
  labels.apply('m', file, FINAL);
  labels.apply('m', file, FINAL);
  expect(now()).toEqual({ stable: 2, canary: 2 });
  expect(labels.placeOf('m', 'stable')).toBe('m/model.yaml:1:11');
  expect(labels.placeOf('m', 'canary')).toBeUndefined();
  expect(told).toEqual(["label 'stable' of model 'm' was declared for version 1, but m/model.yaml:1:11 comes first"]);
  labels.apply('m', NONE, FINAL);
  expect(now()).toEqual({ stable: 1, canary: 2 });
});

it('a declared label outlasts an unload, and waits for a version that does not serve yet', () => {
  const { labels, told, served, now } = createFixture(1);
  labels.declare('m', { stable: 1 });
  labels.apply('m', { labels: { old: 1 }, places: {} }, FINAL);
  labels.forget('m');
  expect(now()).toEqual({ stable: 1 });
  labels.declare('m', { stable: 2 });
  expect(now()).toEqual({ stable: 1 });
  expect(told).toEqual(["label 'stable' of model 'm' stays at version 1: version 2 does not serve"]);
  served.push(version(2, 2));
  labels.apply('m', NONE, FINAL);
  expect(now()).toEqual({ stable: 2 });
  labels.declare('m', {});
  expect(now()).toEqual({});
});
