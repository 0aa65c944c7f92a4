import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { keyOf, placeLanguageModel } from '../harness/language-model.js';
import { installPackages, runNode } from '../harness/node-packages.js';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

const SCRIPT_LIMIT_MS = 300_000;
const PACKAGES = ['@anthropic-ai/sdk@1.13.0', 'ai@6.0.326', '@ai-sdk/anthropic@3.0.140'];
const SCRIPTS = ['anthropic_sdk.py', 'langchain_messages.py', 'litellm_messages.py'];
const KEYS = ['tester', 'hasty', 'poor'].map((name) => ({ name, key: keyOf(name), scopes: ['infer'] }));
const QUOTAS = [
  { name: 'hasty', principal: 'key:hasty', requestsPerSecond: 2, burst: 1 },
  { name: 'poor', principal: 'key:poor', tokensPerDay: 5 },
];

/** Clients of Anthropic's Messages against a small model: whole answers, streams, tools, JSON, counts, models, errors. */
export async function run(): Promise<number> {
  const folder = emptyFolder('anthropic-clients');
  const models = placeLanguageModel(folder, 1024);
  const config = path.join(folder, 'millrace.yaml');
  writeFileSync(config, JSON.stringify({ auth: { keys: KEYS }, quotas: QUOTAS }));
  const packages = installPackages('anthropic-clients-node', PACKAGES);
  const tally = new Tally();
  const server = await startServer([models, '--config', config]);
  try {
    const python = installPython('anthropic-clients/requirements.txt');
    for (const script of SCRIPTS) {
      const args = [server.url, keyOf('tester')];
      const { output } = await python.run(`anthropic-clients/${script}`, args, SCRIPT_LIMIT_MS);
      tally.adopt(script, output);
    }
    const file = inRoot('test/conformance/anthropic-clients/clients.mjs');
    tally.adopt('clients.mjs', await runNode([file, server.url, packages], SCRIPT_LIMIT_MS));
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}
