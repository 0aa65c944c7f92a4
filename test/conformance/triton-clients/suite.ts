import path from 'node:path';
import { emptyFolder } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';
import { copyTritonModels } from '../harness/triton-repository.js';

const SCRIPT_LIMIT_MS = 600_000;

/** NVIDIA's and the protocol's own clients on the models that Triton's exchanges were recorded on. */
export async function run(): Promise<number> {
  const python = installPython('triton-clients/requirements.txt');
  const repository = copyTritonModels(path.join(emptyFolder('triton-clients'), 'models'));
  const tally = new Tally();
  const flags = ['--model-control-mode', 'explicit', '--load-model', '*', '--allow-client-shm'];
  // As the exchanges were recorded.
  const forward = ['--http-header-forward-pattern', '^x-fwd', '--grpc-header-forward-pattern', '^x-fwd'];
  const args = [repository, ...flags, ...forward];
  const server = await startServer(args);
  const http = new URL(server.url).host;
  const { grpcAddress: grpc, metricsUrl } = server;
  const scripts: Readonly<Record<string, readonly string[]>> = {
    'grpc_replay.py': [grpc, `${metricsUrl}/metrics`],
    'features.py': [http, grpc],
    'streams.py': [grpc],
    'open_inference_stubs.py': [grpc],
  };
  try {
    for (const [script, addresses] of Object.entries(scripts)) {
      const { output } = await python.run(`triton-clients/${script}`, addresses, SCRIPT_LIMIT_MS);
      tally.adopt(script, output);
    }
  } finally {
    tally.check((await server.stop()) === 0, `the server did not end well: ${server.lastWords()}`);
  }
  return tally.close();
}
