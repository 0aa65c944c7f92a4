import { Worker } from 'node:worker_threads';

export interface ThreadSetup {
  readonly name: string;
  /** Its `workerData`. */
  readonly data?: unknown;
  /** Of its heap; one that needs more ends. Default: Node's own limit. */
  readonly maxHeapMb?: number;
  /** Of the part of its heap that is for new objects. Default: Node's own limit. */
  readonly maxYoungMb?: number;
}

/** Starts a thread by its entry, the URL of a compiled file; where the sources run, as in tests, that is in `dist`. */
export function startThread(entry: string, { name, data, maxHeapMb, maxYoungMb }: ThreadSetup): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const built = isSource ? entry.replace(/\/src\/(?!.*\/src\/)/, '/dist/') : entry;
  return new Worker(new URL(built), {
    name,
    execArgv: [],
    workerData: data,
    resourceLimits: {
      ...(maxHeapMb !== undefined && { maxOldGenerationSizeMb: maxHeapMb }),
      ...(maxYoungMb !== undefined && { maxYoungGenerationSizeMb: maxYoungMb }),
    },
  });
}
