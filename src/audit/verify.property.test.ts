import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginning,
  CHAIN,
  chainOf,
  inferences,
  intent,
  KEYS,
  writeCheckpoints,
} from '../../test/support/audit-chain.js';
import { segmentName } from './chain/segments.js';
import type { AuditEntry } from './entries.js';
import { verifyTrail } from './verify.js';

const MAX_ENTRIES = 12;

/** What somebody does to the lines of a trail, and what has to be found: which kind, at which entry. */
interface Tampering {
  readonly lines: readonly string[];
  readonly kind: string;
  readonly seq: number;
}

/** The entries of a trail of so many: changes, and every third one many inferences. */
function entriesOf(count: number): readonly AuditEntry[] {
  const entry = (seq: number) => (seq % 3 === 0 ? inferences(seq, seq + 1, seq + 2) : intent(seq));
  return [beginning(), ...Array.from({ length: count - 1 }, (_, n) => entry(n + 2))];
}

/** Does something to the inferences of the entry that stands at `at`, or after it; there is one. */
function within(change: (list: unknown[], other: number) => unknown[]): Tamper {
  return (lines, at, other) => {
    const place = Math.min(Math.floor(at / 3) * 3 + 2, Math.floor(lines.length / 3) * 3 - 1);
    const line = JSON.parse(lines[place] ?? '');
    const changed = { ...line.entry, inferences: change(line.entry.inferences, other) };
    const { chain, previous, seq, hash } = line;
    return {
      lines: lines.with(place, JSON.stringify({ chain, entry: changed, previous, seq, hash })),
      kind: 'altered',
      seq: place + 1,
    };
  };
}

type Tamper = (lines: readonly string[], at: number, other: number) => Tampering;

/** `at` and `other` are different places, `at` the first. */
const TAMPERINGS: Readonly<Record<string, Tamper>> = {
  altered(lines, at, other) {
    const bytes = Buffer.from(lines[at] ?? '');
    const place = (other * 7_919) % bytes.length;
    bytes[place] = (bytes[place] ?? 0) ^ (1 << (other % 7));
    return { lines: lines.with(at, bytes.toString('latin1')), kind: 'altered', seq: at + 1 };
  },
  removed: (lines, at, other) => ({ lines: lines.toSpliced(at, other - at), kind: 'removed', seq: at + 1 }),
  swapped: (lines, at, other) => ({
    lines: lines.with(at, lines[other] ?? '').with(other, lines[at] ?? ''),
    kind: 'reordered',
    seq: at + 1,
  }),
  'moved further behind': (lines, at, other) => ({
    lines: lines.toSpliced(at, 1).toSpliced(other, 0, lines[at] ?? ''),
    kind: 'reordered',
    seq: at + 1,
  }),
  'moved forward': (lines, at, other) => ({
    lines: lines.toSpliced(other, 1).toSpliced(at, 0, lines[other] ?? ''),
    kind: 'reordered',
    seq: at + 1,
  }),
  'put in twice': (lines, at, other) => ({
    lines: lines.toSpliced(other + 1, 0, lines[at] ?? ''),
    kind: 'inserted',
    seq: at + 1,
  }),
  'cut off': (lines, _, other) => ({ lines: lines.slice(0, other), kind: 'cut off', seq: other + 1 }),
  'written anew from there on': (lines, at) => {
    const entries = entriesOf(lines.length).with(at, intent(59));
    return { lines: chainOf(entries).lines, kind: 'altered', seq: 0 };
  },
  'an inference altered': within((list, other) => {
    const rows = list.map((inference) => Object.assign({}, inference, { rows: 2 }));
    return list.with(other % 3, rows[other % 3]);
  }),
  'an inference removed': within((list, other) => list.toSpliced(other % 3, 1)),
  'inferences swapped': within((list) => list.toReversed()),
  'an inference put in': within((list, other) => [...list, list[other % 3]]),
};

const places = fc
  .integer({ min: 3, max: MAX_ENTRIES })
  .chain((count) =>
    fc.tuple(
      fc.constant(count),
      fc.uniqueArray(fc.nat(count - 1), { minLength: 2, maxLength: 2 }),
      fc.array(fc.boolean(), { minLength: MAX_ENTRIES + 1, maxLength: MAX_ENTRIES + 1 }),
    ),
  );

/** Files of a few lines each, ending where `ends` says so. */
async function writeFiles(folder: string, lines: readonly string[], ends: readonly boolean[]): Promise<void> {
  const files: string[][] = [[]];
  for (const [index, line] of lines.entries()) {
    files.at(-1)?.push(line);
    if (ends[index] && index < lines.length - 1) files.push([]);
  }
  for (const [index, content] of files.entries()) {
    const text = Buffer.from(content.map((line) => `${line}\n`).join(''), 'latin1');
    await writeFile(path.join(folder, segmentName(CHAIN, index + 1)), text);
  }
}

describe('a trail that somebody has tampered with', () => {
  it.each(Object.entries(TAMPERINGS))('is found out: %s', async (_, tamper) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-audit-'));
    const files = path.join(folder, 'files');
    const property = fc.asyncProperty(places, async ([count, [one = 0, two = 0], ends]) => {
      const { lines, heads } = chainOf(entriesOf(count));
      const file = await writeCheckpoints(path.join(folder, 'checkpoints.jsonl'), heads.slice(-1));
      const checkpoints = { file, publicKey: KEYS.publicKey };
      const verify = async (written: readonly string[]) => {
        await rm(files, { recursive: true, force: true });
        await mkdir(files);
        await writeFiles(files, written, ends);
        return (await verifyTrail({ folder: files, checkpoints })).faults;
      };
      expect(await verify(lines)).toEqual([]);
      const tampering = tamper(lines, Math.min(one, two), Math.max(one, two));
      const faults = await verify(tampering.lines);
      expect(faults.map(({ kind }) => kind)).toEqual([tampering.kind]);
      // All hashes are right there: a checkpoint tells of it, at the entry that it names.
      const first = tampering.seq === 0 ? count : tampering.seq;
      // Where others come first, any of those behind it tells.
      const last = first === 1 && tampering.kind === 'reordered' ? Math.max(one, two) + 1 : first;
      expect(faults[0]?.seq).toBeGreaterThanOrEqual(first);
      expect(faults[0]?.seq).toBeLessThanOrEqual(last);
    });
    try {
      await fc.assert(property, { numRuns: 60 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
