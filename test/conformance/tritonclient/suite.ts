import path from 'node:path';
import { emptyFolder } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { copyTritonModels } from '../harness/triton-repository.js';

const SCRIPT_LIMIT_MS = 600_000;
/** Triton passes them but for those of FP16 as JSON and of trace settings. A check that is not reached does not count itself as failed. */
const CHECKS = 305;

/** The checks, on a server of the Node that runs this. */
export async function run(): Promise<number> {
  const python = installPython('triton-clients/requirements.txt');
  const repository = copyTritonModels(path.join(emptyFolder('tritonclient'), 'models'));
  const tally = new Tally();
  const flags = ['--model-control-mode', 'explicit', '--load-model', '*', '--allow-client-shm'];
  const server = await startServer([repository, ...flags]);
  try {
    const addresses = ['--http', new URL(server.url).host, '--grpc', server.grpcAddress];
    const { output } = await python.run('tritonclient/checks.py', addresses, SCRIPT_LIMIT_MS);
    tally.adopt('checks.py', output);
    if (tally.passed !== CHECKS) tally.fail(`checks.py: ${tally.passed} checks passed instead of ${CHECKS}`);
  } finally {
    const code = await server.stop();
    if (code !== 0) tally.fail(`the server did not end well (${code}): ${server.lastWords()}`);
  }
  return tally.close();
}
