import { readFileSync } from 'node:fs';
import { inRoot } from '../harness/paths.js';
import type { Outcome } from './judge.js';

/** Tests that do not pass, with the reason that they share. */
export interface ExpectedGroup {
  readonly kind: Exclude<Outcome['kind'], 'passed'>;
  readonly reason: string;
  readonly tests: readonly string[];
}

export function readExpected(): readonly ExpectedGroup[] {
  return JSON.parse(
    readFileSync(inRoot('test/conformance/onnx-node/expected.json'), 'utf8'),
  ) as readonly ExpectedGroup[];
}

/** One line for each test that came out otherwise than the list says, and for each name on it that is no test. */
export function findUnexpected(outcomes: readonly Outcome[], expected: readonly ExpectedGroup[]): readonly string[] {
  const wanted = new Map(expected.flatMap(({ kind, tests }) => tests.map((name) => [name, kind] as const)));
  const known = new Set(outcomes.map(({ name }) => name));
  return [
    ...outcomes
      .filter(({ name, kind }) => kind !== (wanted.get(name) ?? 'passed'))
      .map(({ name, kind, detail }) => `${name}: ${kind} instead of ${wanted.get(name) ?? 'passed'}: ${detail}`),
    ...[...wanted.keys()].filter((name) => !known.has(name)).map((name) => `${name}: there is no such test`),
  ];
}
