/**
 * Writes each room of src as one file, and what it imports later as others beside it (docs/decisions/0011). Between rooms
 * nothing changes: `dist/engine/index.js` imports `dist/core/index.js`, so there is one copy of every class.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { describeVendor, VENDORS, vendorFile } from './vendors.mjs';

const root = path.dirname(import.meta.dirname);
const src = path.join(root, 'src');
/** Sources that are started or imported by their path, besides `index.ts` of each room and the files of the assembly. */
const ENTRIES = [
  'api/schemas/index',
  'audit/writing/thread-main',
  'cli/main',
  'config/reading/thread-main',
  'protobuf/tables/index',
  'payload-log/writing/thread-main',
  'protocols/shared/decoding/thread-main',
  'runtimes/authoring',
  'runtimes/host/runner-main',
  'runtimes/llama/grammar/thread',
  'runtimes/llama/pooling/thread',
  'runtimes/llama/prepare/thread',
  'runtimes/script/hooks',
  'store/sqlite/thread-main',
  'tracing/exporting/thread-main',
];
/** The assembly's files, each of its own: `app.js`. */
const ASSEMBLY = '.';

const roomOf = (file) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : ASSEMBLY);

const isRoot = (name) => roomOf(name) === ASSEMBLY || name === `${roomOf(name)}/index`;
/** For the decoder thread: functions of each dialect, and of what dialects share. */
const isDecoders = (name) => name.startsWith('protocols/') && name.endsWith('/decoders');

/** Fills the folder `dist` with JavaScript and source maps. */
export async function bundle(dist) {
  const files = (await readdir(src, { recursive: true })).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const sources = files.map((file) => file.slice(0, -'.ts'.length));
  const entries = [...sources.filter(isRoot), ...ENTRIES, ...sources.filter(isDecoders)];
  for (const room of new Set(entries.map(roomOf))) {
    const own = entries.filter((entry) => roomOf(entry) === room);
    await write(dist, {
      input: Object.fromEntries(own.map((entry) => [entry, path.join(src, `${entry}.ts`)])),
      plugins: [keepRooms(room)],
      chunkFileNames: path.join(room, '[name].js'),
    });
  }
  for (const name of Object.keys(VENDORS)) await bundleVendor(dist, name);
}

async function bundleVendor(dist, name) {
  const { folder, files, license, manifest } = await describeVendor(name);
  await write(dist, {
    input: files,
    // Some have no `exports`, and import what Node has.
    resolve: { mainFields: ['module', 'main'] },
    external: builtinModules,
    chunkFileNames: `${folder}/[name].js`,
    banner: `/*! ${name} ${manifest.version}\n${license}*/`,
  });
  // Scanners of installed files read the version here.
  await writeFile(path.join(dist, folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/**
 * Writes the declarations of what package.json exports, and nothing else: from those that the compiler has left in the
 * folder `types`, with the types of vendored packages copied in, so that users need not install these.
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

async function write(dist, { input, plugins, resolve, external, ...output }) {
  const built = await rolldown({
    input,
    plugins,
    ...(resolve && { resolve, external }),
    platform: 'neutral',
    tsconfig: false,
    transform: { target: 'node20' },
    // `keepRooms` moves columns of a few lines, which does no harm.
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

/** Leaves imports of packages and other rooms in place. `dist:/` stands for dist until the chunk's own path is known. */
function keepRooms(room) {
  return {
    name: 'keep-rooms',
    resolveId(specifier, importer) {
      if (importer === undefined) return undefined;
      if (!specifier.startsWith('.')) return { id: inDist(vendorFile(specifier)) ?? specifier, external: true };
      const file = path.relative(src, path.resolve(path.dirname(importer), specifier));
      if (roomOf(file) !== room || room === ASSEMBLY) return { id: inDist(file), external: true };
      return path.join(src, file.replace(/\.js$/, '.ts'));
    },
    transform(code, id) {
      if (!code.includes('import.meta.url')) return undefined;
      const file = inDist(path.relative(src, id).replace(/\.ts$/, '.js'));
      return { code: code.replaceAll('import.meta.url', `new URL("${file}", import.meta.url).href`), map: null };
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

const inDist = (file) => file && `dist:/${file}`;
