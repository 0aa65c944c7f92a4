import { ratioBar } from '../harness/bars.js';
import { served } from '../harness/contestants.js';
import { MODELS } from '../harness/models.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row } from '../harness/row.js';
import { startMillrace } from '../harness/servers.js';

/** A row is 3,136 bytes, and costs the model as much in any body. */
const SIZES = [
  { name: '3 KB', rows: 1 },
  { name: '64 KB', rows: 21 },
  { name: '1 MB', rows: 334 },
  { name: '4 MB', rows: 1_337 },
  { name: '16 MB', rows: 5_350 },
  { name: '64 MB', rows: 21_000 },
] as const;

/** What a byte of a body costs, by how large that is. */
export function bodiesRow(): Row {
  const metric = 'rowsPerSecond';
  return interleavedRow({
    id: 'bodies',
    title: 'mlp-784x10, binary bodies of 1 to 21,000 rows, 4 connections',
    contestants: SIZES.map(ofSize),
    bars: ['16 MB', '64 MB'].map((who) => ratioBar({ metric, who, against: '4 MB', atLeast: 0.8 })),
  });
}

function ofSize(size: (typeof SIZES)[number]): Contestant {
  // A list of the rows needs no bodies of 64 MB.
  return { name: size.name, peer: false, open: (settings) => servedOf(size).open(settings) };
}

function servedOf({ name, rows }: (typeof SIZES)[number]): Contestant {
  const { mlp784: model } = MODELS;
  return served({
    name,
    start: () => startMillrace({ models: [{ name: 'm', model, yaml: ['maxBatchSize: 32768'] }] }),
    plan: {
      request: oipRequest(createRows(model, rows), { model: 'm', input: model.input, format: 'binary' }),
      level: { kind: 'concurrency', concurrency: 4 },
      rowsPerRequest: rows,
      generator: 'own',
    },
  });
}
