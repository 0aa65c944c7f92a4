import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const DIST = path.resolve('dist');
const FILES = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.js') && !file.includes('docs-page'),
);
const ROOMS = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(path.join('src', entry.name, 'index.ts')))
  .map((entry) => entry.name);

const importIt = (file: string) => import(pathToFileURL(path.join(DIST, file)).href);

describe('the compiled package', () => {
  it('has one file for each room, and each import in it leads somewhere', () => {
    expect(FILES).toEqual(expect.arrayContaining(ROOMS.map((room) => path.join(room, 'index.js'))));
    const broken = FILES.flatMap((file) => {
      const code = readFileSync(path.join(DIST, file), 'utf8');
      const targets = [...code.matchAll(/^(?:import|export) .*?"(\.[^"]+)";$|\bimport\("(\.[^"]+)"\)/gm)];
      return targets
        .map(([, now, later]) => path.join(path.dirname(file), now ?? later ?? ''))
        .filter((target) => !existsSync(path.join(DIST, target)));
    });
    expect(broken).toEqual([]);
  });

  it('has one copy of the errors by which library, scripts and client know what happened', async () => {
    const [{ MillraceError }, { ModelError }, core] = await Promise.all(
      ['index.js', 'model/index.js', 'core/index.js'].map(importIt),
    );
    expect(MillraceError).toBe(core.MillraceError);
    expect(new ModelError('not_found', 'gone')).toBeInstanceOf(MillraceError);
  });

  it('knows where its own files are, wherever their code has moved', () => {
    const named = FILES.flatMap((file) => {
      const code = readFileSync(path.join(DIST, file), 'utf8');
      return [...code.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g)].map(([, from = '']) =>
        path.join(path.dirname(file), from).replace(/\.js$/, '.ts'),
      );
    });
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((file) => !existsSync(path.join('src', file)))).toEqual([]);
  });
});
