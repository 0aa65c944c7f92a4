import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { inRoot } from '../harness/paths.js';

/** A server that systemd-socket-activate starts at the first connection, as systemd does. */
export interface ActivatedServer extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The next line of the standard output as JSON. Rejects with the error output where there is none. */
  nextEvent(): Promise<Readonly<Record<string, unknown>>>;
  /** SIGTERM; resolves with the exit code and the error output. */
  stop(): Promise<{ readonly code: number | null; readonly errors: string }>;
}

export interface Activation {
  /** What it listens on: `127.0.0.1:8000`, `/run/m.sock`. */
  readonly listen: readonly string[];
  /** Flags of systemd-socket-activate: `--fdname=http`. */
  readonly flags?: readonly string[];
  /** Of `millrace serve`. */
  readonly args: readonly string[];
  readonly cwd: string;
}

/** Runs systemd-socket-activate on the addresses of `listen`, and connects to the first one: that starts the server. */
export async function activate({ listen, flags = [], args, cwd }: Activation): Promise<ActivatedServer> {
  const words = listen.flatMap((each) => ['--listen', each]);
  const command = [process.execPath, inRoot('dist/cli/main.js'), 'serve', '--json', ...args];
  const child = spawn('systemd-socket-activate', [...words, ...flags, '--setenv=HOME', ...command], { cwd });
  let errors = '';
  const isListening = new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk;
      if ((errors.match(/Listening on /g)?.length ?? 0) === listen.length) resolve();
    });
  });
  const closed = once(child, 'close');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await Promise.race([isListening, closed]);
  const [first = ''] = listen;
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(first) ?? [];
  const knock = first.startsWith('/') ? connect(first) : connect({ host, port: Number(port) });
  knock.on('error', () => undefined);
  const stop = async () => {
    knock.destroy();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await closed;
    return { code: child.exitCode, errors };
  };
  return {
    child,
    async nextEvent() {
      const { value, done } = await lines.next();
      if (done) throw new Error(errors);
      return JSON.parse(value);
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
