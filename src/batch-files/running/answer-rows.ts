import { type Clock, type MillraceError, toMillraceError } from '../../core/index.js';
import type { AnswerBatch, AnsweredRows, Batch, BatchModel, RowSource } from '../types.js';
import { rowOfBatch, rowsOfAnswer } from './rows-of-answer.js';

/** Pauses before a request is sent again that the model could not take, in milliseconds. */
const RETRY_PAUSES_MS = [100, 300, 1_000, 3_000, 10_000];

/** What came of a request: rows with answers, and rows with the reason why they have none, in order. */
export interface AnsweredBatch {
  readonly answered: readonly AnsweredRows[];
  readonly failed: readonly { readonly source: RowSource; readonly message: string }[];
  readonly requests: number;
  readonly computeUs: number;
}

interface AnswerSetup {
  readonly model: BatchModel;
  readonly answer: AnswerBatch;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Has a request answered. Where that fails, each of its rows is asked for alone, so that only those at fault have no answer. Rejects where
 * no row would have one: the model is gone, or the run was stopped.
 */
export async function answerRows(setup: AnswerSetup, batch: Batch): Promise<AnsweredBatch> {
  try {
    const { outputs, computeUs } = await patiently(setup, batch);
    return { answered: [rowsOfAnswer(batch, outputs, setup.model)], failed: [], requests: 1, computeUs };
  } catch (error) {
    const failure = toMillraceError(error);
    if (!isOfRows(failure) || setup.signal.aborted) throw error;
    const [source] = batch.sources;
    if (batch.rows > 1 || source === undefined) return oneByOne(setup, batch);
    return { answered: [], failed: [{ source, message: failure.message }], requests: 1, computeUs: 0 };
  }
}

async function oneByOne(setup: AnswerSetup, batch: Batch): Promise<AnsweredBatch> {
  const all: AnsweredBatch[] = [];
  for (let row = 0; row < batch.rows; row++) all.push(await answerRows(setup, rowOfBatch(batch, row)));
  return {
    answered: all.flatMap(({ answered }) => answered),
    failed: all.flatMap(({ failed }) => failed),
    requests: 1 + all.length,
    computeUs: all.reduce((sum, { computeUs }) => sum + computeUs, 0),
  };
}

/** Errors that other rows need not have. */
function isOfRows({ code }: MillraceError): boolean {
  return code === 'invalid_argument' || code === 'internal' || code === 'deadline_exceeded';
}

async function patiently({ answer, clock, signal }: AnswerSetup, batch: Batch) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await answer(batch, signal);
    } catch (error) {
      const pauseMs = RETRY_PAUSES_MS[attempt];
      if (signal.aborted || pauseMs === undefined || !isPassing(toMillraceError(error))) throw error;
      await clock.sleep(toMillraceError(error).retryAfterMs ?? pauseMs, signal);
    }
  }
}

function isPassing({ code }: MillraceError): boolean {
  return code === 'unavailable' || code === 'resource_exhausted';
}
