import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MadeEntry, makeTar, makeTgz, makeZip } from '../../../test/support/archives.js';
import { createTempFolder } from '../../../test/support/model-folder.js';
import { openFiles } from '../../../test/support/open-files.js';
import { until } from '../../../test/support/until.js';
import { openFile, openFolder } from './contents.js';
import { EntryGuard, entryPathProblem } from './entry-guard.js';

const KINDS = [
  ['a.tgz', makeTgz],
  ['a.tar', makeTar],
  ['a.whl', makeZip],
] as const;

/** What an archive of these bytes holds, by path, or why it is refused. */
async function contentsOf(name: string, bytes: Uint8Array): Promise<Readonly<Record<string, string>> | string> {
  await using folder = await createTempFolder({ [name]: bytes, 'out/': '' });
  try {
    const contents = await openFile(path.join(folder.path, name), name);
    const targets = contents.files.map(
      (file, index) => [file.path, path.join(folder.path, 'out', String(index))] as const,
    );
    await contents.extract(new Map(targets));
    const texts = targets.map(async ([inside, target]) => [inside, await readFile(target, 'utf8')]);
    return Object.fromEntries(await Promise.all(texts));
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each(KINDS)('%s', (name, make) => {
  const refused = async (...entries: readonly MadeEntry[]) => contentsOf(name, make(entries));

  it('gives the files in it', async () => {
    const entries = [{ path: './a/b.txt', content: 'one' }, { path: 'ü.txt', content: 'two' }, { path: 'empty' }];
    expect(await contentsOf(name, make(entries))).toEqual({ 'a/b.txt': 'one', 'ü.txt': 'two', empty: '' });
  });

  it.each([
    ['../x', `"../x" climbs out of the archive with '..'`],
    ['a/../../x', `"a/../../x" climbs out of the archive with '..'`],
    ['/etc/passwd', '"/etc/passwd" has an absolute path'],
    ['C:/x', '"C:/x" has an absolute path'],
    ['a\\..\\x', '"a\\\\..\\\\x" has a backslash in its name'],
    ['a\u0001', '"a\\u0001" has a name that is no path'],
    ['x/'.repeat(40), undefined],
  ])('is refused with an entry %j', async (entry, problem) => {
    const message = problem ?? `${JSON.stringify(entry)} lies deeper than 32 folders`;
    expect(await refused({ path: entry, content: 'x' })).toBe(`${name} is refused: the entry ${message}`);
  });

  it('is refused with an entry twice, or two that differ in case only', async () => {
    expect(await refused({ path: 'a' }, { path: './a' })).toBe(`${name} is refused: it has the entry "./a" twice`);
    expect(await refused({ path: 'Ä' }, { path: 'a\u0308' })).toBe(
      `${name} is refused: its entries "Ä" and "a\u0308" differ in case only`,
    );
  });

  it('is refused when it unpacks to more than 100 times its size', async () => {
    const message = await contentsOf(name, make([{ path: 'zeros', content: Buffer.alloc(70_000_000) }]));
    if (name === 'a.tar') expect(message).toHaveProperty('zeros');
    else expect(message).toMatch(/^a\.\w+ unpacks to more than 100 times its \d+ bytes$/);
  });

  it('is refused when it is none', async () => {
    expect(await contentsOf(name, Buffer.from('no archive'.repeat(200)))).toMatch(
      /^a\.\w+ is not a (tar|zip) archive that can be read: /,
    );
  });

  it('is refused when it is cut off anywhere', async () => {
    // Nothing of it can be compressed, so that the cut goes through the file.
    const whole = make([{ path: 'a', content: randomBytes(3_000) }]);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2_000 }), async (length) => {
        expect(await contentsOf(name, whole.subarray(0, length))).toMatch(/ archive that can be read: /);
      }),
      { numRuns: 30 },
    );
  });
});

it.each([
  ['SymbolicLink', 'a symbolic link'],
  ['Link', 'a hard link'],
  ['CharacterDevice', 'a device'],
  ['BlockDevice', 'a device'],
  ['FIFO', 'a named pipe'],
])('a tar archive with an entry of the type %s is refused', async (type, kind) => {
  expect(await contentsOf('a.tgz', makeTgz([{ path: 'x.onnx', type }]))).toBe(
    `a.tgz is refused: the entry "x.onnx" is ${kind}`,
  );
});

it.each([
  [0o120777, 'a symbolic link'],
  [0o010644, 'a named pipe'],
  [0o020644, 'a device'],
  [0o060644, 'a device'],
  [0o140644, 'of an unknown kind'],
])('a zip archive with an entry of the mode %o is refused', async (mode, kind) => {
  expect(await contentsOf('a.zip', makeZip([{ path: 'x.onnx', content: '/etc/passwd', mode }]))).toBe(
    `a.zip is refused: the entry "x.onnx" is ${kind}`,
  );
});

it('a zip archive that lies about a size is refused', async () => {
  const lie = makeZip([{ path: 'x.onnx', content: 'x'.repeat(1_000), claimedBytes: 10 }]);
  expect(await contentsOf('a.zip', lie)).toMatch(/^a\.zip is not a zip archive that can be read: /);
});

it('a tar archive that claims more than anybody could store is refused before it is read', async () => {
  const claim = makeTgz([{ path: 'x.onnx', claimedBytes: 70_000_000_000 }]);
  expect(await contentsOf('a.tgz', claim)).toBe('a.tgz unpacks to more than 68719476736 bytes');
});

it('a tar archive that unpacks to nothing but zeros behind its end is refused', async () => {
  const whole = Buffer.concat([makeTar([{ path: 'a', content: 'one' }]), Buffer.alloc(70_000_000)]);
  const packed = gzipSync(whole);
  expect(await contentsOf('a.tgz', packed)).toBe(`a.tgz unpacks to more than 100 times its ${packed.length} bytes`);
});

it('a tar archive that is compressed twice is refused', async () => {
  expect(await contentsOf('a.tgz', gzipSync(makeTgz([{ path: 'a', content: 'one' }])))).toMatch(
    /^a\.tgz is not a tar archive that can be read: /,
  );
});

it('a small tar archive may have many zeros behind its end', async () => {
  const packed = gzipSync(Buffer.concat([makeTar([{ path: 'a', content: 'one' }]), Buffer.alloc(60_000_000)]));
  expect(await contentsOf('a.tgz', packed)).toEqual({ a: 'one' });
});

it('archives of too many entries are refused', () => {
  const guard = new EntryGuard('a.zip', 1_000);
  for (let index = 0; index < 50_000; index++) guard.add({ path: `f${index}`, kind: 'folder', sizeBytes: 0 });
  expect(() => guard.add({ path: 'x', kind: 'folder', sizeBytes: 0 })).toThrow('a.zip has more than 50000 entries');
});

it('a path that is accepted stays below any folder, on every system', () => {
  const part = fc.oneof(
    fc.constantFrom('..', '.', '', 'a', 'C:', '\\', '/', '...', '%2e%2e', '\u0000', '~', 'con'),
    fc.string({ maxLength: 5, unit: 'binary' }),
  );
  const paths = fc.array(part, { maxLength: 8 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(paths, (inside) => {
      if (entryPathProblem(inside) !== undefined) return;
      expect(path.posix.resolve('/to/here', inside)).toMatch(/^\/to\/here(\/|$)/);
      expect(path.win32.resolve('D:\\to\\here', inside)).toMatch(/^D:\\to\\here(\\|$)/);
    }),
    { numRuns: 1_000 },
  );
});

it.each(KINDS)('%s is taken apart once its files are written whole', async (name, make) => {
  await using folder = await createTempFolder({ [name]: make([{ path: 'a', content: randomBytes(1_000) }]) });
  const contents = await openFile(path.join(folder.path, name), name);
  const target = path.join(folder.path, 'out');
  await contents.extract(new Map([['a', target]]));
  expect(statSync(target).size).toBe(1_000);
});

it.each(KINDS)('%s is taken apart only into files that can be written', async (name, make) => {
  await using folder = await createTempFolder({ [name]: make([{ path: 'a', content: 'one' }]), taken: 'two' });
  const contents = await openFile(path.join(folder.path, name), name);
  const target = path.join(folder.path, 'taken');
  await expect(contents.extract(new Map([['a', target]]))).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(target, 'utf8')).toBe('two');
});

it.each(KINDS)('%s has none of its files open once it could not be taken apart', async (name, make) => {
  const archive = make([{ path: 'a' }, { path: 'b', content: randomBytes(4_000_000) }]);
  await using folder = await createTempFolder({ [name]: archive, 'out/a': 'taken' });
  const contents = await openFile(path.join(folder.path, name), name);
  const out = path.join(folder.path, 'out');
  const targets = ['a', 'b'].map((file) => [file, path.join(out, file)] as const);
  await expect(contents.extract(new Map(targets))).rejects.toMatchObject({ code: 'EEXIST' });
  await until('the files are closed', () => openFiles(out) === 0);
});

it('a folder gives its files but no links and nothing hidden', async () => {
  await using folder = await createTempFolder({
    'a/b.onnx': 'b',
    '.git/config': 'x',
    'a/link.onnx': { link: '/etc/passwd' },
  });
  const { files } = await openFolder(folder.path);
  expect(files).toEqual([{ path: 'a/b.onnx', sizeBytes: 1 }]);
});

it('a file that is no archive gives itself', async () => {
  await using folder = await createTempFolder();
  const file = path.join(folder.path, 'x');
  await writeFile(file, 'graph');
  expect(await contentsOf('net.onnx', Buffer.from('graph'))).toEqual({ 'net.onnx': 'graph' });
});
