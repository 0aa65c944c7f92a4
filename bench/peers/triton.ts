import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchModel } from '../harness/models.js';
import { inRoot } from '../harness/paths.js';
import { oipRequest } from '../harness/requests.js';
import type { Peer } from './peer.js';
import { environmentFolder, installPython } from './python.js';

const MODEL_NAME = 'm';
const PACKAGES = path.join(environmentFolder('triton'), 'lib/python3.11/site-packages');
const TRITON = path.join(PACKAGES, 'pytriton/tritonserver');

/**
 * Triton 2.51 with its Python backend and dynamic batching, as the wheel `nvidia-pytriton` carries it: Linux on x64 with
 * a shared libpython3.11 (Debian: `libpython3.11`). Metrics and gRPC are off, which only helps it.
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
    const repository = writeTritonRepository(model, workers);
    return {
      commandFor: (port) => ({
        command: path.join(TRITON, 'bin/tritonserver'),
        args: [
          ...['--model-repository', repository, '--backend-directory', path.join(TRITON, 'backends')],
          ...['--http-address', '127.0.0.1', '--http-port', String(port)],
          ...['--allow-grpc', 'false', '--allow-metrics', 'false'],
        ],
        env: { LD_LIBRARY_PATH: path.join(PACKAGES, 'nvidia_pytriton.libs'), PEER_PACKAGES: PACKAGES },
      }),
      remove: () => rmSync(repository, { recursive: true, force: true }),
    };
  },
};

function writeTritonRepository(model: BenchModel, instances: number): string {
  const repository = mkdtempSync(path.join(tmpdir(), 'millrace-bench-triton-'));
  const version = path.join(repository, MODEL_NAME, '1');
  mkdirSync(version, { recursive: true });
  cpSync(model.file, path.join(version, 'model.onnx'));
  cpSync(inRoot('bench/peers/triton/model.py'), path.join(version, 'model.py'));
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
