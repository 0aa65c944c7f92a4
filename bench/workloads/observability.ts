import { ratioBar } from '../harness/bars.js';
import { MODELS } from '../harness/models.js';
import { createRows } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Row } from '../harness/row.js';
import { millrace, PROCESS, type Workload } from './contestants.js';

/** The three documented switches. */
const ALL_OFF = ['telemetry: {metrics: false, accessLog: false}', 'server: {timingHeaders: false}'];

export function observabilityRow(): Row {
  const workload: Workload = {
    model: MODELS.mlp16,
    rows: createRows(MODELS.mlp16, 1),
    format: 'json',
    level: { kind: 'concurrency', concurrency: 32 },
  };
  return interleavedRow({
    id: 'observability',
    title: 'W1 with metrics, access log and timing headers on and off',
    contestants: [millrace(workload), millrace(workload, { ...PROCESS, name: 'all off', config: ALL_OFF })],
    bars: [ratioBar({ metric: 'cpuUsPerRequest', who: 'millrace', against: 'all off', atMost: 1.08 })],
  });
}
