import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { keyOf, placeLanguageModel } from '../harness/language-model.js';
import { installPackages, runNode } from '../harness/node-packages.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

const SCRIPT_LIMIT_MS = 600_000;
const PACKAGES = ['openai@6.49.0', 'ai@6.0.326', '@ai-sdk/openai-compatible@2.0.92'];
const KEYS = ['tester', 'hasty', 'poor'].map((name) => ({ name, key: keyOf(name), scopes: ['infer'] }));
const QUOTAS = [
  { name: 'hasty', principal: 'key:hasty', requestsPerSecond: 2, burst: 1 },
  { name: 'poor', principal: 'key:poor', tokensPerDay: 5 },
];
const SCRIPTS = {
  'requirements.txt': [
    'openai_sdk.py',
    'openai_batches.py',
    'openai_background.py',
    'langchain_chat.py',
    'litellm_completion.py',
  ],
  // It wants an older client of OpenAI's than the others.
  'requirements-llama-index.txt': ['llama_index_chat.py'],
};

/** Clients of OpenAI's API against a small model: chats, streams, texts, responses, JSON, errors, usage. */
export async function run(): Promise<number> {
  const folder = emptyFolder('language-clients');
  const models = placeLanguageModel(folder, 512);
  const config = path.join(folder, 'millrace.yaml');
  writeFileSync(config, JSON.stringify({ auth: { keys: KEYS }, quotas: QUOTAS }));
  const packages = installPackages('language-clients-node', PACKAGES);
  const tally = new Tally();
  const server = await startServer([models, '--config', config]);
  try {
    for (const [requirements, scripts] of Object.entries(SCRIPTS)) {
      const python = installPython(`language-clients/${requirements}`);
      for (const script of scripts) {
        const args = [server.url, keyOf('tester')];
        const { output } = await python.run(`language-clients/${script}`, args, SCRIPT_LIMIT_MS);
        tally.adopt(script, output);
      }
    }
    for (const script of ['clients.mjs', 'batches.mjs']) {
      const file = inRoot(`test/conformance/language-clients/${script}`);
      tally.adopt(script, await runNode([file, server.url, packages], SCRIPT_LIMIT_MS));
    }
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}
