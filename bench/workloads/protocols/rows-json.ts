import { ratioBar } from '../../harness/bars.js';
import { runOnnx, served } from '../../harness/contestants.js';
import { MODELS } from '../../harness/models.js';
import { createRows, oipRequest, rowsRequest } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Row } from '../../harness/row.js';
import { MODEL, startModel } from './contestants.js';

/** Predictions of rows in JSON, by one of the protocols that have them, beside OIP's infer; the same server speaks both. */
export function rowsJsonRow(dialect: 'tfs' | 'kserve', title: string): Row {
  const model = MODELS.mlp16;
  const rows = createRows(model, 1);
  const start = startModel({ models: [{ name: MODEL, model }], config: [`${dialect}: { enabled: true }`] });
  const level = { kind: 'concurrency', concurrency: 32 } as const;
  const expected = async () => (await runOnnx(model, rows, 0)).outputs;
  const contestant = (name: string, request: ReturnType<typeof rowsRequest>) =>
    served({ name, start, plan: { request, level, rowsPerRequest: rows.count, generator: undefined }, expected });
  return interleavedRow({
    id: `${dialect}-W1`,
    title: `mlp-16x10, one row JSON, 32 connections: ${title} beside OIP’s infer`,
    contestants: [
      contestant('oip', oipRequest(rows, { model: MODEL, input: model.input, format: 'json' })),
      contestant(dialect, rowsRequest(rows, { model: MODEL })),
    ],
    bars: [ratioBar({ metric: 'requestsPerSecond', who: dialect, against: 'oip', atLeast: 0.9 })],
  });
}
