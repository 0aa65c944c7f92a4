import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installDebian } from '../harness/debian.js';
import { emptyFolder, inCache, inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { runReport } from './run-report.js';
import { runSnippets, type Shown } from './snippets.js';

const CHROMIUM = '/usr/bin/chromium';
const PACKAGES = ['playwright-core@1.65.1', '@axe-core/playwright@4.14.0', 'openai@6.49.0'];
const BROWSER_LIMIT_MS = 600_000;
const GENERATOR_LIMIT_MS = 600_000;
const KEYS = [
  { name: 'caller', key: 'caller-key-0123456789', scopes: ['infer'] },
  { name: 'watcher', key: 'watcher-key-0123456789', scopes: ['observe'] },
] as const;

/** The page shows the routes of all. */
const EVERY_DIALECT = Object.fromEntries(
  ['kserve', 'sagemaker', 'tfs', 'torchserve', 'vertex'].map((name) => [name, { enabled: true }]),
);

/**
 * Chromium asks every model on the page, on a desk and on a phone, and axe-core looks for what keeps people out. Then each call that the
 * page has shown as code is run as that, and has to be answered as the page was; and a client is made of the OpenAPI document. The report of a rollout is looked at, and used.
 */
export async function run(): Promise<number> {
  if (!existsSync(CHROMIUM)) installDebian('chromium');
  const packages = installPackages();
  const folder = emptyFolder('docs-page');
  const config = path.join(folder, 'millrace.yaml');
  writeFileSync(config, JSON.stringify({ auth: { keys: KEYS }, ...EVERY_DIALECT }));
  const tally = new Tally();
  await runReport({ packages, chromium: CHROMIUM, folder, tally });
  const repositories = [inRoot('examples/models'), inRoot('examples/scripts'), writeLanguageModel(folder)];
  const server = await startServer([...repositories, '--config', config]);
  try {
    const driver = inRoot('test/conformance/docs-page/page.mjs');
    const browserArgs = [driver, server.url, packages, CHROMIUM, folder, ...KEYS.map(({ key }) => key)];
    const browsed = execFileSync(process.execPath, browserArgs, {
      encoding: 'utf8',
      timeout: BROWSER_LIMIT_MS,
      cwd: inRoot(),
    });
    tally.adopt('page.mjs', browsed);
    symlinkSync(path.join(packages, 'node_modules'), path.join(folder, 'node_modules'));
    for (const file of ['examples/photos/meal_1.jpg', 'examples/audio/speech-16khz.wav']) {
      copyFileSync(inRoot(file), path.join(folder, path.basename(file)));
    }
    const shown: readonly Shown[] = JSON.parse(readFileSync(path.join(folder, 'snippets.json'), 'utf8'));
    await runSnippets(shown, { folder, key: KEYS[0].key, tally });
    const script = 'docs-page/generated_client.py';
    const args = [server.url, KEYS[0].key, folder];
    const { output } = await installPython('docs-page/requirements.txt').run(script, args, GENERATOR_LIMIT_MS);
    tally.adopt('generated_client.py', output);
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

/** A repository of a language model that answers the same whenever it is asked. */
function writeLanguageModel(folder: string): string {
  const repository = path.join(folder, 'models');
  mkdirSync(path.join(repository, 'kjv/1'), { recursive: true });
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(repository, 'kjv/1/model.gguf'));
  writeFileSync(
    path.join(repository, 'kjv/model.yaml'),
    'llama: { contextTokens: 512, slots: 4, deterministic: true }\n',
  );
  return repository;
}

/** A folder with the browser's drivers, and what the page's code imports, in its `node_modules`. */
function installPackages(): string {
  const folder = inCache('docs-page-drivers');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', ...PACKAGES], {
    cwd: folder,
    stdio: 'pipe',
  });
  return folder;
}
