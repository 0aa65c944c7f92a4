import { treeMemory, treeUsage } from '../../src/loadgen/index.js';
import { valueBar } from '../harness/bars.js';
import { runOnnx } from '../harness/contestants.js';
import { MODELS, type RepositoryEntry } from '../harness/models.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Contestant, Row, RowResult } from '../harness/row.js';
import { type Sample, spreadOf, valuesOf } from '../harness/sample.js';
import { type MillraceOptions, startMillrace } from '../harness/servers.js';
import { verifyAnswer } from '../harness/verify.js';

const ONE = '1 model';
const COUNT = 100;
const MANY = `${COUNT} models`;
/** A start of so many takes tens of seconds, which average as much as rounds would. */
const MOST_ROUNDS = 3;

/** What it takes until a hundred models, each in a process of its own, are ready: processor time of the whole tree, and time by the clock. */
export function modelProcessesRow(): Row {
  const row = interleavedRow({
    id: 'processes',
    title: `mlp-16x10, 1 and ${COUNT} models in a process each, from exec until all are ready`,
    contestants: [starting(ONE, 1), starting(MANY, COUNT)],
    bars: [
      valueBar({ metric: 'cpuSecondsToReady', who: MANY }),
      valueBar({ metric: 'startMs', who: MANY }),
      valueBar({ metric: 'cpuSecondsToReady', who: ONE }),
    ],
  });
  return {
    ...row,
    async run(settings) {
      const result = await row.run({ ...settings, rounds: Math.min(settings.rounds, MOST_ROUNDS) });
      return { ...result, notes: [...result.notes, costOfOneMore(result.contestants)] };
    },
  };
}

/** What each model more takes until it is ready. */
export function costOfOneMore(contestants: RowResult['contestants']): string {
  const medianOf = (wanted: string, metric: 'cpuSecondsToReady' | 'startMs') => {
    const samples = contestants.find(({ name }) => name === wanted)?.samples ?? [];
    return spreadOf(valuesOf(samples, metric))?.median ?? Number.NaN;
  };
  const eachOf = (metric: 'cpuSecondsToReady' | 'startMs') =>
    (medianOf(MANY, metric) - medianOf(ONE, metric)) / (COUNT - 1);
  const [cpuMs, wallMs] = [eachOf('cpuSecondsToReady') * 1000, eachOf('startMs')];
  if (Number.isNaN(cpuMs + wallMs)) return 'what one model more takes is not known';
  return `each model more: ${cpuMs.toFixed(0)} ms of CPU, ${wallMs.toFixed(0)} ms by the clock`;
}

function starting(name: string, count: number): Contestant {
  const { mlp16: model } = MODELS;
  const models: RepositoryEntry[] = Array.from({ length: count }, (_, index) => ({ name: `m${index}`, model }));
  return {
    name,
    peer: false,
    async open() {
      const expected = (await runOnnx(model, createRows(model, 1), 0)).outputs;
      return {
        // Once before it counts, so that the files are in the page cache.
        warmUp: async () => void (await startOnce({ models: models.slice(0, 1) }, expected)),
        measure: () => startOnce({ models }, expected),
        async close() {},
      };
    },
  };
}

/** Starts a server, asks its first and its last model, and ends it. */
async function startOnce(options: MillraceOptions, expected: readonly number[]): Promise<Sample> {
  const { mlp16: model } = MODELS;
  const server = await startMillrace(options);
  try {
    const cpuSecondsToReady = treeUsage(server.pid).cpuMs / 1000;
    for (const entry of [options.models[0], options.models.at(-1)]) {
      const request = { model: entry?.name ?? '', input: model.input, format: 'json' } as const;
      await verifyAnswer(server.url, oipRequest(createRows(model, 1), request), expected);
    }
    return { cpuSecondsToReady, startMs: server.startMs, memoryMb: treeMemory(server.pid).bytes / 1_048_576 };
  } finally {
    await server.stop();
  }
}
