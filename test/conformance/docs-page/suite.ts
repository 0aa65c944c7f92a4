import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inCache, inRoot } from '../harness/paths.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

const CHROMIUM = '/usr/bin/chromium';
const DRIVERS = ['playwright-core@1.65.1', '@axe-core/playwright@4.14.0'];
const BROWSER_LIMIT_MS = 120_000;
const KEYS = [
  { name: 'caller', key: 'caller-key-0123456789', scopes: ['infer'] },
  { name: 'watcher', key: 'watcher-key-0123456789', scopes: ['observe'] },
];

/** Chromium runs every model's sample on the page, on a desk and on a phone, and axe-core looks for what keeps people out. */
export async function run(): Promise<number> {
  if (!existsSync(CHROMIUM)) execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], { stdio: 'pipe' });
  const drivers = installDrivers();
  const folder = emptyFolder('docs-page');
  const config = path.join(folder, 'millrace.yaml');
  writeFileSync(config, JSON.stringify({ auth: { keys: KEYS } }));
  const tally = new Tally();
  const server = await startServer([inRoot('examples/models'), inRoot('examples/scripts'), '--config', config]);
  try {
    const driver = inRoot('test/conformance/docs-page/page.mjs');
    const args = [driver, server.url, drivers, CHROMIUM, ...KEYS.map(({ key }) => key)];
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: BROWSER_LIMIT_MS });
    tally.adopt('page.mjs', output);
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

/** A folder with the browser's drivers in its `node_modules`. */
function installDrivers(): string {
  const folder = inCache('docs-page-drivers');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', ...DRIVERS], {
    cwd: folder,
    stdio: 'pipe',
  });
  return folder;
}
