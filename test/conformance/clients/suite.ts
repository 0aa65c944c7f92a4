import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { writeTritonModels } from '../harness/triton-models.js';
import { checkCurl } from './curl.js';

const SCRIPT_LIMIT_MS = 600_000;
/** Long enough that requests meet in the queue, short enough to wait for. */
const SLEEP_MS = 300;
const SLEEPY = {
  runtime: 'echo',
  maxBatchSize: 1,
  inputs: [{ name: 'IN', datatype: 'INT32', shape: [-1, 1] }],
  outputs: [{ name: 'OUT', datatype: 'INT32', shape: [-1, 1] }],
  queue: { maxRequests: 2 },
  echo: { delayMs: SLEEP_MS },
};

/** Three Python clients and curl, one after the other, against one server in explicit mode. */
export async function run(): Promise<number> {
  const python = installPython();
  const folder = emptyFolder('clients');
  const repository = writeTritonModels(path.join(folder, 'models'));
  mkdirSync(path.join(repository, 'sleepy/1'), { recursive: true });
  writeFileSync(path.join(repository, 'sleepy/model.yaml'), JSON.stringify(SLEEPY));
  cpSync(inRoot('examples/models/mlp'), path.join(repository, 'mlp'), { recursive: true });
  const tally = new Tally();
  const server = await startServer([repository, '--model-control-mode', 'explicit', '--load-model', '*']);
  const address = new URL(server.url).host;
  const upload = path.join(repository, 'ident_nb/1/model.onnx');
  try {
    for (const script of ['readme.py', 'tritonclient_http.py', 'kserve_rest.py', 'openapi_generated.py']) {
      const { output } = await python.run(`clients/${script}`, [address, upload], SCRIPT_LIMIT_MS);
      tally.adopt(script, output);
    }
    await checkCurl(server.url, folder, tally);
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}
