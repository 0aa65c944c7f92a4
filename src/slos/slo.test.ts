import { expect, it } from 'vitest';
import { ERROR_CODES } from '../core/index.js';
import { checkSlos, countOf, slosOf } from './slo.js';

const AVAILABILITY = { model: 'fraud', objective: 0.999, windowDays: 30 };
const [available, soon, first] = slosOf({
  available: AVAILABILITY,
  soon: { ...AVAILABILITY, latencyMs: 50 },
  first: { route: 'chat', objective: 0.95, firstTokenMs: 500, windowDays: 7 },
});

it('completes objectives by what they name', () => {
  expect([available, soon, first]).toEqual([
    {
      name: 'available',
      scope: { kind: 'model', name: 'fraud' },
      indicator: 'availability',
      thresholdMs: undefined,
      objective: 0.999,
      windowMs: 2_592_000_000,
    },
    {
      name: 'soon',
      scope: { kind: 'model', name: 'fraud' },
      indicator: 'latency',
      thresholdMs: 50,
      objective: 0.999,
      windowMs: 2_592_000_000,
    },
    {
      name: 'first',
      scope: { kind: 'route', name: 'chat' },
      indicator: 'first_token',
      thresholdMs: 500,
      objective: 0.95,
      windowMs: 604_800_000,
    },
  ]);
});

it('refuses objectives of no or of two scopes, of two thresholds, with names that are no label, and too many of them', () => {
  const { model: _, ...unscoped } = AVAILABILITY;
  expect(
    checkSlos({
      'a b': AVAILABILITY,
      neither: unscoped,
      both: { ...AVAILABILITY, route: 'live' },
      times: { ...AVAILABILITY, latencyMs: 1, firstTokenMs: 1 },
    }),
  ).toEqual([
    "slos.a b: expected a name of letters, digits, '_', '.' and '-', got 'a b'",
    'slos.neither: expected either model or route, got neither',
    'slos.both: expected either model or route, got both',
    'slos.times: expected either latencyMs or firstTokenMs, got both',
  ]);
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`slo-${index}`, AVAILABILITY]));
  expect(checkSlos(many)).toEqual(['slos: expected at most 100, got 101']);
});

it('counts failures of the server as bad, and faults of callers not at all', () => {
  const counted = (code: (typeof ERROR_CODES)[number] | undefined) =>
    available && countOf(available, { code, totalMs: 1, firstAnswerMs: undefined });
  expect(counted(undefined)).toBe('good');
  expect(ERROR_CODES.filter((code) => counted(code) === 'bad')).toEqual([
    'resource_exhausted',
    'unavailable',
    'deadline_exceeded',
    'internal',
  ]);
  expect(ERROR_CODES.filter((code) => counted(code) === 'good')).toEqual([]);
});

it('measures the latency of answers, and the first token of streams that have begun', () => {
  const counted = (request: Partial<Parameters<typeof countOf>[1]>) =>
    [soon, first].map(
      (slo) => slo && countOf(slo, { code: undefined, totalMs: 50, firstAnswerMs: undefined, ...request }),
    );
  expect(counted({})).toEqual(['good', undefined]);
  expect(counted({ totalMs: 50.1, firstAnswerMs: 500 })).toEqual(['bad', 'good']);
  expect(counted({ code: 'internal', firstAnswerMs: 501 })).toEqual([undefined, 'bad']);
});
