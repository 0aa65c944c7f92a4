import { invalidParameter, MillraceError } from '../../core/index.js';
import type { BatchItem } from '../batch.js';

const FAULTS = ['raise', 'raiseItem', 'hang', 'exit', 'abort', 'allocate', 'throwLater', 'rejectLater'] as const;

const EXIT_CODE = 3;
const ALLOCATION_BYTES = 16 * 1_048_576;
const ALLOCATION_PAUSE_MS = 10;

/**
 * Misbehaves as the item's parameter `fault` asks. Returns the error of an item that is to fail alone; throws for a
 * batch that is to fail as a whole. Outside a runner process, what would take the server along is refused.
 */
export function commitFault(item: BatchItem, isolated: boolean): MillraceError | undefined {
  const wanted = item.parameters.fault;
  if (wanted === undefined) return undefined;
  const fault = FAULTS.find((candidate) => candidate === wanted);
  if (fault === undefined) {
    const expected = FAULTS.join(', ');
    return invalidParameter('fault', `expected one of ${expected}, got '${wanted}'`);
  }
  if (fault === 'raise') throw new MillraceError('internal', "echo: fault 'raise'");
  if (fault === 'raiseItem') return new MillraceError('internal', "echo: fault 'raiseItem'");
  if (!isolated) {
    return new MillraceError('failed_precondition', `echo: fault '${fault}' needs placement 'process'`);
  }
  switch (fault) {
    case 'hang':
      for (;;);
    case 'exit':
      process.exit(EXIT_CODE);
      break;
    case 'abort':
      process.abort();
      break;
    case 'allocate':
      return allocateForever();
    case 'throwLater':
      setImmediate(() => {
        throw new TypeError("echo: fault 'throwLater'");
      });
      break;
    case 'rejectLater':
      void Promise.reject(new RangeError("echo: fault 'rejectLater'"));
      break;
    default:
      fault satisfies never;
  }
  return undefined;
}

function allocateForever(): never {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const kept: Buffer[] = [];
  for (;;) {
    kept.push(Buffer.alloc(ALLOCATION_BYTES, 1));
    Atomics.wait(pause, 0, 0, ALLOCATION_PAUSE_MS);
  }
}
