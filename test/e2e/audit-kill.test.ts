import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { readPublicKey, verifyTrail } from '../../src/audit/index.js';
import { auditFolder } from '../support/audit-chain.js';
import { readTrail } from '../support/audit-trail.js';
import { Random } from '../support/random.js';

const WRITER = path.resolve('test/fixtures/audit-writer.mjs');
const CHANGES = 10_000;

/** Runs the writer until it has made `count` changes, then kills it; resolves with how many it has made. */
async function changeUntilKilled(argv: readonly string[], count: number): Promise<number> {
  const writer = spawn(process.execPath, [WRITER, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(writer, 'exit');
  let made = 0;
  for await (const _ of createInterface(writer.stdout)) {
    made++;
    if (made === count) writer.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return made;
}

it('10,000 changes and kills in the middle of them leave a trail that verifies, and no change without an intent', async () => {
  const random = new Random(13);
  const parent = await auditFolder();
  const folder = path.join(parent, '.millrace/audit');
  const changes = path.join(parent, 'changes');
  let made = 0;
  for (let round = 1; made < CHANGES; round++) {
    made += await changeUntilKilled([folder, changes, String(round * 1_000_000)], random.integer(1, 1_000));
  }
  const publicKey = readPublicKey(path.join(folder, 'checkpoint-key.pem.pub'));
  const file = `${folder}-checkpoints.jsonl`;
  const checkpoints = existsSync(file) ? { file, publicKey } : undefined;
  const { faults, chains } = await verifyTrail({ folder, checkpoints });
  expect(faults).toEqual([]);
  expect(chains.length).toBeGreaterThan(10);
  const entries = readTrail({ folder: { path: parent } });
  const resources = (type: string) => entries.filter((entry) => entry.type === type).map(({ resource }) => resource);
  const intended = new Set(resources('intent'));
  const numbers = (await readFile(changes, 'utf8')).trimEnd().split('\n');
  expect(numbers.length).toBeGreaterThanOrEqual(CHANGES);
  expect(numbers.filter((number) => !intended.has(number))).toEqual([]);
  const changed = new Set(numbers);
  expect(resources('outcome').filter((resource) => !changed.has(String(resource)))).toEqual([]);
});
