import { treeMemory } from '../../src/loadgen/index.js';
import { ratioBar } from '../harness/bars.js';
import { served } from '../harness/contestants.js';
import { MODELS, type RepositoryEntry } from '../harness/models.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row } from '../harness/row.js';
import type { Sample } from '../harness/sample.js';
import { startMillrace } from '../harness/servers.js';
import { slopesOf } from './slopes.js';

const COUNTS = [1, 250, 500, 1_000] as const;

/** What a thousand registered models cost the one that is called; memory and start time as slopes. */
export function manyModelsRow(): Row {
  const row = interleavedRow({
    id: 'models',
    title: '1 to 1,000 registered models (inline mlp-16x10), one of them called by 32 connections',
    contestants: COUNTS.map(withModels),
    bars: [ratioBar({ metric: 'cpuUsPerRequest', who: nameOf(1_000), against: nameOf(1), atMost: 1.15 })],
  });
  return {
    ...row,
    async run(settings) {
      const result = await row.run(settings);
      return {
        ...result,
        notes: [...result.notes, ...slopesOf({ what: 'models', counts: COUNTS, nameOf }, result.contestants)],
      };
    },
  };
}

function nameOf(count: number): string {
  return count === 1 ? '1 model' : `${count} models`;
}

function withModels(count: number): Contestant {
  const { mlp16: model } = MODELS;
  const models: RepositoryEntry[] = Array.from({ length: count }, (_, index) => ({
    name: `m${index}`,
    model,
    yaml: ['instances: {placement: inline}'],
  }));
  return served({
    name: nameOf(count),
    start: () => startMillrace({ models }),
    plan: {
      request: oipRequest(createRows(model, 1), { model: 'm0', input: model.input, format: 'json' }),
      level: { kind: 'concurrency', concurrency: 32 },
      rowsPerRequest: 1,
    },
    inspect: (server): Sample => ({
      startMs: server.startMs,
      memoryMb: treeMemory(server.pid).bytes / 1_048_576,
    }),
  });
}
