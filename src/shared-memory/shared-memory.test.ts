import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openFiles } from '../../test/support/open-files.js';
import {
  ANYBODY,
  closeMemories,
  counting,
  createMemory,
  createObject,
  refusal,
  region,
  rejection,
  use,
} from '../../test/support/shared-memory-fixture.js';
import { MillraceError } from '../core/index.js';

afterEach(closeMemories);

describe('registration', () => {
  it('is refused while shared memory is off', () => {
    const memory = createMemory({ enabled: false });
    const off =
      'unimplemented: shared memory is off; send tensors in the request, or start the server with --allow-client-shm (sharedMemory.enabled)';
    expect(refusal(() => memory.register(ANYBODY, region('r', createObject(64))))).toBe(off);
    expect(refusal(() => memory.lease(ANYBODY, [use('r', 1)]))).toBe(off);
    expect(memory.status(ANYBODY, undefined)).toEqual([]);
  });

  it('says so where the platform shows no such files', () => {
    const memory = createMemory({}, '/dev/no-such-folder');
    expect(refusal(() => memory.register(ANYBODY, region('r', { key: '/k' })))).toBe(
      'unimplemented: shared memory needs /dev/no-such-folder, which this platform does not have',
    );
  });

  it('is listed by name, with the key as it was given', () => {
    const memory = createMemory();
    const object = createObject(100);
    memory.register(ANYBODY, region('b', object));
    memory.register(ANYBODY, { ...region('a', object, 60, 40), key: object.key.slice(1) });
    expect(memory.status(ANYBODY, undefined)).toEqual([
      { name: 'a', key: object.key.slice(1), offset: 40, sizeBytes: 60 },
      { name: 'b', key: object.key, offset: 0, sizeBytes: 64 },
    ]);
    expect(memory.status(ANYBODY, 'b')).toEqual([{ name: 'b', key: object.key, offset: 0, sizeBytes: 64 }]);
    expect(refusal(() => memory.status(ANYBODY, 'c'))).toBe("not_found: no shared memory region 'c' is registered");
  });

  it.each(['', '/', '.', '/..', '/../etc/passwd', 'a/b', '//a', '/a\0b', `/${'a'.repeat(256)}`])(
    'refuses the key %j, which would leave the namespace',
    (key) => {
      const shown = key.length > 80 ? `/${'a'.repeat(79)}…` : key.replace('\0', '\\u0000');
      expect(refusal(() => createMemory().register(ANYBODY, region('r', { key })))).toBe(
        `invalid_argument: shared memory key '${shown}': expected a name of 1 to 255 bytes without '/' and NUL, after one leading '/'`,
      );
    },
  );

  it('refuses an object that is not there, a link, a folder and a pipe', () => {
    const target = createObject(64);
    const odd = ['link', 'folder', 'pipe'].map((kind) => `${target.key}-${kind}`) as [string, string, string];
    const paths = odd.map((key) => `/dev/shm${key}`) as [string, string, string];
    symlinkSync(target.path, paths[0]);
    mkdirSync(paths[1]);
    execFileSync('mkfifo', [paths[2]]);
    try {
      for (const key of odd) {
        expect(refusal(() => createMemory().register(ANYBODY, region('r', { key })))).toBe(
          `invalid_argument: '${key}' is no shared memory object but a link, folder or device`,
        );
      }
    } finally {
      for (const path of paths) rmSync(path, { recursive: true });
    }
    expect(refusal(() => createMemory().register(ANYBODY, region('r', { key: '/millrace-none' })))).toBe(
      "invalid_argument: there is no shared memory object '/millrace-none'",
    );
  });

  it('refuses a region that the object is too short for', () => {
    const object = createObject(100);
    const memory = createMemory();
    expect(refusal(() => memory.register(ANYBODY, region('r', object, 64, 37)))).toBe(
      `invalid_argument: shared memory region 'r': offset 37 and 64 bytes need an object of 101 bytes, but '${object.key}' has 100`,
    );
    expect(openFiles(object.path)).toBe(0);
    expect(refusal(() => memory.register(ANYBODY, region('r', object, 64, 36)))).toBe('accepted');
  });

  it.each([
    [{ name: '' }, 'shared memory region: expected a name of 1 to 256 characters, got 0'],
    [{ name: 'n'.repeat(257) }, 'shared memory region: expected a name of 1 to 256 characters, got 257'],
    [{ offset: -1 }, "shared memory region 'r': expected an offset of at least 0, got -1"],
    [{ offset: 2 ** 53 }, "shared memory region 'r': expected an offset of at least 0, got 9007199254740992"],
    [{ sizeBytes: 0 }, "shared memory region 'r': expected a byte size of at least 1, got 0"],
    [{ sizeBytes: 1.5 }, "shared memory region 'r': expected a byte size of at least 1, got 1.5"],
    [{ sizeBytes: Number.NaN }, "shared memory region 'r': expected a byte size of at least 1, got NaN"],
  ])('refuses %j', (wrong, message) => {
    const object = createObject(64);
    expect(refusal(() => createMemory().register(ANYBODY, { ...region('r', object), ...wrong }))).toBe(
      `invalid_argument: ${message}`,
    );
  });

  it('refuses a name that is taken, and more regions than there may be', () => {
    const object = createObject(64);
    const memory = createMemory({ maxRegions: 2 });
    memory.register(ANYBODY, region('a', object));
    expect(refusal(() => memory.register(ANYBODY, region('a', object)))).toBe(
      "already_exists: shared memory region 'a' is registered already; unregister it first",
    );
    memory.register(ANYBODY, region('b', object));
    expect(refusal(() => memory.register(ANYBODY, region('c', object)))).toBe(
      'resource_exhausted: 2 shared memory regions are registered, which is the most; unregister some first',
    );
    memory.unregister(ANYBODY, 'a');
    expect(refusal(() => memory.register(ANYBODY, region('c', object)))).toBe('accepted');
  });
});

describe('a lease', () => {
  it.each([100, 3_000_000])('reads and writes %d bytes', async (size) => {
    const object = createObject(counting(size + 8));
    const memory = createMemory();
    memory.register(ANYBODY, region('r', object, size, 8));
    const lease = memory.lease(ANYBODY, [use('r', size)]);
    expect(Buffer.compare(await lease.read(use('r', size)), counting(size + 8).subarray(8))).toBe(0);
    await lease.write([{ ...use('r', size, 0, "output 'y'"), data: new Uint8Array(size).fill(7) }]);
    lease.release();
    expect(Buffer.compare(object.content().subarray(8), new Uint8Array(size).fill(7))).toBe(0);
    expect(object.content().subarray(0, 8)).toEqual(Buffer.from(counting(8)));
  });

  it('is refused for a region that is not there and a range beyond it', () => {
    const memory = createMemory();
    memory.register(ANYBODY, region('r', createObject(64)));
    expect(refusal(() => memory.lease(ANYBODY, [use('zz', 1)]))).toBe(
      "not_found: input 'x': no shared memory region 'zz' is registered",
    );
    expect(refusal(() => memory.lease(ANYBODY, [use('r', 60, 5)]))).toBe(
      "invalid_argument: input 'x': offset 5 and 60 bytes go beyond shared memory region 'r', which has 64 bytes",
    );
    expect(refusal(() => memory.lease(ANYBODY, [use('r', 4, -4)]))).toBe(
      "invalid_argument: input 'x': offset -4 and 4 bytes go beyond shared memory region 'r', which has 64 bytes",
    );
  });

  it('says so when the object has become shorter, and makes it no longer', async () => {
    const object = createObject(64);
    const memory = createMemory();
    memory.register(ANYBODY, region('r', object));
    object.resize(40);
    const lease = memory.lease(ANYBODY, [use('r', 16, 32)]);
    const shorter = `shared memory object '${object.key}' of region 'r' has become shorter and ends before bytes 32 to 48 of the region`;
    expect(await rejection(lease.read(use('r', 16, 32)))).toBe(`invalid_argument: input 'x': ${shorter}`);
    const write = { ...use('r', 16, 32, "output 'y'"), data: counting(16) };
    expect(await rejection(lease.write([write]))).toBe(`invalid_argument: output 'y': ${shorter}`);
    lease.release();
    expect(object.content()).toEqual(Buffer.alloc(40));
  });

  it('writes nothing when one of the outputs does not fit', async () => {
    const object = createObject(64);
    const memory = createMemory();
    memory.register(ANYBODY, region('r', object));
    const lease = memory.lease(ANYBODY, [use('r', 64)]);
    const writes = [
      { ...use('r', 16, 0, "output 'a'"), data: counting(16) },
      { ...use('r', 16, 16, "output 'b'"), data: counting(17) },
    ];
    expect(await rejection(lease.write(writes))).toBe(
      "invalid_argument: output 'b' has 17 bytes, but its shared memory range in region 'r' has 16",
    );
    lease.release();
    expect(object.content()).toEqual(Buffer.alloc(64));
  });

  it('keeps regions that are unregistered meanwhile, and closes them when it ends', async () => {
    const object = createObject(counting(64));
    const memory = createMemory();
    memory.register(ANYBODY, region('r', object));
    const [first, second] = [memory.lease(ANYBODY, [use('r', 64), use('r', 8)]), memory.lease(ANYBODY, [use('r', 64)])];
    memory.unregister(ANYBODY, 'r');
    memory.unregister(ANYBODY, 'r');
    expect(refusal(() => memory.lease(ANYBODY, [use('r', 1)]))).toBe(
      "not_found: input 'x': no shared memory region 'r' is registered",
    );
    const other = createObject(new Uint8Array(64).fill(9));
    memory.register(ANYBODY, region('r', other));
    expect(await first.read(use('r', 2, 62))).toEqual(Buffer.of(62, 63));
    first.release();
    expect(openFiles(object.path)).toBe(1);
    await second.write([{ ...use('r', 1), data: Uint8Array.of(5) }]);
    second.release();
    expect(openFiles(object.path)).toBe(0);
    expect([object.content()[0], other.content()[0], openFiles(other.path)]).toEqual([5, 9, 1]);
    memory.unregister(ANYBODY, undefined);
    expect(openFiles(other.path)).toBe(0);
  });

  it('holds no more bytes than there may be', async () => {
    const memory = createMemory({ maxBufferedBytes: 100 });
    memory.register(ANYBODY, region('r', createObject(64)));
    const lease = memory.lease(ANYBODY, [use('r', 64)]);
    await lease.read(use('r', 64));
    expect(await rejection(lease.read(use('r', 37)))).toBe(
      'resource_exhausted: the server already holds 64 of 100 bytes read from shared memory; try again later',
    );
    lease.release();
    const next = memory.lease(ANYBODY, [use('r', 64)]);
    expect((await next.read(use('r', 64))).length).toBe(64);
    next.release();
  });
});

it('an object of another user is refused where its mode keeps the server out', () => {
  const object = createObject(64);
  chmodSync(object.path, 0);
  const isRoot = process.getuid?.() === 0;
  // Modes do not bind root.
  if (isRoot) process.seteuid?.(65_534);
  try {
    expect(refusal(() => createMemory().register(ANYBODY, region('r', object)))).toBe(
      `permission_denied: the server's user may not read and write shared memory object '${object.key}'`,
    );
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

it('an object is never mapped, so that one that is truncated while it is read or written ends no process', async () => {
  const size = 4_000_000;
  const object = createObject(size);
  const memory = createMemory();
  memory.register(ANYBODY, region('r', object, size));
  const lease = memory.lease(ANYBODY, [use('r', size)]);
  const read = rejection(lease.read(use('r', size)));
  const written = rejection(lease.write([{ ...use('r', size, 0, "output 'y'"), data: new Uint8Array(size) }]));
  expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain(object.path);
  object.resize(10);
  // The rest of a write that has begun may make it as long again.
  const shorter = `input 'x': shared memory object '${object.key}' of region 'r' has become shorter and ends before bytes 0 to ${size} of the region`;
  expect(['accepted', `invalid_argument: ${shorter}`]).toContain(await read);
  expect(await written).toBe('accepted');
  lease.release();
});

const size = fc.oneof(
  fc.integer({ min: -2, max: 140 }),
  fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY),
);

it('reads and writes inside the region only, whatever is asked for', async () => {
  const object = createObject(128);
  const asked = fc.record({ at: size, bytes: size, from: size, length: size, data: fc.uint8Array({ maxLength: 40 }) });
  await fc.assert(
    fc.asyncProperty(asked, fc.nat({ max: 128 }), async ({ at, bytes, from, length, data }, shrunkTo) => {
      const before = counting(128);
      object.resize(128);
      object.write(before);
      const memory = createMemory();
      const registered = refusal(() => memory.register(ANYBODY, region('r', object, bytes, at))) === 'accepted';
      expect(registered).toBe(Number.isInteger(at + bytes) && at >= 0 && bytes > 0 && at + bytes <= 128);
      if (!registered) return;
      object.resize(shrunkTo);
      try {
        const lease = memory.lease(ANYBODY, [use('r', length, from)]);
        try {
          const read = await lease.read(use('r', length, from)).catch((error: MillraceError) => error);
          const end = at + from + length;
          if (read instanceof MillraceError) expect([read.code, end > shrunkTo]).toEqual(['invalid_argument', true]);
          else expect(read).toEqual(Buffer.from(before.subarray(at + from, end)));
          const written = await rejection(lease.write([{ ...use('r', length, from), data }]));
          const fits = data.length <= length && at + from + data.length <= shrunkTo;
          expect(written.startsWith(fits ? 'accepted' : 'invalid_argument: ')).toBe(true);
          const expected = before.slice(0, shrunkTo);
          if (fits) expected.set(data, at + from);
          expect(object.content()).toEqual(Buffer.from(expected));
        } finally {
          lease.release();
        }
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        expect(from >= 0 && length >= 0 && from + length <= bytes).toBe(false);
      } finally {
        memory.unregister(ANYBODY, undefined);
      }
    }),
    { numRuns: 300 },
  );
});
