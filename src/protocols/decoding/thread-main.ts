/** Entry of the thread that decodes large requests: takes one {@link DecodeJob} after the other, answers each with a reply. */
import { parentPort } from 'node:worker_threads';
import { MillraceError, type Tensor } from '../../core/index.js';
import { decodeInfer } from '../oip/decode-infer.js';
import { decodeGenerate } from '../oip/generate-decode.js';
import { decodeModelInfer } from '../oip/grpc/decode-infer.js';
import type { DecodeJob, DecodeReply, DecodeResults } from './jobs.js';

/** Memory of smaller tensors may come from Node's pool (64 KiB since Node 24), which cannot be moved. */
const MIN_MOVED_BYTES = Math.max(65_536, Buffer.poolSize + 1);

function run(job: DecodeJob): DecodeResults[DecodeJob['kind']] {
  switch (job.kind) {
    case 'infer':
      return decodeInfer(job.wire, { maxInputs: job.maxInputs, signatureOf: refuseRaw });
    case 'generate':
      return decodeGenerate(job.wire, job.signature);
    case 'grpc':
      return decodeModelInfer(job.message, job);
    default:
      return job satisfies never;
  }
}

/** Raw binary requests have no text to decode. */
function refuseRaw(): never {
  throw new MillraceError('internal', 'raw binary requests are not decoded here');
}

function inputsOf(result: DecodeResults[DecodeJob['kind']]): readonly Tensor[] {
  return 'request' in result ? result.request.inputs : result.inputs;
}

/** The memory that goes to the other thread without being copied. */
function movedBuffers(inputs: readonly Tensor[]): readonly ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of inputs) {
    const { buffer } = data;
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= MIN_MOVED_BYTES) buffers.add(buffer);
  }
  return [...buffers];
}

function reply(job: DecodeJob): { readonly message: DecodeReply; readonly moved: readonly ArrayBuffer[] } {
  try {
    const result = run(job);
    return { message: { result }, moved: movedBuffers(inputsOf(result)) };
  } catch (error) {
    const message =
      error instanceof MillraceError ? { error: { code: error.code, message: error.message } } : { fault: error };
    return { message, moved: [] };
  }
}

parentPort?.on('message', (job: DecodeJob) => {
  const { message, moved } = reply(job);
  parentPort?.postMessage(message, moved);
});
