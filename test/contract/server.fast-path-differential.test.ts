import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectAlike } from '../differential/expect-alike.js';
import { cutInEveryWay, PIPELINES } from '../differential/make-script.js';
import { compareAll } from '../differential/run.js';
import type { Script } from '../differential/script.js';

interface Known extends Script {
  readonly name: string;
}

/** What once made a difference. */
const CORPUS: readonly Known[] = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../fixtures/fast-path-corpus.json'), 'utf8'),
);

// Under load, and with coverage.
const LIMIT_MS = 180_000;

describe('with the fast path and without, all that a client gets is the same', () => {
  it('for what once made a difference', async () => {
    const { connections, disagreements, leaks } = await compareAll(CORPUS.values());
    expect({ disagreements, leaks }).toEqual({ disagreements: [], leaks: [] });
    expect(connections).toBe(CORPUS.length);
  });

  it(
    'for requests of all kinds, whole and damaged, in pieces of all kinds',
    () => {
      return expectAlike({ seed: 1, count: 2_000, stages: ['open', 'strict', 'late', 'tls'] });
    },
    LIMIT_MS,
  );

  it('for requests that are cut at every byte, and come in pieces of every size', async () => {
    const { disagreements, leaks } = await compareAll(cutInEveryWay('open', PIPELINES.slice(0, 1)));
    expect({ disagreements, leaks }).toEqual({ disagreements: [], leaks: [] });
  });
});
