/** Entry of the thread that decodes large requests: takes one {@link DecodeJob} after the other, answers each with a reply. */
import { parentPort } from 'node:worker_threads';
import { errorData, MillraceError } from '../../../core/index.js';
import type { Decoded, DecodeJob, DecodeReply } from './jobs.js';

/** Memory of smaller tensors may come from Node's pool, which cannot be moved. The pool is a little larger than it says since Node 26. */
const MIN_MOVED_BYTES = Math.max(65_536, 2 * Buffer.poolSize);

type DecodeModule = Readonly<Record<string, (input: unknown) => Decoded<unknown>>>;

async function run({ module, name, input }: DecodeJob): Promise<Decoded<unknown>> {
  const { [name]: decode } = (await import(module)) as DecodeModule;
  if (decode === undefined) throw new Error(`${module} exports no ${name}`);
  return decode(input);
}

/** The memory that goes to the other thread without being copied. */
function movedBuffers(tensors: Decoded<unknown>['tensors']): readonly ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of tensors) {
    const { buffer } = data;
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= MIN_MOVED_BYTES) buffers.add(buffer);
  }
  return [...buffers];
}

async function reply(
  job: DecodeJob,
): Promise<{ readonly message: DecodeReply; readonly moved: readonly ArrayBuffer[] }> {
  try {
    const { result, tensors } = await run(job);
    return { message: { result }, moved: movedBuffers(tensors) };
  } catch (error) {
    const message = error instanceof MillraceError ? { error: errorData(error) } : { fault: error };
    return { message, moved: [] };
  }
}

parentPort?.on('message', async (job: DecodeJob) => {
  const { message, moved } = await reply(job);
  parentPort?.postMessage(message, moved);
});
