import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { auditFolder, intent } from '../../../test/support/audit-chain.js';
import { readPublicKey } from '../checkpoints/key.js';
import { encodeEntry } from '../entries.js';
import { verifyTrail } from '../verify.js';
import { ChainWriter } from './chain-writer.js';
import type { WriterSetup } from './messages.js';
import { type Disk, SYSTEM_DISK } from './segment-file.js';

const DAY_MS = 86_400_000;

let folder: string;
let second: string;
let nowMs: number;
let warnings: string[];
beforeEach(async () => {
  folder = path.join(await auditFolder(), 'audit');
  second = path.join(await auditFolder(), 'elsewhere/checkpoints.jsonl');
  nowMs = Date.UTC(2026, 10, 27);
  warnings = [];
});

function open(options: Partial<WriterSetup> = {}, disk: Disk = SYSTEM_DISK): ChainWriter {
  const setup: WriterSetup = {
    folder,
    segmentSizeBytes: 1_000_000,
    segmentMs: DAY_MS,
    keepMs: Number.POSITIVE_INFINITY,
    maxSizeBytes: Number.POSITIVE_INFINITY,
    checkpointFile: second,
    checkpointIntervalMs: 10_000,
    keyFile: path.join(folder, 'checkpoint-key.pem'),
    version: '0.0.0',
    ...options,
  };
  return new ChainWriter(setup, { disk, wallNow: () => nowMs, warn: (message) => warnings.push(message) });
}

const one = (seconds = 1) => ({ entries: [encodeEntry(intent(seconds))], isDurable: true });
const segments = () => readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
const entriesOf = (name: string) =>
  readFileSync(path.join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

async function verify() {
  const publicKey = readPublicKey(path.join(folder, 'checkpoint-key.pem'));
  return verifyTrail({ folder, checkpoints: { file: second, publicKey } });
}

describe('the writer of a chain', () => {
  it('begins with the first entry, in files for their owner alone, and says when it ends', async () => {
    const writer = open();
    expect(() => statSync(folder)).toThrow('ENOENT');
    expect(
      writer.append([one(), { ...one(), entries: [encodeEntry(intent(2)), encodeEntry(intent(3))] }, one()]),
    ).toEqual([2, 3, 5]);
    writer.close();
    const [name = ''] = segments();
    expect(entriesOf(name).map(({ seq, entry }) => [seq, entry.type])).toEqual([
      [1, 'begin'],
      [2, 'intent'],
      [3, 'intent'],
      [4, 'intent'],
      [5, 'intent'],
      [6, 'end'],
    ]);
    const modes = [folder, path.join(folder, name), path.join(folder, 'checkpoint-key.pem'), second];
    expect(modes.map((file) => statSync(file).mode & 0o777)).toEqual([0o700, 0o600, 0o600, 0o600]);
    expect(await verify()).toMatchObject({
      faults: [],
      chains: [{ entries: 6, hasEnded: true, vouchedSeq: 6 }],
      checkpoints: { count: 1 },
    });
  });

  it('names the end of the chain before, and uses the same key', async () => {
    for (const _ of [1, 2]) {
      const writer = open();
      writer.append([one()]);
      writer.close();
      nowMs += 1_000;
    }
    const [first = '', next = ''] = segments();
    const { chain, seq, hash } = entriesOf(first).at(-1);
    expect(entriesOf(next)[0].entry.previous_chain).toEqual({ chain, seq, hash });
    expect(entriesOf(next)[0].entry.key).toBe(entriesOf(first)[0].entry.key);
    expect((await verify()).faults).toEqual([]);
  });

  it('goes on in another file when one is large or old, and signs what was written now and then', async () => {
    const writer = open({ segmentSizeBytes: 1_500 });
    for (let index = 0; index < 8; index++) writer.append([one(index)]);
    expect(segments().length).toBeGreaterThan(2);
    const before = segments().length;
    writer.append([one()]);
    nowMs += DAY_MS;
    writer.tick();
    writer.append([one()]);
    expect(segments()).toHaveLength(before + 1);
    for (let tick = 0; tick < 20; tick++) {
      nowMs += 1_000;
      writer.append([one()]);
      writer.tick();
    }
    expect(await verify()).toMatchObject({
      faults: [],
      chains: [{ hasEnded: false, entries: 31 }],
      checkpoints: { count: 3 },
    });
  });

  it('removes what is old, says so before, and still vouches for the rest', async () => {
    const first = open({ segmentSizeBytes: 1 });
    for (let day = 0; day < 4; day++) {
      first.append([{ ...one(), entries: [encodeEntry({ ...intent(0), time: new Date(nowMs).toISOString() })] }]);
      nowMs += DAY_MS;
    }
    first.close();
    const writer = open({ keepMs: 2.5 * DAY_MS });
    writer.append([one()]);
    writer.tick();
    const { faults, chains } = await verify();
    expect(faults).toEqual([]);
    expect(chains).toMatchObject([{ firstSeq: 4, cutBy: 'audit.keepDays 2.5' }, { firstSeq: 1 }]);
    nowMs += 3 * DAY_MS;
    writer.tick();
    expect(await verify()).toMatchObject({ faults: [], chains: [{ firstSeq: 5, cutBy: 'audit.keepDays 2.5' }] });
    expect(warnings).toEqual([]);
  });

  it.each(['write', 'sync'] as const)('keeps a file if the %s of the entry about its removal fails', async (step) => {
    const first = open({ segmentSizeBytes: 1 });
    first.append([one()]);
    first.close();
    const old = segments();
    nowMs += 3 * DAY_MS;
    const disk = { ...SYSTEM_DISK };
    const writer = open({ keepMs: DAY_MS }, disk);
    writer.append([{ ...one(), entries: [encodeEntry({ ...intent(0), time: new Date(nowMs).toISOString() })] }]);
    disk[step] = () => {
      throw new Error('EIO');
    };
    writer.tick();
    expect(segments()).toEqual(expect.arrayContaining(old));
    expect(warnings).toEqual(['EIO']);
    Object.assign(disk, SYSTEM_DISK);
    nowMs += 3_600_000;
    writer.tick();
    expect(segments()).not.toEqual(expect.arrayContaining(old));
    expect((await verify()).faults).toEqual([]);
  });

  it('signs no checkpoint for entries that are not on the disk', async () => {
    const disk = { ...SYSTEM_DISK };
    const writer = open({}, disk);
    writer.append([{ ...one(), isDurable: false }]);
    disk.sync = () => {
      throw new Error('EIO');
    };
    nowMs += 10_000;
    writer.tick();
    // The first attempt is the tick's, the second the checkpoint's.
    expect(warnings).toEqual(['EIO', 'EIO']);
    expect(existsSync(second)).toBe(false);
    disk.sync = SYSTEM_DISK.sync;
    nowMs += 10_000;
    writer.tick();
    expect(await verify()).toMatchObject({ faults: [], chains: [{ vouchedSeq: 2 }], checkpoints: { count: 1 } });
  });

  it('removes what is too much, but never the file that is written', async () => {
    const writer = open({ segmentSizeBytes: 2_000, maxSizeBytes: 5_000 });
    for (let index = 0; index < 40; index++) {
      writer.append([one(index)]);
      writer.tick();
    }
    const total = segments().reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
    expect(total).toBeLessThan(7_500);
    expect(await verify()).toMatchObject({ faults: [], chains: [{ cutBy: 'audit.maxSizeBytes 5000' }] });
  });

  it('writes a group whole or not at all, and goes on when there is room again', async () => {
    let room = Number.POSITIVE_INFINITY;
    const disk: Disk = {
      write(fd, bytes, offset) {
        if (room <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        const written = SYSTEM_DISK.write(fd, bytes.subarray(0, offset + Math.min(100, room)), offset);
        room -= written;
        return written;
      },
      sync: SYSTEM_DISK.sync,
    };
    const writer = open({}, disk);
    writer.append([one(1)]);
    room = 150;
    expect(() => writer.append([one(2), one(3)])).toThrow('no space left on device');
    // What there was room for would keep others from writing.
    expect(await verifyTrail({ folder })).toMatchObject({ chains: [{ entries: 2, isTorn: false }] });
    room = Number.POSITIVE_INFINITY;
    expect(writer.append([one(4)])).toEqual([3]);
    expect(await verifyTrail({ folder })).toMatchObject({ faults: [], chains: [{ entries: 3, isTorn: false }] });
  });

  it('takes back what could not be synced', async () => {
    let isBroken = false;
    const sync = (fd: number) => {
      if (isBroken) throw new Error('EIO');
      SYSTEM_DISK.sync(fd);
    };
    const writer = open({}, { ...SYSTEM_DISK, sync });
    writer.append([one(1)]);
    isBroken = true;
    expect(() => writer.append([one(2)])).toThrow('EIO');
    isBroken = false;
    expect(writer.append([one(3)])).toEqual([3]);
    expect(await verifyTrail({ folder })).toMatchObject({ faults: [], chains: [{ entries: 3 }] });
  });

  it('goes on in a new file where somebody has removed the one that it writes, which is found out', async () => {
    const writer = open();
    writer.append([one()]);
    const file = path.join(folder, segments()[0] ?? '');
    rmSync(file);
    writer.append([one()]);
    expect(warnings).toEqual([`'${file}' was removed or replaced while the server wrote it`]);
    expect(entriesOf(segments()[0] ?? '').map(({ seq, entry }) => [seq, entry.type])).toEqual([
      [3, 'gap'],
      [4, 'intent'],
    ]);
    expect((await verifyTrail({ folder })).faults.map(({ kind, seq }) => [kind, seq])).toEqual([['removed', 1]]);
  });

  it('recreates a folder that was removed, with the same key, records that in the chain, and goes on', async () => {
    const writer = open();
    writer.append([one()]);
    const head = entriesOf(segments()[0] ?? '').at(-1);
    const key = readFileSync(path.join(folder, 'checkpoint-key.pem'));
    rmSync(folder, { recursive: true });
    nowMs += 1_000;
    writer.tick();
    writer.append([one()]);
    nowMs += 10_000;
    writer.tick();
    const [gap, ...others] = entriesOf(segments()[0] ?? '');
    const { chain, seq, hash } = head;
    expect(gap).toMatchObject({ seq: 3, entry: { type: 'gap', last: { chain, seq, hash } }, previous: hash });
    expect(others.map(({ entry }) => entry.type)).toEqual(['intent']);
    expect(warnings).toEqual([expect.stringMatching(/was removed or replaced while the server wrote it$/)]);
    expect(readFileSync(path.join(folder, 'checkpoint-key.pem'))).toEqual(key);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await verify()).toMatchObject({
      faults: [{ kind: 'removed', seq: 1 }],
      chains: [{ firstSeq: 3, vouchedSeq: 4 }],
      checkpoints: { count: 2 },
    });
    writer.close();
  });

  it('says a gap where the folder was removed while no file of it was open', async () => {
    const writer = open({ segmentSizeBytes: 1 });
    writer.append([one()]);
    rmSync(folder, { recursive: true });
    writer.append([one()]);
    expect(entriesOf(segments()[0] ?? '').map(({ entry }) => entry.type)).toEqual(['gap', 'intent']);
    expect((await verifyTrail({ folder })).faults.map(({ kind }) => kind)).toEqual(['removed']);
  });

  it('does not remove what it cannot read, and says where checkpoints cannot be written', async () => {
    const old = open({ segmentSizeBytes: 1 });
    old.append([one()]);
    old.close();
    const [damaged = ''] = segments();
    writeFileSync(path.join(folder, damaged), 'nothing\n');
    nowMs += 10 * DAY_MS;
    const writer = open({ keepMs: DAY_MS, checkpointFile: path.join(folder, damaged, 'checkpoints.jsonl') });
    writer.append([one()]);
    writer.tick();
    expect(warnings).toEqual([
      expect.stringMatching(/^no checkpoint could be written \(audit.checkpointFile\): EEXIST/),
      `'${path.join(folder, damaged)}' has no entry that can be read: nothing is removed by rule`,
    ]);
  });

  it('refuses a key of another kind', () => {
    const keyFile = path.join(path.dirname(folder), 'key.pem');
    writeFileSync(keyFile, 'none');
    expect(() => open({ keyFile }).append([one()])).toThrow(
      `'${keyFile}' cannot be read as an Ed25519 key in PEM form`,
    );
  });
});
