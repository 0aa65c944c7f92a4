import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type Head, link, startOf } from '../../src/audit/chain/link.js';
import { segmentName } from '../../src/audit/chain/segments.js';
import { TextBytes } from '../../src/audit/chain/text-bytes.js';
import { signCheckpoint } from '../../src/audit/checkpoints/checkpoint.js';
import { type AuditEntry, encodeEntry, type InferencesEntry, type IntentEntry } from '../../src/audit/entries.js';

export const CHAIN = '20261127T173000000Z-00000001';
export const LATER_CHAIN = '20261128T173000000Z-00000002';

const ASKER = { principal: 'key:ops', remote_address: '127.0.0.1', transport: 'http' };

/** A moment, so many seconds after the first. */
export const timeAt = (second: number) => new Date(Date.UTC(2026, 10, 27, 17, 30, second)).toISOString();

export function beginning(previous?: Head): AuditEntry {
  return { type: 'begin', time: timeAt(0), version: '0.0.0', key: 'sha256:0', previous_chain: previous };
}

/** A change that was about to be made; `second` tells it from others. */
export function intent(second: number): IntentEntry {
  const time = timeAt(second);
  return { type: 'intent', time, action: 'model.load', resource: 'mlp', request_id: `r${second}`, ...ASKER };
}

/** Models were asked, at each of the seconds: `mlp` at even ones, `cnn` at odd ones. */
export function inferences(...seconds: readonly number[]): InferencesEntry {
  const common = ['mlp', 'cnn'].map((name) => ({
    action: 'model.infer',
    resource: name,
    model: `${name}/1`,
    outcome: 'ok',
    ...ASKER,
  }));
  return {
    type: 'inferences',
    time: timeAt(seconds.at(-1) ?? 0),
    common,
    inferences: seconds.map((second) => ({
      common: second % 2,
      request_id: `r${second}`,
      rows: 1,
      time: timeAt(second),
    })),
  };
}

/** Entries as lines of a chain, and where each leaves it. */
export function chainOf(entries: readonly AuditEntry[], chain = CHAIN) {
  const heads: Head[] = [];
  const lines = entries.map((entry) => {
    const line = new TextBytes();
    heads.push(link(heads.at(-1) ?? startOf(chain), encodeEntry(entry), line));
    return Buffer.from(line.from(0)).toString().trimEnd();
  });
  return { lines, heads };
}

/** An empty folder that is gone when the test has ended. */
export async function auditFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-audit-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function writeSegment(folder: string, lines: readonly string[], { chain = CHAIN, index = 1 } = {}) {
  const file = path.join(folder, segmentName(chain, index));
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

export const KEYS = generateKeyPairSync('ed25519');

/** A file of signed checkpoints. */
export async function writeCheckpoints(file: string, heads: readonly Head[]): Promise<string> {
  const lines = heads.map((head) => signCheckpoint({ ...head, time: timeAt(head.seq), key: '' }, KEYS.privateKey));
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}
