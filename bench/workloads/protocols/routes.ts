import { ratioBar } from '../../harness/bars.js';
import { runOnnx, served } from '../../harness/contestants.js';
import { MODELS } from '../../harness/models.js';
import { createRows, oipRequest } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Row } from '../../harness/row.js';
import { MODEL, startModel } from './contestants.js';

const CONNECTIONS = 32;
/** Two arms by weight, a key, and a condition that does not hold: all that a route looks at. */
const ROUTE = [
  'routes:',
  '  live:',
  `    arms: [{ name: a, model: ${MODEL}, version: 1, weight: 95 }, { name: b, model: ${MODEL}, version: 1, weight: 5 }]`,
  '    sticky: { header: host }',
  `    rules: [{ when: "headers['x-tier'] == 'gold'", arm: b }]`,
];

/** A model by the name of a route, and by its own. */
export function routeRow(): Row {
  const { mlp16: model } = MODELS;
  const rows = createRows(model, 1);
  const start = startModel({ models: [{ name: MODEL, model }], config: ROUTE });
  const asked = (name: string, modelName: string) =>
    served({
      name,
      start,
      plan: {
        request: oipRequest(rows, { model: modelName, input: model.input, format: 'json' }),
        level: { kind: 'concurrency', concurrency: CONNECTIONS },
        rowsPerRequest: rows.count,
        generator: undefined,
      },
      expected: async () => (await runOnnx(model, rows, 0)).outputs,
    });
  return interleavedRow({
    id: 'route-W1',
    title: `mlp-16x10, one row JSON, ${CONNECTIONS} connections: by a route with weights, a key and a condition, and by the name of the model`,
    contestants: [asked('model', MODEL), asked('route', 'live')],
    bars: [ratioBar({ metric: 'cpuUsPerRequest', who: 'route', against: 'model', atMost: 1.08 })],
  });
}
