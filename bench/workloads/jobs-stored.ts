import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ratioBar, valueBar } from '../harness/bars.js';
import { JOBS_MODEL } from '../harness/jobs-client.js';
import { MODELS } from '../harness/models.js';
import { inRoot } from '../harness/paths.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row } from '../harness/row.js';
import { loopLagMs } from '../harness/scrape.js';
import { startMillrace } from '../harness/servers.js';
import { JOBS, JOBS_CONFIG, runJobs } from './jobs-run.js';

const STORED = 1_000_000;
/** Jobs of it are stored, and held. */
const PAUSED_MODEL = 'parked';
const FULL = '1 M stored';
const EMPTY = 'none stored';

/** Jobs from their submission to their stored answers, in a store that holds a million others. */
export function storedJobsRow(): Row {
  return interleavedRow({
    id: 'jobs-1M',
    title: `${JOBS} requests of one row (W1) as jobs, in a store that holds no other job, and one that holds ${STORED}`,
    contestants: [contestant(EMPTY, 0), contestant(FULL, STORED)],
    bars: [
      ratioBar({ metric: 'cpuUsPerRequest', who: FULL, against: EMPTY, atMost: 1.25 }),
      valueBar({ metric: 'startMs', who: FULL, atMost: 2_000 }),
      valueBar({ metric: 'loopLagMaxMs', who: FULL, atMost: 20 }),
      valueBar({ metric: 'loopLagMaxMs', who: EMPTY }),
    ],
  });
}

function contestant(name: string, stored: number): Contestant {
  return {
    name,
    peer: false,
    async open() {
      const folder = mkdtempSync(path.join(tmpdir(), 'millrace-stored-jobs-'));
      const remove = () => rmSync(folder, { recursive: true });
      try {
        const file = path.join(folder, 'store.db');
        await promisify(execFile)(process.execPath, [
          inRoot('bench/controls/stored-jobs.mjs'),
          file,
          String(stored),
          PAUSED_MODEL,
        ]);
        const server = await startMillrace({
          models: [JOBS_MODEL, PAUSED_MODEL].map((model) => ({ name: model, model: MODELS.mlp16 })),
          config: [...JOBS_CONFIG, `store: {path: ${JSON.stringify(file)}, maxSizeBytes: 100000000000}`],
        });
        return {
          async warmUp() {
            await runJobs(server, false);
          },
          async measure() {
            await loopLagMs(server, 100);
            const sample = await runJobs(server, false);
            return { ...sample, startMs: server.startMs, loopLagMaxMs: await loopLagMs(server, 100) };
          },
          async close() {
            await server.stop();
            remove();
          },
        };
      } catch (error) {
        remove();
        throw error;
      }
    },
  };
}
