import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { emptyFolder, inCache, inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

const SCRIPT_LIMIT_MS = 600_000;
const PACKAGES = ['openai@6.49.0', 'ai@6.0.326', '@ai-sdk/openai-compatible@2.0.92'];
const KEYS = ['tester', 'hasty', 'poor'].map((name) => ({ name, key: `key-of-${name}-0123456789`, scopes: ['infer'] }));
const QUOTAS = [
  { name: 'hasty', principal: 'key:hasty', requestsPerSecond: 2, burst: 1 },
  { name: 'poor', principal: 'key:poor', tokensPerDay: 5 },
];
const SCRIPTS = {
  'requirements.txt': ['openai_sdk.py', 'langchain_chat.py', 'litellm_completion.py'],
  // It wants an older client of OpenAI's than the others.
  'requirements-llama-index.txt': ['llama_index_chat.py'],
};

/** Clients of OpenAI's API against a small model: chats, streams, texts, responses, JSON, errors, usage. */
export async function run(): Promise<number> {
  const folder = emptyFolder('language-clients');
  mkdirSync(path.join(folder, 'models/kjv/1'), { recursive: true });
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(folder, 'models/kjv/1/model.gguf'));
  writeFileSync(
    path.join(folder, 'models/kjv/model.yaml'),
    'llama: { contextTokens: 512, slots: 4, deterministic: true }\n',
  );
  const config = path.join(folder, 'millrace.yaml');
  writeFileSync(config, JSON.stringify({ auth: { keys: KEYS }, quotas: QUOTAS }));
  const packages = installPackages();
  const tally = new Tally();
  const server = await startServer([path.join(folder, 'models'), '--config', config]);
  try {
    for (const [requirements, scripts] of Object.entries(SCRIPTS)) {
      const python = installPython(`language-clients/${requirements}`);
      for (const script of scripts) {
        const { output } = await python.run(`language-clients/${script}`, [server.url], SCRIPT_LIMIT_MS);
        tally.adopt(script, output);
      }
    }
    const script = inRoot('test/conformance/language-clients/clients.mjs');
    tally.adopt('clients.mjs', await runNode([script, server.url, packages]));
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}

async function runNode(args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: SCRIPT_LIMIT_MS });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    return stdout + stderr;
  }
}

/** A folder with the clients for Node in its `node_modules`. */
function installPackages(): string {
  const folder = inCache('language-clients-node');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', ...PACKAGES], {
    cwd: folder,
    stdio: 'pipe',
  });
  return folder;
}
