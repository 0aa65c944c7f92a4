import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { emptyFolder, inRoot } from '../harness/paths.js';
import type { Tally } from '../harness/tally.js';

/** A message of sd_notify(3). */
type Message = Readonly<Record<string, string>>;

/** A service manager's side of `NOTIFY_SOCKET`. */
export interface Receiver extends AsyncDisposable {
  readonly address: string;
  /** The next message that has the field, leaving out those before it. */
  next(field: string): Promise<Message>;
}

/** Receives at `address`, a path or `@` and an abstract name. */
export async function receive(address: string): Promise<Receiver> {
  const script = inRoot('test/conformance/systemd/notify.py');
  const child = spawn('python3', [script, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (field: string): Promise<Message> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`no message with ${field} came to ${address}`);
      const message = JSON.parse(value) as Message;
      if (field in message) return message;
    }
  };
  await next('BOUND');
  return {
    address,
    next,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

const WATCHDOG_USEC = 400_000;

/** `Type=notify`: what a service manager receives of a server, by a path and by an abstract address. */
export async function checkNotifications(tally: Tally): Promise<void> {
  const folder = emptyFolder('systemd', 'notify');
  for (const address of [path.join(folder, 'notify'), `@millrace-conformance-${process.pid}`]) {
    await using receiver = await receive(address);
    await checkLife(tally, receiver, folder);
  }
}

async function checkLife(tally: Tally, receiver: Receiver, cwd: string): Promise<void> {
  const free = ['--http-port', '0', '--grpc-port', '0', '--metrics-port', '0'];
  const args = [
    inRoot('dist/cli/main.js'),
    'serve',
    inRoot('examples/models'),
    '--model-control-mode',
    'explicit',
    '--load-model',
    'mlp',
    ...free,
  ];
  const env = { ...process.env, NOTIFY_SOCKET: receiver.address, WATCHDOG_USEC: `${WATCHDOG_USEC}` };
  // In a session of its own there is no terminal: SIGHUP reloads.
  const child = spawn(process.execPath, args, { cwd, env, stdio: 'ignore', detached: true });
  const closed = once(child, 'close');
  const expectField = (message: Message, field: string, expected: string) =>
    tally.check(message[field] === expected, `${receiver.address}: ${field} is ${message[field]}, not ${expected}`);
  try {
    expectField(await receiver.next('STATUS'), 'STATUS', 'loading models');
    const ready = await receiver.next('READY');
    expectField(ready, 'READY', '1');
    expectField(ready, 'MAINPID', `${child.pid}`);
    expectField(ready, 'STATUS', '1 served');
    expectField(await receiver.next('WATCHDOG'), 'WATCHDOG', '1');
    child.kill('SIGHUP');
    const reloading = await receiver.next('RELOADING');
    const ageUsec = Number(reloading.receivedUsec) - Number(reloading.MONOTONIC_USEC);
    tally.check(ageUsec >= 0 && ageUsec < 60_000_000, `MONOTONIC_USEC is ${ageUsec} µs before its arrival`);
    expectField(await receiver.next('READY'), 'STATUS', '1 served');
    child.kill('SIGTERM');
    expectField(await receiver.next('STOPPING'), 'STATUS', 'accepted requests finish');
    const [code] = await closed;
    tally.check(code === 0, `${receiver.address}: the server ended with ${code}`);
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
}
