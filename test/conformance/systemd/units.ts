import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inRoot } from '../harness/paths.js';
import { freePort } from '../harness/ports.js';
import type { Tally } from '../harness/tally.js';
import { receive } from './notify.js';

/** systemd's measure of what a service may do: 0 = nothing, 10 = everything. */
const MAX_EXPOSURE = 1.3;

/** The units of `millrace init systemd`: judged by systemd-analyze, and started as they say. */
export async function checkUnits(tally: Tally): Promise<void> {
  const folder = emptyFolder('systemd', 'units');
  cpSync(inRoot('examples/models/mlp'), path.join(folder, 'models/mlp'), { recursive: true });
  const ports = { httpPort: await freePort(), grpcPort: await freePort(), metricsPort: await freePort() };
  const settings = { server: ports, repository: { paths: ['./models'] } };
  writeFileSync(path.join(folder, 'millrace.yaml'), JSON.stringify(settings));
  const [service, socket] = ['millrace.service', 'millrace.socket'].map((name) => path.join(folder, name));
  const args = ['init', 'systemd', '--config', 'millrace.yaml', '--output', '.'];
  const written = runIn(folder, process.execPath, [inRoot('dist/cli/main.js'), ...args]);
  tally.check(written.status === 0, `init systemd ended with ${written.status}: ${written.said}`);
  const verified = runIn(folder, 'systemd-analyze', ['verify', `${service}`, `${socket}`]);
  tally.check(verified.status === 0 && verified.said === '', `systemd-analyze verify: ${verified.said}`);
  const threshold = ['--offline=true', '--no-pager', `--threshold=${MAX_EXPOSURE * 10}`];
  const secure = runIn(folder, 'systemd-analyze', ['security', ...threshold, `${service}`]);
  tally.check(secure.status === 0, `the exposure is above ${MAX_EXPOSURE}: ${secure.said.split('\n').at(-2)}`);
  for (const port of Object.values(ports)) {
    const isThere = readFileSync(`${socket}`, 'utf8').includes(`\nListenStream=127.0.0.1:${port}\n`);
    tally.check(isThere, `the socket unit has no port ${port}`);
  }
  await checkStart(tally, folder, readFileSync(`${service}`, 'utf8'));
}

/** Starts `ExecStart=` with the environment of the unit alone. */
async function checkStart(tally: Tally, cwd: string, unit: string): Promise<void> {
  await using receiver = await receive(path.join(cwd, 'notify'));
  const directive = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';
  const [program = '', ...args] = directive('ExecStart').split(' ');
  const [variable = '', ...value] = directive('Environment').split('=');
  const watchdogUsec = Number(directive('WatchdogSec')) * 1_000_000;
  const env = { [variable]: value.join('='), NOTIFY_SOCKET: receiver.address, WATCHDOG_USEC: `${watchdogUsec}` };
  const child = spawn(program, args, { cwd, env, stdio: 'ignore' });
  const closed = once(child, 'close');
  try {
    const { STATUS: status } = await receiver.next('READY');
    tally.check(status === '1 served', `the server of the unit says: ${status}`);
    child.kill('SIGTERM');
    const [code] = await closed;
    tally.check(code === 0, `the server of the unit ended with ${code}`);
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
}

function runIn(cwd: string, command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}
