import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  auditFolder,
  beginning,
  CHAIN,
  chainOf,
  inferences,
  intent,
  KEYS,
  LATER_CHAIN,
  timeAt,
  writeCheckpoints,
  writeSegment,
} from '../../test/support/audit-chain.js';
import { verifyTrail } from './verify.js';

let folder: string;
beforeEach(async () => {
  folder = await auditFolder();
});

const entries = [beginning(), ...[1, 2, 3, 4, 5].map(intent)];
const { lines, heads } = chainOf(entries);
const line = (seq: number) => lines[seq - 1] ?? '';
const head = (seq: number) => heads[seq - 1] ?? heads[0];
const order = (...seqs: readonly number[]) => seqs.map(line);

/** What is said of the files, with the checkpoints of some entries. */
async function verify(seqs?: readonly number[]) {
  const known = heads.filter(({ seq }) => seqs?.includes(seq));
  const file = seqs && (await writeCheckpoints(path.join(await auditFolder(), 'checkpoints.jsonl'), known));
  return verifyTrail({ folder, checkpoints: file === undefined ? undefined : { file, publicKey: KEYS.publicKey } });
}

const messagesOf = async (seqs?: readonly number[]) => (await verify(seqs)).faults.map(({ message }) => message);

describe('verifying a trail', () => {
  it('finds nothing in one that is as it was written, and says how far that is known', async () => {
    await writeSegment(folder, order(1, 2, 3));
    await writeSegment(folder, order(4, 5, 6), { index: 2 });
    const report = await verify([3]);
    expect(report.faults).toEqual([]);
    expect(report.chains).toEqual([
      expect.objectContaining({ chain: CHAIN, files: 2, entries: 6, lastSeq: 6, lastTime: timeAt(5), vouchedSeq: 3 }),
    ]);
    expect((await verify()).chains).toEqual([expect.objectContaining({ entries: 6, vouchedSeq: undefined })]);
  });

  it('counts the inferences of entries that are about many', async () => {
    const asked = chainOf([beginning(), inferences(1, 2, 3), intent(4), inferences(5, 6)]);
    await writeSegment(folder, asked.lines);
    expect(await verify()).toMatchObject({ faults: [], chains: [{ entries: 4, inferences: 5, lastTime: timeAt(6) }] });
  });

  it('finds nothing where there is no folder', async () => {
    expect(await verifyTrail({ folder: path.join(folder, 'none') })).toMatchObject({ chains: [], faults: [] });
  });

  it.each([
    [
      'an entry that was altered',
      [line(1), line(2).replace('mlp', 'mpl'), line(3)],
      'altered',
      2,
      2,
      'is not what its hash was computed of',
    ],
    ['one that is missing', order(1, 3, 4), 'removed', 2, 2, 'is missing here, where entry 3 stands'],
    ['several that are missing', order(1, 4, 5), 'removed', 2, 2, 'to 3 are missing here, where entry 4 stands'],
    [
      'the first that is missing',
      order(2, 3),
      'removed',
      1,
      1,
      'is missing before it, and no entry says that they were removed by rule',
    ],
    [
      'two that were swapped',
      order(1, 3, 2, 4),
      'reordered',
      2,
      2,
      'entry 2 stands further behind than it was written',
    ],
    ['the first two that were swapped', order(2, 1, 3), 'reordered', 2, 1, 'stands behind entry 2'],
    ['one that stands there twice', order(1, 2, 2, 3), 'inserted', 3, 2, 'stands a second time behind entry 2'],
    ['what is no entry', [line(1), 'hello', line(2)], 'altered', 2, 2, 'is not what its hash was computed of'],
    [
      'one of another chain',
      [line(1), chainOf(entries, LATER_CHAIN).lines[1] ?? ''],
      'inserted',
      2,
      2,
      `belongs to the chain ${LATER_CHAIN}`,
    ],
  ] as const)('finds %s', async (_, found, kind, at, seq, message) => {
    const file = await writeSegment(folder, found);
    const { faults } = await verify();
    expect(faults).toEqual([{ kind, chain: CHAIN, file, line: at, seq, message: expect.any(String) }]);
    const what = kind === 'reordered' && seq === 2 ? message : `entry ${seq} ${message}`;
    expect(faults[0]?.message).toBe(`${file}:${at}: ${what}`);
  });

  it('finds one that was altered and its hash computed anew', async () => {
    const other = chainOf([beginning(), intent(9)]);
    const file = await writeSegment(folder, [line(1), other.lines[1] ?? '', line(3)]);
    expect(await messagesOf()).toEqual([
      `${file}:2: entry 2 is not the one that entry 3 was written after: it was altered and its hash computed anew`,
    ]);
  });

  it('finds a chain that was written anew as a whole, by a checkpoint', async () => {
    const other = chainOf([beginning(), ...[1, 9, 3].map(intent)]);
    const file = await writeSegment(folder, other.lines);
    expect(await messagesOf()).toEqual([]);
    expect(await messagesOf([4])).toEqual([
      `${file}:4: entry 4 has another hash than the checkpoint of ${timeAt(4)} names: it, or an entry before it, was altered and all hashes computed anew`,
    ]);
  });

  it('finds a tail that was cut off, by a checkpoint or by the chain that came after', async () => {
    const file = await writeSegment(folder, order(1, 2, 3));
    expect(await messagesOf()).toEqual([]);
    expect(await messagesOf([2, 4, 6])).toEqual([
      `${file}:4: entry 4 and all after it are missing: the checkpoint of ${timeAt(6)} names entry 6`,
    ]);
    await writeSegment(folder, chainOf([beginning(head(5))], LATER_CHAIN).lines, { chain: LATER_CHAIN });
    expect(await messagesOf()).toEqual([
      `${file}:4: entry 4 and all after it are missing: the beginning of the chain ${LATER_CHAIN} names entry 5`,
    ]);
  });

  it('finds a chain that is missing as a whole', async () => {
    await writeSegment(folder, chainOf([beginning(head(5))], LATER_CHAIN).lines, { chain: LATER_CHAIN });
    expect(await messagesOf()).toEqual([
      `${folder}: the chain ${CHAIN} is missing, which the beginning of the chain ${LATER_CHAIN} names`,
    ]);
  });

  it('takes what was cut by rule for what it is, whole chains included', async () => {
    const cut = (seq: number) =>
      ({
        type: 'cut',
        time: timeAt(9),
        last: head(seq) ?? entries,
        until: timeAt(seq),
        rule: 'audit.keepDays 1',
      }) as const;
    await writeSegment(folder, order(4, 5, 6), { index: 2 });
    const later = [beginning(head(6)), cut(3)] as const;
    await writeSegment(folder, chainOf(later as never, LATER_CHAIN).lines, { chain: LATER_CHAIN });
    expect(await verify([2, 4])).toMatchObject({
      faults: [],
      chains: [{ cutBy: 'audit.keepDays 1', firstSeq: 4 }, {}],
    });
    await rm(path.join(folder, `${CHAIN}.000002.jsonl`));
    await writeSegment(folder, chainOf([...later, cut(6)] as never, LATER_CHAIN).lines, { chain: LATER_CHAIN });
    expect((await verify([2, 6])).faults).toEqual([]);
  });

  it('does not take another cut for that of a rule', async () => {
    const file = await writeSegment(folder, order(5, 6), { index: 2 });
    const cut = { type: 'cut', time: timeAt(9), last: head(3), until: timeAt(3), rule: 'audit.keepDays 1' };
    await writeSegment(folder, chainOf([beginning(), cut as never], LATER_CHAIN).lines, { chain: LATER_CHAIN });
    expect(await messagesOf()).toEqual([
      `${file}:1: entry 1 to 4 are missing before it, and no entry says that they were removed by rule`,
    ]);
  });

  it('does not take a cut with another hash for that of the entries that are missing', async () => {
    const file = await writeSegment(folder, order(5, 6), { index: 2 });
    const last = { ...head(4), hash: head(3)?.hash };
    const cut = { type: 'cut', time: timeAt(9), last, until: timeAt(4), rule: 'audit.keepDays 1' };
    await writeSegment(folder, chainOf([beginning(), cut as never], LATER_CHAIN).lines, { chain: LATER_CHAIN });
    expect(await messagesOf()).toEqual([
      `${file}:1: entry 1 to 4 are missing before it, and no entry says that they were removed by rule`,
    ]);
  });

  it('takes what only calls itself a cut, or a beginning, for neither', async () => {
    const file = await writeSegment(folder, order(5, 6), { index: 2 });
    const odd = [
      { ...beginning(), previous_chain: 'none' },
      { type: 'cut', time: timeAt(9), rule: 'audit.keepDays 1' },
      { type: 'cut', time: timeAt(9), last: null, until: timeAt(3), rule: 'audit.keepDays 1' },
    ];
    await writeSegment(folder, chainOf(odd as never, LATER_CHAIN).lines, { chain: LATER_CHAIN });
    expect(await messagesOf()).toEqual([
      `${file}:1: entry 1 to 4 are missing before it, and no entry says that they were removed by rule`,
    ]);
  });

  it('tells a last line that was not written in full from one that was altered', async () => {
    const file = await writeSegment(folder, order(1, 2));
    await appendFile(file, line(3).slice(0, 40));
    expect(await verify()).toMatchObject({ faults: [], chains: [{ lastSeq: 2, isTorn: true }] });
    await writeSegment(folder, order(3), { index: 2 });
    expect(await messagesOf()).toEqual([`${file}:3: entry 3 is not what its hash was computed of`]);
  });

  it('finds bytes that only look like those that were written', async () => {
    const odd = chainOf([beginning(), { ...intent(1), resource: '\ufffd' } as never]);
    const file = await writeSegment(folder, odd.lines);
    expect(await messagesOf()).toEqual([]);
    const bytes = await readFile(file);
    const at = bytes.indexOf('\ufffd');
    await writeFile(file, Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + 3)]));
    expect(await messagesOf()).toEqual([`${file}:2: entry 2 is not what its hash was computed of`]);
  });

  it('finds checkpoints that were not signed with the key', async () => {
    await writeSegment(folder, order(1, 2));
    const second = await auditFolder();
    await mkdir(second, { recursive: true });
    const file = await writeCheckpoints(path.join(second, 'c.jsonl'), heads.slice(0, 2));
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"seq":2', '"seq":1'));
    const { faults } = await verifyTrail({ folder, checkpoints: { file, publicKey: KEYS.publicKey } });
    expect(faults.map(({ message }) => message)).toEqual([`${file}:2: is no checkpoint that was signed with this key`]);
  });
});
