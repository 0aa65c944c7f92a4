import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../scripts/bundle.mjs';

/** Built for this test alone, so that a build that runs at the same time changes nothing under it; in the repository, where packages are found. */
const DIST = mkdtempSync(path.resolve('.dist-test-'));
const PACKAGE = JSON.parse(readFileSync('package.json', 'utf8'));
const ROOMS = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(path.join('src', entry.name, 'index.ts')))
  .map((entry) => entry.name);

let files: readonly string[];
beforeAll(async () => {
  await bundle(DIST);
  files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
});
afterAll(() => rmSync(DIST, { recursive: true }));

/** Names of the packages that a compiled file imports, now or later. */
function packagesOf(file: string): readonly string[] {
  const code = readFileSync(path.join(DIST, file), 'utf8');
  const imports = code.matchAll(
    /^(?:import|export) (?:[^"\n]*from )?"([^".:][^":]*)";$|\b(?:import|require|createRequire\(.*\))\("([^".:][^":]*)"\)/gm,
  );
  return Array.from(imports, ([, now, later]) => (now ?? later ?? '').split('/'))
    .map(([scope = '', name]) => (scope.startsWith('@') ? `${scope}/${name}` : scope))
    .filter((name) => !isBuiltin(name));
}

describe('the compiled package', () => {
  it('imports every package that it depends on, and no other', () => {
    // Never imported: it keeps fastify's own from asking for a newer Node than this package does (docs/decisions/0012).
    const unimported = ['light-my-request'];
    const imported = new Set(files.flatMap(packagesOf));
    // Those of llama.cpp hold libraries, which are found by their paths.
    const optional = Object.keys(PACKAGE.optionalDependencies).filter((name) => !name.startsWith('@node-llama-cpp/'));
    const known = [...Object.keys(PACKAGE.dependencies), ...optional];
    expect([...imported, ...unimported].sort()).toEqual(known.sort());
  });

  it('names each library that it carries a copy of, with its version, in NOTICE, above the copy and beside it', () => {
    const vendor = path.join(DIST, 'vendor');
    const copies = readdirSync(vendor).map((folder) => {
      const [, name, version] = /^\/\*! (\S+) (\S+)\n/.exec(
        readFileSync(path.join(vendor, folder, 'index.js'), 'utf8'),
      ) ?? [undefined, folder];
      const { license } = JSON.parse(readFileSync(path.join('node_modules', name ?? '', 'package.json'), 'utf8'));
      const manifest = JSON.parse(readFileSync(path.join(vendor, folder, 'package.json'), 'utf8'));
      expect(manifest).toEqual({ name, version, license, type: 'module' });
      return `${name} ${version}`;
    });
    const notice = readFileSync('NOTICE', 'utf8');
    const named = [...notice.matchAll(/^- dist\/vendor\/\S+: (\S+ \S+),/gm)].map(([, copy]) => copy);
    expect(named.sort()).toEqual(copies.sort());
    const installed = copies.map((copy) => copy.split(' ')[0] ?? '');
    expect(installed.map((name) => `${name} ${PACKAGE.devDependencies[name]}`)).toEqual(copies);
  });

  it('has one file for each room, and each import in it leads somewhere', () => {
    expect(files).toEqual(expect.arrayContaining(ROOMS.map((room) => path.join(room, 'index.js'))));
    const broken = files.flatMap((file) => {
      const code = readFileSync(path.join(DIST, file), 'utf8');
      const targets = [...code.matchAll(/^(?:import|export) .*?"(\.[^"]+)";$|\bimport\("(\.[^"]+)"\)/gm)];
      return targets
        .map(([, now, later]) => path.join(path.dirname(file), now ?? later ?? ''))
        .filter((target) => !existsSync(path.join(DIST, target)));
    });
    expect(broken).toEqual([]);
  });

  it('has one copy of the errors by which library, scripts and client know what happened', async () => {
    const script = `
      const [{ MillraceError }, { ModelError }, core] = await Promise.all(
        ['index.js', 'model/index.js', 'core/index.js'].map((file) => import('${DIST}/' + file)),
      );
      const thrown = new ModelError('not_found', 'gone');
      console.log(MillraceError === core.MillraceError, thrown instanceof MillraceError);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('true true\n');
  });

  it('knows where its own files are, wherever their code has moved', () => {
    const named = files.flatMap((file) => {
      const code = readFileSync(path.join(DIST, file), 'utf8');
      return [...code.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g)].map(([, from = '']) =>
        path.join(path.dirname(file), from).replace(/\.js$/, '.ts'),
      );
    });
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((file) => !existsSync(path.join('src', file)))).toEqual([]);
  });

  it('has a client for browsers that is small: no schemas, no library, nothing of Node', async () => {
    const built = await build({
      input: path.join(DIST, 'client/index.js'),
      platform: 'browser',
      output: { minify: true, codeSplitting: false },
      logLevel: 'silent',
      write: false,
    });
    const [{ code, imports, moduleIds }] = built.output;
    const rooms = moduleIds.map((file) => path.relative(DIST, file)).sort();
    expect(rooms).toEqual(['api/index.js', 'client/index.js', 'core/index.js']);
    expect(imports).toEqual([]);
    expect(Buffer.byteLength(code)).toBeLessThanOrEqual(28_500);
  });
});
