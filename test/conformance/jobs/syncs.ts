import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { unpackDebian } from '../harness/debian.js';
import type { ConformanceServer } from '../harness/server.js';
import type { Tally } from '../harness/tally.js';
import { BODY, post } from './requests.js';

const SUBMISSIONS = 20;
/** A body that is stored as a file of its own. */
const LARGE = BODY.replace('}]}', `}],"parameters":{"note":"${'n'.repeat(100_000)}"}}`);

interface Checked {
  readonly server: ConformanceServer;
  readonly folder: string;
}

/** strace sees a completed sync between each submission and its 202. The model is paused: nothing else is written. */
export async function checkSyncs(tally: Tally, { server, folder }: Checked): Promise<void> {
  const { url, pid } = server;
  const infer = `${url}/v2/models/double/infer`;
  const async = { prefer: 'respond-async' };
  await post(`${url}/millrace/v1/job-queues/double/pause`, {}, '');
  await post(infer, async);
  for (const [kind, body] of Object.entries({ small: BODY, large: LARGE })) {
    const log = path.join(folder, `syncs-${kind}.log`);
    const stop = await trace(pid, log);
    for (let index = 0; index < SUBMISSIONS; index++) {
      const { status, text } = await post(infer, async, body);
      tally.check(status === 202, `a ${kind} submission was answered ${status}: ${text}`);
    }
    await stop();
    const found = syncsBefore202(readFileSync(log, 'utf8'));
    tally.check(
      found.length === SUBMISSIONS,
      `strace saw ${found.length} of ${SUBMISSIONS} answers of ${kind} submissions`,
    );
    // The journal; for a large body its file and the folder before.
    const least = kind === 'small' ? 1 : 2;
    for (const syncs of found) tally.check(syncs >= least, `a 202 was sent after ${syncs} syncs: see ${log}`);
  }
  await post(`${url}/millrace/v1/job-queues/double/resume`, {}, '');
}

/** Follows the process and its threads; resolves once it does, with what ends that. */
async function trace(pid: number, log: string): Promise<() => Promise<void>> {
  const strace = path.join(unpackDebian(['strace']), 'usr/bin/strace');
  const calls = 'trace=fsync,fdatasync,write,writev,sendto,sendmsg';
  const child = spawn(strace, ['-f', '-s', '24', '-e', calls, '-o', log, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  for await (const chunk of child.stderr) if (/attached/.test(String(chunk))) break;
  return async () => {
    child.kill('SIGINT');
    await ended;
  };
}

/** Of each 202 that was written, how many syncs had succeeded since the one before. */
function syncsBefore202(log: string): readonly number[] {
  const found: number[] = [];
  let syncs = 0;
  for (const line of log.split('\n')) {
    if (/(?:fsync|fdatasync)(?:\(\d+\)| resumed>\)) += 0/.test(line)) syncs++;
    if (!line.includes('"HTTP/1.1 202')) continue;
    found.push(syncs);
    syncs = 0;
  }
  return found;
}
