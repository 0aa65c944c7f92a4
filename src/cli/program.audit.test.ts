import { writeFile } from 'node:fs/promises';
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
  timeAt,
  writeCheckpoints,
  writeSegment,
} from '../../test/support/audit-chain.js';
import { run } from '../../test/support/cli-fixture.js';
import type { OutcomeEntry } from '../audit/entries.js';

const ODD = 'a\nb\u001b[31m\u202e\u0085';
const asked = intent(2);
const outcome: OutcomeEntry = { ...asked, type: 'outcome', intent: 2, outcome: 'ok', before: {}, after: {} };
const { lines, heads } = chainOf([beginning(), intent(1), outcome, { ...intent(3), resource: ODD }]);

let folder: string;
beforeEach(async () => {
  folder = await auditFolder();
});

const audit = (...argv: readonly string[]) => run(['audit', ...argv, '--folder', folder], { cwd: folder });

async function writePublicKey(): Promise<string> {
  const file = path.join(folder, 'public.pem');
  await writeFile(file, KEYS.publicKey.export({ type: 'spki', format: 'pem' }));
  return file;
}

describe('millrace audit', () => {
  it('search shows each change once, and what somebody has put into a name moves no cursor', async () => {
    await writeSegment(folder, lines);
    const { out } = await audit('search', '--action', 'model.*');
    const rows = out.trimEnd().split('\n');
    expect(rows).toHaveLength(3);
    expect(rows[1]).toMatch(/key:ops +127\.0\.0\.1 +model\.load +a\\u000ab\\u001b\[31m\\u202e\\u0085 +unknown/);
    expect(rows[2]).toMatch(/mlp +ok/);
    const json = await audit('search', '--outcome', 'unknown', '--json');
    expect(json.out).not.toMatch(/\p{Cc}(?!$)|\p{Cf}/u);
    expect(JSON.parse(json.out)).toMatchObject({ chain: CHAIN, seq: 4, resource: ODD, outcome: 'unknown' });
  });

  it('export gives lines as they stand in the files', async () => {
    await writeSegment(folder, lines);
    expect((await audit('export', '--resource', 'mlp')).out).toBe(`${lines[1]}\n${lines[2]}\n`);
    expect((await audit('export', '--since', '1ms')).out).toBe('');
    expect(await audit('export', '--since', 'soon')).toMatchObject({
      code: 2,
      err: expect.stringContaining("Expected a time, or how long ago as in 90m, got 'soon'."),
    });
  });

  it('shows and exports inferences one by one, though many share a line', async () => {
    const asked = chainOf([beginning(), inferences(1, 2, 3)]);
    await writeSegment(folder, asked.lines);
    const { out } = await audit('search', '--resource', 'cnn', '--json');
    const place = { chain: CHAIN, seq: 2, hash: asked.heads[1]?.hash };
    const rows = out.trimEnd().split('\n');
    expect(rows.map((row) => JSON.parse(row))).toEqual([
      expect.objectContaining({ ...place, index: 2, type: 'inference', request_id: 'r3', model: 'cnn/1', rows: 1 }),
      expect.objectContaining({ ...place, index: 0, type: 'inference', request_id: 'r1', time: timeAt(1) }),
    ]);
    expect((await audit('export', '--resource', 'mlp')).out).toBe(
      `{"chain":"${CHAIN}","entry":{"action":"model.infer","model":"mlp/1","outcome":"ok","principal":"key:ops","remote_address":"127.0.0.1",` +
        `"request_id":"r2","resource":"mlp","rows":1,"time":"${timeAt(2)}","transport":"http","type":"inference"},` +
        `"hash":"${place.hash}","index":1,"seq":2}\n`,
    );
    expect((await audit('verify')).out).toMatch(`${CHAIN}: entries 1 to 2, with 3 inferences (${timeAt(3)}); `);
  });

  it('verify says how far it vouches, and finds a cut tail by checkpoints', async () => {
    const file = await writeSegment(folder, lines.slice(0, 3));
    expect(await audit('verify')).toMatchObject({
      code: 0,
      out:
        `${CHAIN}: entries 1 to 3 (${timeAt(2)}); nobody else names any of them; the server goes on, or was killed\n` +
        'nothing was altered, removed or put elsewhere; whether the end was cut off, or all of it written anew, is known only with checkpoints (--checkpoint)\n',
    });
    const checkpoints = await writeCheckpoints(path.join(folder, 'checkpoints'), heads);
    const { code, out } = await audit('verify', '--checkpoint', checkpoints, '--public-key', await writePublicKey());
    expect([code, out.split('\n')[1]]).toEqual([
      1,
      `cut off: ${file}:4: entry 4 and all after it are missing: the checkpoint of ${timeAt(4)} names entry 4`,
    ]);
    const json = await audit('verify', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ faults: [], chains: [{ lastSeq: 3 }] });
  });
});
