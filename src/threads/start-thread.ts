import { Worker } from 'node:worker_threads';

/** Starts a thread by its entry, the URL of a compiled file; where the sources run, as in tests, that is in `dist`. */
export function startThread(entry: string, { name, data }: { readonly name: string; readonly data: unknown }): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const built = isSource ? entry.replace(/\/src\/(?!.*\/src\/)/, '/dist/') : entry;
  return new Worker(new URL(built), { name, execArgv: [], workerData: data });
}
