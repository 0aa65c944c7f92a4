/**
 * Compiles src into dist: types by tsc, code by `bundle.mjs`. Runner processes of tests that run meanwhile read dist, so
 * files are replaced one by one, atomically and only where they changed. Exit code: that of the TypeScript compiler.
 */
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundle, bundleTypes } from './bundle.mjs';

const root = path.dirname(import.meta.dirname);
const dist = path.join(root, 'dist');
// Beside dist, so that the paths inside source maps stay right and a rename stays on one file system.
const fresh = path.join(root, `.dist-${process.pid}`);
/** What the compiler writes, a file each; only what `bundleTypes` makes of it is published. */
const types = `${fresh}-types`;
const ASSET = /\.(html|css|js|svg|json|proto)$/;

async function filesUnder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

async function copyAssets() {
  const source = path.join(root, 'src');
  for (const file of await filesUnder(source)) {
    if (ASSET.test(file) && path.basename(file) !== 'tsconfig.json')
      await cp(path.join(source, file), path.join(fresh, file));
  }
}

async function publish() {
  const built = await filesUnder(fresh);
  if (built.length === 0) throw new Error('the compiler has written nothing');
  for (const file of built) {
    const from = path.join(fresh, file);
    const to = path.join(dist, file);
    const [next, current] = await Promise.all([readFile(from), readFile(to).catch(() => undefined)]);
    if (current !== undefined && next.equals(current)) continue;
    await mkdir(path.dirname(to), { recursive: true });
    await rename(from, to);
  }
  const wanted = new Set(built);
  for (const file of await filesUnder(dist)) {
    if (!wanted.has(file)) await rm(path.join(dist, file), { force: true });
  }
}

const tsc = createRequire(import.meta.url)
  .resolve('@typescript/native/package.json')
  .replace('package.json', 'bin/tsc');
const compiled = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', types], {
  cwd: root,
  stdio: 'inherit',
});
try {
  await bundle(fresh);
  await bundleTypes(types, fresh);
  await copyAssets();
  await chmod(path.join(fresh, 'cli/main.js'), 0o755).catch(() => undefined);
  await publish();
} finally {
  await rm(fresh, { recursive: true, force: true });
  await rm(types, { recursive: true, force: true });
}
process.exitCode = compiled.status ?? 1;
