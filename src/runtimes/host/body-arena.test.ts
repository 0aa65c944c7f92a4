import { execFileSync } from 'node:child_process';
import { fstatSync, ftruncateSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { until } from '../../../test/support/until.js';
import type { Clock, Signature } from '../../core/index.js';
import { ARENA_BYTES, BodyArena } from './body-arena.js';
import { BodyReader } from './body-reader.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-arena-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KIB = 1_024;
const MIB = 1_048_576;
const LARGE: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 16_384], batchAxis: 0, optional: false }],
  outputs: [],
};

async function openArena(clock?: Clock): Promise<BodyArena & Disposable> {
  const arena = BodyArena.open(folder, clock);
  if (arena === undefined) throw new Error(`no arena can be opened in ${folder}`);
  await arena.map();
  return Object.assign(arena, { [Symbol.dispose]: () => arena.close() });
}

function claim(arena: BodyArena, sizeBytes: number, dataAt = 0): Uint8Array {
  const body = arena.claim(sizeBytes, dataAt);
  if (body === undefined) throw new Error(`no ${sizeBytes} bytes can be claimed`);
  return body;
}

test('a body lies where whoever reads the file finds it', async () => {
  using arena = await openArena();
  const reader = new BodyReader(arena.fd);
  expect(reader.memory).toBeUndefined();
  expect(await reader.serves(LARGE)).toBe(true);
  const body = claim(arena, 600 * KIB).fill(7);
  const at = arena.locate(body.subarray(1_000, 2_000)) as number;
  expect(at).toBe((arena.locate(body) as number) + 1_000);
  expect(reader.memory?.subarray(at, at + 1_000)).toEqual(body.subarray(1_000, 2_000));
  body.fill(9);
  expect(reader.memory?.[at]).toBe(9);
});

test.each([0, 1, 7, 64, 213, 131_072])('data %i bytes behind the beginning is aligned', async (dataAt) => {
  using arena = await openArena();
  claim(arena, 131_073);
  const body = claim(arena, 200 * KIB, dataAt);
  expect([body.byteLength, (body.byteOffset + dataAt) % 64]).toEqual([200 * KIB, 0]);
});

test('bodies that are copied faster, or are very large, find no room here', async () => {
  using arena = await openArena();
  expect([131_071, 64 * MIB + 1].map((sizeBytes) => arena.claim(sizeBytes, 0))).toEqual([undefined, undefined]);
  expect([131_072, 8 * MIB].map((sizeBytes) => claim(arena, sizeBytes).byteLength)).toEqual([131_072, 8 * MIB]);
});

test('the first body goes elsewhere, and has the memory mapped', async () => {
  const arena = BodyArena.open(folder) as BodyArena;
  expect(arena.claim(MIB, 0)).toBeUndefined();
  await until('it is mapped', () => arena.claim(MIB, 0) !== undefined);
  arena.close();
});

test('a place is used again when nobody holds it any more, and not before', async () => {
  using arena = await openArena();
  const body = claim(arena, MIB);
  const [first, second] = [body.subarray(0, 100), body.subarray(100)];
  expect([arena.hold(first), arena.hold(second)]).toEqual([true, true]);
  for (const held of [body, first]) {
    arena.release(held);
    expect(claim(arena, MIB).byteOffset).not.toBe(body.byteOffset);
  }
  arena.release(second);
  expect([arena.hold(first), arena.hold(body)]).toEqual([false, false]);
  expect(claim(arena, MIB).byteOffset).toBe(body.byteOffset);
});

test('what lies elsewhere need not be held', async () => {
  using arena = await openArena();
  const elsewhere = new Uint8Array(MIB);
  expect([arena.hold(elsewhere), arena.locate(elsewhere)]).toEqual([true, undefined]);
  arena.release(elsewhere);
  const body = claim(arena, MIB);
  expect([arena.hold(body.subarray(MIB)), arena.locate(body.subarray(MIB))]).toEqual([true, undefined]);
});

test('a body that needs much more memory than there is finds it later, and a turn never takes long for that', async () => {
  using arena = await openArena();
  expect(arena.claim(20 * MIB, 0)).toBeUndefined();
  expect(arena.claim(16 * MIB, 0)).toBeUndefined();
  await arena.grown();
  const bodies = [claim(arena, 16 * MIB).fill(1), claim(arena, 4 * MIB).fill(2)];
  expect(bodies.map((body) => body.at(-1))).toEqual([1, 2]);
  expect(arena.claim(9 * MIB, 0)).toBeUndefined();
  expect(arena.claim(8 * MIB, 0)).toBeDefined();
});

test('memory that nobody has used for a while is given back, but for a part, and never what is in use', async () => {
  const clock = new FakeClock();
  using arena = await openArena(clock);
  const reader = new BodyReader(arena.fd);
  await reader.serves(LARGE);
  expect(arena.claim(64 * MIB, 0)).toBeUndefined();
  for (let turn = 0; turn < 64; turn++) await clock.flush();
  await arena.grown();
  const first = claim(arena, 20 * MIB);
  const second = claim(arena, 20 * MIB).fill(3);
  await clock.advance(30_000);
  expect(fstatSync(arena.fd).size).toBe(40 * MIB);
  arena.release(first);
  await clock.advance(30_000);
  expect(reader.memory?.[(arena.locate(second) as number) + 20 * MIB - 1]).toBe(3);
  arena.release(second);
  await clock.advance(30_000);
  expect(fstatSync(arena.fd).size).toBe(32 * MIB);
  claim(arena, 33 * MIB).fill(4);
});

test('it takes no more than its size', async () => {
  using arena = await openArena();
  const bodies = Array.from({ length: ARENA_BYTES / (8 * MIB) }, () => claim(arena, 8 * MIB));
  expect(bodies).toHaveLength(32);
  expect(arena.claim(131_072, 0)).toBeUndefined();
  arena.release(bodies[3] as Uint8Array);
  expect(arena.claim(4 * MIB, 0)).toBeDefined();
  expect(arena.claim(4 * MIB, 1)).toBeUndefined();
});

test('whatever is claimed, held and released, in any order, no two bodies share a byte', async () => {
  using arena = await openArena();
  const step = fc.record({
    sizeBytes: fc.integer({ min: 131_072, max: 2 * MIB }),
    dataAt: fc.nat({ max: 500 }),
    hold: fc.boolean(),
    release: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const held: Uint8Array[] = [];
      const marks = new Map<number, number>();
      const drop = (body: Uint8Array) => {
        expect([body[0], body.at(-1)]).toEqual([marks.get(body.byteOffset), marks.get(body.byteOffset)]);
        held.splice(held.indexOf(body), 1);
        arena.release(body);
      };
      for (const [index, { sizeBytes, dataAt, hold, release }] of steps.entries()) {
        const body = arena.claim(sizeBytes, dataAt);
        if (body !== undefined) {
          body.fill(index);
          marks.set(body.byteOffset, index);
          held.push(body);
          if (hold && arena.hold(body.subarray(1))) held.push(body);
        }
        const gone = held[release % (2 * held.length + 1)];
        if (gone !== undefined) drop(gone);
      }
      for (const body of [...held]) drop(body);
      expect(arena.claimedBytes).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test('where no memory is left for it, bodies go elsewhere', () => {
  const script = `
    const { BodyArena } = await import('${pathToFileURL(path.resolve('dist/runtimes/index.js'))}');
    const arena = BodyArena.open(process.argv[1]);
    await arena.map();
    const found = [512, 4096, 256].map((kib) => arena.claim(kib * 1024, 0)?.fill(1).byteLength ?? 0);
    console.log(found.join(' '));`;
  // Files may have at most one MiB, or two where a block has 1024 bytes.
  const args = ['-c', 'ulimit -f 2048; exec "$0" --input-type=module -e "$1" "$2"', process.execPath, script, folder];
  expect(execFileSync('sh', args, { encoding: 'utf8' })).toBe('524288 0 262144\n');
});

test('those who read can change nothing', async () => {
  using arena = await openArena();
  expect(() => ftruncateSync(arena.fd, 0)).toThrow('EINVAL');
});

test('the file has no name, so that it goes with the processes that have it open', async () => {
  using _arena = await openArena();
  expect(readdirSync(folder)).toEqual([]);
});

test('without shared memory there is no arena', () => {
  expect(BodyArena.open(path.join(folder, 'missing'))).toBeUndefined();
});

test('a closed arena gives no room, and what lies in it stays readable until nobody refers to it', async () => {
  const maps = () =>
    readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => line.includes(folder)).length;
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const before = await (async () => {
    const arena = await openArena();
    const body = claim(arena, MIB).fill(5);
    arena.close();
    arena.close();
    expect([arena.claim(MIB, 0), arena.hold(body), arena.locate(body)]).toEqual([undefined, true, undefined]);
    collect();
    expect(body.every((byte) => byte === 5)).toBe(true);
    return maps();
  })();
  expect(before).toBeGreaterThan(0);
  await until('it is unmapped', () => {
    collect();
    return maps() === 0;
  });
});

test('an arena that is closed while it is being mapped stays empty', async () => {
  const arena = BodyArena.open(folder) as BodyArena;
  const mapping = arena.map();
  arena.close();
  await mapping;
  expect(arena.claim(MIB, 0)).toBeUndefined();
});

test.each([
  ['inputs with small rows', { shape: [-1, 16_383] }, false],
  ['inputs whose rows may be of any length', { shape: [-1, -1] }, true],
  ['inputs of any rank', { shape: [], rankUnknown: true as const, batchAxis: null }, true],
  ['texts', { datatype: 'BYTES' as const, shape: [-1, 1] }, true],
  ['large inputs without a batch', { shape: [128, 128], batchAxis: null }, true],
])('a runner with %s maps the memory or not', async (_what, spec, expected) => {
  using arena = await openArena();
  const inputs = [{ name: 'x', datatype: 'FP32' as const, batchAxis: 0 as const, optional: false, ...spec }];
  expect(await new BodyReader(arena.fd).serves({ inputs, outputs: [] })).toBe(expected);
});

test.each(['/dev/null', folder])('a descriptor of %s is no memory of bodies', async (file) => {
  expect(await new BodyReader(openSync(file, 'r')).serves(LARGE)).toBe(false);
});

test('a descriptor that is not open is no memory of bodies', async () => {
  expect(await new BodyReader(10_000).serves(LARGE)).toBe(false);
});
