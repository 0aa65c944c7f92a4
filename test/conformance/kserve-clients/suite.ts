import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { installPython, type Python } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

const SCRIPT_LIMIT_MS = 600_000;

/** KServe's and TorchServe's clients: against the acceptance repository with every dialect on, and KServe's where it has a port for itself. */
export async function run(): Promise<number> {
  const python = installPython('kserve-clients/requirements.txt');
  const folder = emptyFolder('kserve-clients');
  const models = path.join(folder, 'models');
  cpSync(inRoot('test/conformance/dialects/models'), models, { recursive: true });
  const kserveOnly = path.join(folder, 'kserve.yaml');
  writeFileSync(kserveOnly, 'kserve: { enabled: true }\n');
  const tally = new Tally();
  const all = inRoot('test/conformance/dialects/millrace.yaml');
  await check(tally, { python, args: [models, '--config', kserveOnly], scripts: ['kserve_sdk.py'] });
  await check(tally, { python, args: [models, '--config', all], scripts: ['kserve_sdk.py', 'torchserve.py'] });
  return tally.close();
}

interface Round {
  readonly python: Python;
  readonly args: readonly string[];
  readonly scripts: readonly string[];
}

async function check(tally: Tally, { python, args, scripts }: Round): Promise<void> {
  const server = await startServer([...args, '--model-control-mode', 'explicit', '--load-model', '*']);
  try {
    for (const script of scripts) {
      const photos = inRoot('examples/photos');
      const sent = [server.url, server.grpcAddress, photos];
      const { output } = await python.run(`kserve-clients/${script}`, sent, SCRIPT_LIMIT_MS);
      tally.adopt(script, output);
    }
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
}
