// Given to a server with --import: on SIGWINCH it collects its garbage and writes what is left as a line of JSON.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGWINCH', () => {
  collect();
  // What the first collection let go of outside the heap is freed by finalizers that run after it.
  setImmediate(() => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    process.stdout.write(`${JSON.stringify({ keptBytes: heapUsed + external })}\n`);
  });
});
