import { vi } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { createFakeIo, type FakeIoOptions } from './fake-io.js';
import { type FakeAnswer, type FakeServer, jsonAnswer, type SeenRequest, startFakeServer } from './fake-server.js';

/** Metadata of a model for the fake server to give. */
export const METADATA = {
  name: 'mlp',
  versions: ['1', '2'],
  platform: 'onnxruntime_onnx',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};

/** The server that {@link start} has started last. */
export let server: FakeServer | undefined;

/** For `afterEach`. */
export async function closeServer(): Promise<void> {
  await server?.close();
  server = undefined;
}

/** Starts the server that the command line asks, with answers by method and path. */
export async function start(answers: Readonly<Record<string, (request: SeenRequest) => FakeAnswer>>) {
  server = await startFakeServer((request) => {
    const answer = answers[`${request.method} ${request.url}`];
    return answer?.(request) ?? jsonAnswer({ error: `there is nothing at ${request.url}` }, 404);
  });
  vi.stubEnv('MILLRACE_URL', server.url);
  return {};
}

/** Runs the command line in this process. */
export async function run(argv: readonly string[], options: FakeIoOptions = {}) {
  const io = createFakeIo(options);
  const code = await runCli(argv, io);
  return { code, out: io.out(), err: io.err() };
}
