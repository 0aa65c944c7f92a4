import { execFileSync, spawnSync } from 'node:child_process';
import { installDebian } from '../harness/debian.js';

/** systemd's tools, installed with apt where they are not: `systemd` has `systemd-socket-activate` and `systemd-analyze`. */
export function installTools(): void {
  const isThere = (tool: string) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;
  const missing = () => ['systemd-socket-activate', 'systemd-analyze'].filter((tool) => !isThere(tool));
  if (missing().length > 0) installDebian('systemd');
  if (missing().length > 0)
    throw new Error(`this suite needs ${missing().join(' and ')} (Debian: apt-get install systemd)`);
  execFileSync('python3', ['-c', 'import socket; socket.AF_UNIX'], { stdio: 'pipe' });
}
