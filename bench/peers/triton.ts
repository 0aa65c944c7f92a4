import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LoadRequest } from '../../src/loadgen/index.js';
import type { BenchModel } from '../harness/models.js';
import { inRoot } from '../harness/paths.js';
import { oipRequest } from '../harness/requests.js';
import { freePort, type RunningServer, type ServerCommand, startProbed } from '../harness/server-process.js';
import type { Peer } from './peer.js';
import { environmentFolder, installPython } from './python.js';

const MODEL_NAME = 'm';
const PACKAGES = path.join(environmentFolder('triton'), 'lib/python3.11/site-packages');
const TRITON = path.join(PACKAGES, 'pytriton/tritonserver');

/**
 * Triton 2.51 with its Python backend and dynamic batching, as the wheel `nvidia-pytriton` carries it: Linux on x64 with
 * a shared libpython3.11 (Debian: `libpython3.11`). Metrics are off, and gRPC where it is not measured, which only helps it.
 */
export const triton: Peer = {
  name: 'triton',
  install(say) {
    // The wheel's own dependencies are for its Python API, which is not used here.
    installPython({ name: 'triton', interpreters: ['/usr/bin/python3.11', 'python3.11'], pipArgs: ['--no-deps'] }, say);
    const stub = path.join(TRITON, 'backends/python/triton_python_backend_stub');
    copyFileSync(path.join(TRITON, 'python_backend_stubs/3.11/triton_python_backend_stub'), stub);
    for (const program of [stub, path.join(TRITON, 'bin/tritonserver')]) chmodSync(program, 0o755);
  },
  request: (rows, { model, format }) => oipRequest(rows, { model: MODEL_NAME, input: model.input, format }),
  prepare({ model, workers }) {
    const repository = writeTritonRepository(model, { instances: workers, program: 'model.py' });
    return {
      commandFor: (port) => commandOf(repository, port, ['--allow-grpc', 'false']),
      remove: () => rmSync(repository, { recursive: true, force: true }),
    };
  },
};

export interface TritonOptions {
  readonly model: BenchModel;
  /** The Python model in `bench/peers/triton`. */
  readonly program: 'model.py' | 'add-one.py';
  /** A request that is answered with 200 once it is ready. */
  readonly probe: LoadRequest;
}

/** Triton with both its protocols, for the rows that compare them. */
export async function startTriton({ model, program, probe }: TritonOptions): Promise<RunningServer> {
  const repository = writeTritonRepository(model, { instances: 1, program });
  const remove = (): void => rmSync(repository, { recursive: true, force: true });
  const grpcPort = await freePort();
  const flags = ['--grpc-address', '127.0.0.1', '--grpc-port', String(grpcPort)];
  try {
    const server = await startProbed((port) => commandOf(repository, port, flags), probe);
    return {
      ...server,
      grpcUrl: `http://127.0.0.1:${grpcPort}`,
      async stop() {
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function commandOf(repository: string, port: number, flags: readonly string[]): ServerCommand {
  return {
    command: path.join(TRITON, 'bin/tritonserver'),
    args: [
      ...['--model-repository', repository, '--backend-directory', path.join(TRITON, 'backends')],
      ...['--http-address', '127.0.0.1', '--http-port', String(port), '--allow-metrics', 'false'],
      ...flags,
    ],
    env: { LD_LIBRARY_PATH: path.join(PACKAGES, 'nvidia_pytriton.libs'), PEER_PACKAGES: PACKAGES },
  };
}

function writeTritonRepository(
  model: BenchModel,
  { instances, program }: { readonly instances: number; readonly program: string },
): string {
  const repository = mkdtempSync(path.join(tmpdir(), 'millrace-bench-triton-'));
  const version = path.join(repository, MODEL_NAME, '1');
  mkdirSync(version, { recursive: true });
  cpSync(model.file, path.join(version, 'model.onnx'));
  cpSync(inRoot('bench/peers/triton', program), path.join(version, 'model.py'));
  writeFileSync(
    path.join(repository, MODEL_NAME, 'config.pbtxt'),
    [
      'backend: "python"',
      'max_batch_size: 64',
      `input [ { name: "${model.input}" data_type: TYPE_FP32 dims: [${model.rowShape.join(', ')}] } ]`,
      `output [ { name: "${model.output}" data_type: TYPE_FP32 dims: [${model.outputWidth}] } ]`,
      'dynamic_batching { }',
      `instance_group [ { count: ${instances} kind: KIND_CPU } ]`,
      '',
    ].join('\n'),
  );
  return repository;
}
