import { spawn } from 'node:child_process';
import { messageOf } from '../core/index.js';
import { type FromSuccessor, PREDECESSOR_VARIABLE, type ToSuccessor } from './messages.js';

/** The process that is to take over. */
export interface Successor {
  readonly pid: number;
  /** `handle`: of a socket. Throws where the process is gone. */
  send(message: ToSuccessor, handle?: object): void;
  /** Its next message. Rejects with an Error that says why there is none. */
  next(): Promise<FromSuccessor>;
  /** Ends it. Resolves when it is gone. */
  end(): Promise<void>;
  /** It goes on alone: this process no longer waits for it. */
  release(): void;
}

/** A process that does not end in order is killed after this time. */
const END_MS = 5_000;

/** Starts the command line of this process again: the program that is now at its path, in the same folder, with the same outputs. */
export function startSuccessor(env: Readonly<Record<string, string | undefined>>): Successor {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // It is not the process that systemd watches, nor the one that systemd has passed sockets to.
    env: { ...env, WATCHDOG_PID: undefined, LISTEN_PID: undefined, [PREDECESSOR_VARIABLE]: String(process.pid) },
  });
  const messages: FromSuccessor[] = [];
  const waiting: { readonly resolve: (message: FromSuccessor) => void; readonly reject: (error: Error) => void }[] = [];
  let gone: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    const end = (reason: string) => {
      gone ??= new Error(reason);
      for (const { reject } of waiting.splice(0)) reject(gone);
      resolve();
    };
    child.once('error', (error) => end(`the new process could not be started: ${messageOf(error)}`));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      // A message that explains it may still be on its way.
      setImmediate(() => end(`the new process ended ${how} before it was ready; its output says why`));
    });
  });
  child.on('message', (message) => {
    const next = waiting.shift();
    if (next === undefined) messages.push(message as FromSuccessor);
    else next.resolve(message as FromSuccessor);
  });
  return {
    pid: child.pid ?? 0,
    // What cannot be sent is followed by the end of the process.
    send: (message, handle) => void child.send(message, handle as undefined, {}, () => undefined),
    next: () =>
      new Promise((resolve, reject) => {
        const message = messages.shift();
        if (message !== undefined) resolve(message);
        else if (gone !== undefined) reject(gone);
        else waiting.push({ resolve, reject });
      }),
    async end() {
      child.kill('SIGTERM');
      const killing = setTimeout(() => child.kill('SIGKILL'), END_MS);
      await ended;
      clearTimeout(killing);
    },
    release() {
      child.channel?.unref();
      child.unref();
    },
  };
}
