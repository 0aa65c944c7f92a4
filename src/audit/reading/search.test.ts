import { beforeEach, describe, expect, it } from 'vitest';
import {
  auditFolder,
  beginning,
  chainOf,
  inferences,
  intent,
  timeAt,
  writeSegment,
} from '../../../test/support/audit-chain.js';
import type { AuditFilter } from './filter.js';
import { type FoundEntry, searchTrail } from './search.js';

let folder: string;
beforeEach(async () => {
  folder = await auditFolder();
  await writeSegment(folder, lines.slice(0, 3));
  await writeSegment(folder, lines.slice(3), { index: 2 });
});

const { lines, heads } = chainOf([
  beginning(),
  inferences(1, 2, 3),
  intent(4),
  inferences(5, 6),
  inferences(7),
  intent(8),
]);

/** All that is found, by pages of so many, and how many pages that took. */
async function search(filter: AuditFilter, limit: number) {
  const found: FoundEntry[] = [];
  let pages = 0;
  for (let from: string | undefined; pages === 0 || from !== undefined; pages++) {
    const page = await searchTrail(folder, filter, { limit, from });
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    found.push(...page.entries);
    from = page.next;
  }
  return { found, pages };
}

const told = ({ seq, index, entry }: FoundEntry) => [seq, index, entry.type, entry.request_id];

describe('searching a trail', () => {
  it('finds inferences one by one, with what they have in common and their place in their line', async () => {
    const { found } = await search({}, 100);
    expect(found.map(told)).toEqual([
      [6, undefined, 'intent', 'r8'],
      [5, 0, 'inference', 'r7'],
      [4, 1, 'inference', 'r6'],
      [4, 0, 'inference', 'r5'],
      [3, undefined, 'intent', 'r4'],
      [2, 2, 'inference', 'r3'],
      [2, 1, 'inference', 'r2'],
      [2, 0, 'inference', 'r1'],
      [1, undefined, 'begin', undefined],
    ]);
    expect(found[3]).toEqual({
      chain: heads[3]?.chain,
      seq: 4,
      hash: heads[3]?.hash,
      index: 0,
      entry: {
        type: 'inference',
        action: 'model.infer',
        resource: 'cnn',
        model: 'cnn/1',
        outcome: 'ok',
        principal: 'key:ops',
        remote_address: '127.0.0.1',
        transport: 'http',
        request_id: 'r5',
        rows: 1,
        time: timeAt(5),
      },
    });
  });

  it.each([1, 2, 3, 4, 5, 9])('finds the same by pages of %i, which may end within a line', async (limit) => {
    expect((await search({}, limit)).found).toEqual((await search({}, 100)).found);
    expect((await search({ resource: 'mlp' }, limit)).found).toEqual((await search({ resource: 'mlp' }, 100)).found);
  });

  it('finds of a line those that match', async () => {
    const requests = async (filter: AuditFilter) =>
      (await search(filter, 2)).found.map(({ entry }) => entry.request_id);
    expect(await requests({ resource: 'cnn' })).toEqual(['r7', 'r5', 'r3', 'r1']);
    const [sinceMs, untilMs] = [timeAt(2), timeAt(6)].map((time) => Date.parse(time));
    expect(await requests({ sinceMs, untilMs, action: 'model.infer' })).toEqual(['r5', 'r3', 'r2']);
    expect(await requests({ outcome: 'unknown' })).toEqual(['r8', 'r4']);
    expect(await requests({ principal: 'key:none' })).toEqual([]);
  });

  it('takes no cursor but those that it has given', async () => {
    const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const segment = `${heads[0]?.chain}.000001.jsonl`;
    for (const wrong of [
      'x',
      cursorOf({ segment, before: -1, ended: [] }),
      cursorOf({ segment, before: 0, index: 0.5, ended: [] }),
      cursorOf({ segment, before: 0 }),
    ]) {
      await expect(searchTrail(folder, {}, { limit: 1, from: wrong })).rejects.toThrow(
        'after: expected what `next` of the page before says',
      );
    }
  });
});
