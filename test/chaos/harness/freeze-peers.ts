import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { as } from './keys.js';
import { COUNTING } from './stateful-models.js';

const CLIENT = fileURLToPath(new URL('frozen-peers.mjs', import.meta.url));

/** Starts a client with half a request line, half a body, half a message, an answer and a stream unread, and stops its process. */
export async function freezePeers(http: string, grpc: string): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, [CLIENT, portOf(http), portOf(grpc), COUNTING, as('frozen').authorization], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(([code]) => Promise.reject(new Error(`the client to be stopped has ended with ${code}`))),
  ]);
  child.kill('SIGSTOP');
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}
