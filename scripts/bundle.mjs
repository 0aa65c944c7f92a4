/**
 * Writes each room of src as one file, and what it imports later as others beside it (docs/decisions/0011). Between rooms
 * nothing changes: `dist/engine/index.js` imports `dist/core/index.js`, so there is one copy of every class.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { VENDORS } from './vendors.mjs';

const root = path.dirname(import.meta.dirname);
const src = path.join(root, 'src');
/** What is started, or imported by its path, besides the `index.ts` of every room. */
const ENTRIES = [
  'api/schemas/index',
  'audit/writing/thread-main',
  'cli/main',
  'config/reading/thread-main',
  'protobuf/tables/index',
  'protocols/shared/decoding/thread-main',
  'runtimes/authoring',
  'runtimes/host/runner-main',
  'runtimes/llama/grammar/thread',
  'runtimes/llama/pooling/thread',
  'runtimes/llama/prepare/thread',
  'runtimes/script/hooks',
  'store/sqlite/thread-main',
];
const vendorFolder = (name) => `vendor/${path.basename(name)}`;
const ASSEMBLY = '.';

/** Fills the folder `dist` with JavaScript and source maps. */
export async function bundle(dist) {
  const files = await readdir(src, { withFileTypes: true });
  const assembly = files.filter((file) => /(?<!\.test)\.ts$/.test(file.name)).map((file) => path.parse(file.name).name);
  await bundleRoom(dist, ASSEMBLY, assembly);
  // Functions for the decoding thread: of each dialect, and of what dialects share.
  const sources = await readdir(path.join(src, 'protocols'), { recursive: true });
  const decoders = sources
    .filter((file) => path.basename(file) === 'decoders.ts')
    .map((file) => `protocols/${file.slice(0, -'.ts'.length)}`);
  for (const { name: room } of files.filter((file) => file.isDirectory())) {
    const entries = [`${room}/index`, ...ENTRIES, ...decoders].filter((entry) => roomOf(entry) === room);
    await bundleRoom(
      dist,
      room,
      entries.filter((entry) => existsSync(path.join(src, `${entry}.ts`))),
    );
  }
  for (const [name, paths] of Object.entries(VENDORS)) await bundleVendor(dist, { name, paths });
}

const roomOf = (file) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : ASSEMBLY);

async function bundleRoom(dist, room, entries) {
  await write(dist, {
    input: Object.fromEntries(entries.map((entry) => [entry, path.join(src, `${entry}.ts`)])),
    plugins: [keepRooms(room)],
    chunkFileNames: path.join(room, '[name].js'),
  });
}

async function bundleVendor(dist, { name, paths }) {
  const folder = vendorFolder(name);
  const { version, license } = await packageOf(name);
  await write(dist, {
    input: Object.fromEntries(paths.map((entry) => [`${folder}${entry || '/index'}`, `${name}${entry}`])),
    chunkFileNames: `${folder}/[name].js`,
    banner: `/*! ${name} ${version}\n${await readLicense(name)}*/`,
  });
  // By this, scanners of installed files know which version is here.
  const manifest = { name, version, license, type: 'module' };
  await writeFile(path.join(dist, folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/**
 * Writes the declarations of what package.json exports, and nothing else: from those that the compiler has left in the
 * folder `types`, with the types of vendored packages copied in, so that nobody has to install these for them.
 */
export async function bundleTypes(types, dist) {
  const { exports } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const files = Object.values(exports).flatMap((entry) => entry.types ?? []);
  const names = files.map((file) => path.relative('dist', file).replace(/\.d\.ts$/, ''));
  const built = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, path.join(types, `${name}.d.ts`)])),
    plugins: [dts({ dtsInput: true, resolve: Object.keys(VENDORS), tsconfig: false })],
  });
  await built.write({ dir: dist, chunkFileNames: 'types/[name].js' });
}

async function packageOf(name) {
  return JSON.parse(await readFile(path.join(root, 'node_modules', name, 'package.json'), 'utf8'));
}

/** The file, or what the package says at the head of each of its own. */
async function readLicense(name) {
  const folder = path.join(root, 'node_modules', name);
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file !== undefined) return readFile(path.join(folder, file), 'utf8');
  const [head] = /^(\/\/.*\n)+/.exec(await readFile(fileURLToPath(import.meta.resolve(name)), 'utf8')) ?? [];
  if (head === undefined) throw new Error(`${name} comes without a license`);
  return head;
}

async function write(dist, { input, plugins, ...output }) {
  const built = await rolldown({
    input,
    plugins,
    platform: 'neutral',
    tsconfig: false,
    transform: { target: 'node20' },
    // `keepRooms` moves columns of a few lines, which nobody minds.
    checks: { sourcemapBroken: false },
  });
  await built.write({
    dir: dist,
    entryFileNames: '[name].js',
    sourcemap: true,
    minifyInternalExports: false,
    ...output,
  });
}

/** Where a package is found: in dist, if it has been copied there. */
function placeOf(specifier) {
  const [, name = '', entry = ''] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(specifier) ?? [];
  return VENDORS[name]?.includes(entry) ? `dist:/${vendorFolder(name)}${entry || '/index'}.js` : specifier;
}

/** Leaves packages and other rooms what they are: `dist:/` stands for dist until it is known where a chunk comes to lie. */
function keepRooms(room) {
  return {
    name: 'keep-rooms',
    resolveId(specifier, importer) {
      if (importer === undefined) return undefined;
      if (!specifier.startsWith('.')) return { id: placeOf(specifier), external: true };
      const file = path.relative(src, path.resolve(path.dirname(importer), specifier));
      if (roomOf(file) !== room || room === ASSEMBLY) return { id: `dist:/${file}`, external: true };
      return path.join(src, file.replace(/\.js$/, '.ts'));
    },
    transform(code, id) {
      if (!code.includes('import.meta.url')) return undefined;
      const file = path.relative(src, id).replace(/\.ts$/, '.js');
      return { code: code.replaceAll('import.meta.url', `new URL("dist:/${file}", import.meta.url).href`), map: null };
    },
    renderChunk(code, { fileName }) {
      const placed = code.replace(/"dist:\/([^"]+)"/g, (_, file) => {
        const relative = path.relative(path.dirname(fileName), file);
        return JSON.stringify(relative.startsWith('.') ? relative : `./${relative}`);
      });
      return { code: placed, map: null };
    },
  };
}
