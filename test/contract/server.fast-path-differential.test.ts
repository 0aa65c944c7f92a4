import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cutInEveryWay, PIPELINES, randomScripts } from '../differential/make-script.js';
import { compareAll } from '../differential/run.js';
import type { Script } from '../differential/script.js';

interface Known extends Script {
  readonly name: string;
}

/** What once made a difference. */
const CORPUS: readonly Known[] = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../fixtures/fast-path-corpus.json'), 'utf8'),
);

describe('with the fast path and without, all that a client gets is the same', () => {
  it('for what once made a difference', async () => {
    const { connections, disagreements, leaks } = await compareAll(CORPUS.values());
    expect({ disagreements, leaks }).toEqual({ disagreements: [], leaks: [] });
    expect(connections).toBe(CORPUS.length);
  });

  it('for requests of all kinds, whole and damaged, in pieces of all kinds', async () => {
    const seed = 1;
    const { connections, requests, byNode, timing, disagreements, leaks } = await compareAll(
      randomScripts(seed, 3_000),
    );
    expect({ seed, disagreements, leaks }).toEqual({ seed, disagreements: [], leaks: [] });
    expect(connections).toBe(3_000);
    // Neither of the two ways is left out, and few answers need to be excused.
    expect(requests - byNode).toBeGreaterThan(requests / 4);
    expect(byNode).toBeGreaterThan(requests / 4);
    expect(timing).toBeLessThan(connections / 30);
  });

  it('for requests that are cut at every byte, and come in pieces of every size', async () => {
    const { disagreements, leaks } = await compareAll(cutInEveryWay('open', PIPELINES.slice(0, 1)));
    expect({ disagreements, leaks }).toEqual({ disagreements: [], leaks: [] });
  });
});
