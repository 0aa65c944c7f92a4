import { type ClientOptions, connect, MillraceClientError } from '../../src/client/index.js';
import { type FakeAnswer, type FakeServer, jsonAnswer, type SeenRequest, startFakeServer } from './fake-server.js';

/** Metadata of the model `mlp`. */
export const METADATA = {
  name: 'mlp',
  versions: ['1'],
  platform: 'onnxruntime_onnx',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};
/** Inputs for it. */
export const X = { x: [[1, 2, 3, 4]] };
export const NEVER = new Promise<FakeAnswer>(() => undefined);

type Answer = (request: SeenRequest, index: number) => FakeAnswer | undefined | Promise<FakeAnswer | undefined>;

/** The server that was started last. */
export let server: FakeServer;

/** For `afterEach`. */
export const closeServer = (): Promise<void> => server.close();

/** Starts a server that answers everything as told. */
export async function startBare(answer: Answer): Promise<void> {
  server = await startFakeServer(answer);
}

/** Starts a server that knows the metadata of `mlp` and leaves everything else to `answer`. */
export async function start(answer: Answer): Promise<void> {
  let others = 0;
  await startBare((request) =>
    request.method === 'GET' && request.url === '/v2/models/mlp' ? jsonAnswer(METADATA) : answer(request, others++),
  );
}

/** A client of that server. */
export const client = (options: ClientOptions = {}) =>
  connect(server.url, { retry: { initialDelayMs: 1 }, ...options });

/** What the server answers to an inference, unless a test has it say something else. */
export const ANSWER = {
  model_name: 'mlp',
  model_version: '1',
  outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [0.25, 0.75] }],
};

/** The inferences that the server has seen. */
export const infers = () => server.seen.filter((request) => request.url.endsWith('/infer'));

/** The error with which the promise is rejected. */
export async function failure(promise: Promise<unknown>): Promise<MillraceClientError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MillraceClientError) return error;
  throw new Error(`expected a MillraceClientError, got ${error}`);
}
