import { differenceUsBar, ratioBar } from '../../harness/bars.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Row } from '../../harness/row.js';
import {
  FASTAPI,
  FASTAPI_TUNED,
  FIFO,
  fastapiTexts,
  MILLRACE,
  millraceTexts,
  PROCESSES,
  RAW,
  RAW_SINGLE,
  rawFifo,
  rawSingle,
  rawSorted,
  type TextWorkload,
} from './contestants.js';

const WHO = { who: MILLRACE, against: RAW } as const;

/** Many callers with a text each. */
export function embedRow(): Row {
  const workload: TextWorkload = { model: 'minilm', texts: 2_000, textsPerRequest: 1, concurrency: 32 };
  return interleavedRow({
    id: 'embed-c32',
    title: 'MiniLM in fp32, 2,000 texts of mixed length, one a request, 32 connections; rows are texts',
    contestants: [
      millraceTexts(workload),
      rawSorted(workload),
      rawFifo(workload),
      fastapiTexts(workload, { isSorted: false }),
    ],
    bars: [
      ratioBar({ metric: 'rowsPerSecond', ...WHO, atLeast: 0.75 }),
      ratioBar({ metric: 'rowsPerCpuSecond', ...WHO, atLeast: 0.85 }),
      ratioBar({ metric: 'rowsPerSecond', who: MILLRACE, against: FIFO, atLeast: 1.7 }),
      ratioBar({ metric: 'rowsPerSecond', who: MILLRACE, against: FASTAPI }),
      ratioBar({ metric: 'rowsPerCpuSecond', who: MILLRACE, against: FASTAPI }),
    ],
  });
}

/** A few callers with many texts each. */
export function embedManyRow(): Row {
  const workload: TextWorkload = { model: 'minilm', texts: 1_024, textsPerRequest: 32, concurrency: 4 };
  return interleavedRow({
    id: 'embed-32x4',
    title: 'MiniLM in fp32, 1,024 texts of mixed length, 32 a request, 4 connections; rows are texts',
    contestants: [
      millraceTexts(workload),
      rawSorted(workload),
      fastapiTexts(workload, { isSorted: false }),
      fastapiTexts(workload, { isSorted: true }),
    ],
    bars: [
      ratioBar({ metric: 'rowsPerCpuSecond', ...WHO, atLeast: 0.9 }),
      ratioBar({ metric: 'rowsPerSecond', ...WHO }),
      ratioBar({ metric: 'rowsPerSecond', who: MILLRACE, against: FASTAPI, atLeast: 3 }),
      ratioBar({ metric: 'rowsPerSecond', who: MILLRACE, against: FASTAPI_TUNED }),
      ratioBar({ metric: 'rowsPerCpuSecond', who: MILLRACE, against: FASTAPI_TUNED }),
    ],
  });
}

/** One caller with a text, as most applications ask. */
export function embedOneRow(): Row {
  const workload: TextWorkload = { model: 'minilm', texts: 500, textsPerRequest: 1, concurrency: 1 };
  return interleavedRow({
    id: 'embed-c1',
    title: 'MiniLM in fp32, 500 texts of mixed length, one a request, one connection; raw in one process',
    contestants: [millraceTexts(workload), rawSingle(workload, 1), fastapiTexts(workload, { isSorted: false })],
    bars: [
      differenceUsBar({ metric: 'p50Ms', who: MILLRACE, against: RAW_SINGLE, atMost: 1_500 }),
      differenceUsBar({ metric: 'p50Ms', who: FASTAPI, against: RAW_SINGLE }),
    ],
  });
}

/** A query and 32 texts to rank for it. */
export function rerankRow(): Row {
  const query = 'how are exceptions raised and handled?';
  const workload: TextWorkload = { model: 'rerank', texts: 1_024, textsPerRequest: 32, concurrency: 2, query };
  return interleavedRow({
    id: 'rerank',
    title: 'A cross-encoder (dynamic int8), a query and 32 texts a request, 2 connections; rows are pairs',
    // Scores of dynamic int8 depend on what else is in a batch, so the server runs each pair alone.
    contestants: [millraceTexts(workload), rawSorted(workload), rawSingle(workload, PROCESSES)],
    bars: [
      ratioBar({ metric: 'rowsPerCpuSecond', ...WHO, atLeast: 0.85 }),
      ratioBar({ metric: 'rowsPerSecond', ...WHO }),
      ratioBar({ metric: 'rowsPerCpuSecond', who: MILLRACE, against: RAW_SINGLE }),
    ],
  });
}
