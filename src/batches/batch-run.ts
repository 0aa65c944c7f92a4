import { setMaxListeners } from 'node:events';
import type { Clock, Usage } from '../core/index.js';
import type { BatchCheckpoint, BatchUsage } from '../store/index.js';
import { usageOf } from './answer-usage.js';
import type { BatchInput, BatchOutput } from './ends.js';
import { type LineOutcome, requestIdOf, resultLine } from './line-result.js';
import { type InputLine, readLines } from './lines.js';
import { type LineRules, parseLine } from './parse-line.js';
import { ModelPaused, type RunLine } from './run-line.js';

/** Requests and results of a batch that are in memory; one line may exceed it. */
const MAX_WINDOW_BYTES = 33_554_432;
/** Results are written when there are so many, whatever else. */
const MAX_PENDING_BYTES = 8_388_608;
const CHECKPOINT_MS = 1_000;

export interface BatchRunSetup extends LineRules {
  readonly batch: string;
  readonly checkpoint: BatchCheckpoint;
  readonly input: BatchInput;
  readonly output: BatchOutput;
  readonly errors: BatchOutput;
  readonly runLine: RunLine;
  readonly clock: Clock;
  readonly concurrency: number;
  readonly checkpointLines: number;
  readonly signal: AbortSignal;
  /** Others wait for a turn: starts no further request. */
  readonly yields: () => boolean;
  /** Resolves once there is room for bytes that are about to be written. Rejects with the reason of the signal. */
  readonly makeRoom: (bytes: number) => Promise<void>;
  /** Stores a checkpoint; what it counts is on the disk. */
  readonly keep: (checkpoint: BatchCheckpoint) => Promise<void>;
  /** A request has ended, and will be in the next checkpoint. */
  readonly progressed: (checkpoint: BatchCheckpoint) => void;
}

interface Slot {
  readonly line: InputLine;
  readonly requestId: string;
  readonly ended: Promise<EndedLine | undefined>;
}

interface EndedLine {
  readonly customId: string;
  readonly outcome: LineOutcome;
}

/** `done`: all requests have a result. Else: it continues at its checkpoint, and where its model is paused, when that is resumed. */
export type RunEnd = 'done' | 'interrupted' | 'yielded' | { readonly pausedModel: string };

/**
 * Runs the requests of a batch from a checkpoint on, several at once, and writes their results in the order of the requests. Rejects where
 * something cannot be read or written; what is behind the last checkpoint runs again then.
 */
export class BatchRun {
  readonly #setup: BatchRunSetup;
  readonly #over = new AbortController();
  /** Ends requests that are under way. */
  readonly #signal: AbortSignal;
  readonly #window: Slot[] = [];
  #windowBytes = 0;
  #checkpoint: BatchCheckpoint;
  #results: Uint8Array[] = [];
  #failures: Uint8Array[] = [];
  #pendingBytes = 0;
  #pendingLines = 0;
  #keptAt: number;
  /** Of a request that may not start. */
  #pausedModel: string | undefined;

  constructor(setup: BatchRunSetup) {
    this.#setup = setup;
    this.#signal = AbortSignal.any([setup.signal, this.#over.signal]);
    // One for each request that is under way.
    setMaxListeners(0, this.#signal);
    this.#checkpoint = setup.checkpoint;
    this.#keptAt = setup.clock.now();
  }

  async run(): Promise<RunEnd> {
    const { input, maxLineBytes } = this.#setup;
    const { inputBytes, lines: before } = this.#checkpoint;
    const lines = readLines(input.read(inputBytes), { atByte: inputBytes, lines: before }, maxLineBytes);
    try {
      const end = await this.#work(lines);
      await this.#keep();
      return end;
    } finally {
      await lines.return(undefined);
      this.#over.abort();
      await Promise.allSettled(this.#window.map(({ ended }) => ended));
    }
  }

  async #work(lines: AsyncGenerator<InputLine>): Promise<RunEnd> {
    const { signal, yields, concurrency, clock, checkpointLines } = this.#setup;
    let isAtEnd = false;
    let end: RunEnd = 'done';
    for (;;) {
      while (!isAtEnd && end === 'done' && this.#window.length < concurrency && this.#windowBytes < MAX_WINDOW_BYTES) {
        if (signal.aborted || this.#pausedModel !== undefined) end = 'interrupted';
        else if (yields()) end = 'yielded';
        else {
          const { done, value } = await lines.next();
          if (done === true) isAtEnd = true;
          else this.#start(value);
        }
      }
      const [first] = this.#window;
      if (first === undefined) return end;
      const ended = await first.ended;
      // Those before it have ended, and are not run again.
      if (ended === undefined) {
        const model = signal.aborted ? undefined : this.#pausedModel;
        return model === undefined ? 'interrupted' : { pausedModel: model };
      }
      this.#window.shift();
      this.#take(first, ended);
      const isDue = this.#pendingLines >= checkpointLines || clock.now() - this.#keptAt >= CHECKPOINT_MS;
      if (isDue || this.#pendingBytes >= MAX_PENDING_BYTES) await this.#keep();
    }
  }

  #start(line: InputLine): void {
    const requestId = requestIdOf(this.#setup.batch, line.number);
    const bytes = line.bytes?.byteLength ?? 0;
    this.#windowBytes += bytes;
    const ended = this.#runLine(line, requestId).finally(() => {
      this.#windowBytes -= bytes;
    });
    // It is awaited when its turn comes.
    ended.catch(() => undefined);
    this.#window.push({ line, requestId, ended });
  }

  /** undefined = it was interrupted. */
  async #runLine(line: InputLine, requestId: string): Promise<EndedLine | undefined> {
    const { runLine } = this.#setup;
    const parsed = await parseLine(line, this.#setup);
    if ('problem' in parsed) {
      const { code, message } = parsed.problem;
      return { customId: '', outcome: { kind: 'failed', code, message } };
    }
    try {
      const outcome = await runLine(parsed.request, requestId, this.#signal);
      const { customId } = parsed.request;
      if (outcome.kind !== 'answered') return { customId, outcome };
      const { body } = outcome.answer;
      this.#windowBytes += body.byteLength;
      const usage = (await usageOf(body, this.#setup.turns)) ?? outcome.usage;
      return { customId, outcome: { ...outcome, usage } };
    } catch (error) {
      if (error instanceof ModelPaused) this.#pausedModel ??= error.model;
      else if (!this.#signal.aborted) throw error;
      return undefined;
    }
  }

  #take({ line, requestId }: Slot, { customId, outcome }: EndedLine): void {
    if (outcome.kind === 'answered') this.#windowBytes -= outcome.answer.body.byteLength;
    const { bytes, isError } = resultLine({ customId, requestId, outcome });
    (isError ? this.#failures : this.#results).push(bytes);
    this.#pendingBytes += bytes.byteLength;
    this.#pendingLines++;
    const { completed, failed, outputBytes, errorBytes, usage } = this.#checkpoint;
    const { byteLength } = bytes;
    this.#checkpoint = {
      ...this.#checkpoint,
      lines: line.number,
      inputBytes: line.endAt,
      completed: completed + (isError ? 0 : 1),
      failed: failed + (isError ? 1 : 0),
      outputBytes: outputBytes + (isError ? 0 : byteLength),
      errorBytes: errorBytes + (isError ? byteLength : 0),
      usage: outcome.kind === 'answered' ? added(usage, outcome.usage) : usage,
    };
    this.#setup.progressed(this.#checkpoint);
  }

  async #keep(): Promise<void> {
    const { output, errors, makeRoom, keep, clock } = this.#setup;
    if (this.#pendingLines > 0) {
      await makeRoom(this.#pendingBytes);
      await output.append(Buffer.concat(this.#results));
      await errors.append(Buffer.concat(this.#failures));
      await Promise.all([output.sync(), errors.sync()]);
      await keep(this.#checkpoint);
    }
    this.#results = [];
    this.#failures = [];
    this.#pendingBytes = 0;
    this.#pendingLines = 0;
    this.#keptAt = clock.now();
  }
}

function added(sum: BatchUsage | undefined, usage: Usage | undefined): BatchUsage | undefined {
  if (usage === undefined) return sum;
  return {
    promptTokens: (sum?.promptTokens ?? 0) + usage.promptTokens,
    cachedTokens: (sum?.cachedTokens ?? 0) + (usage.cachedTokens ?? 0),
    completionTokens: (sum?.completionTokens ?? 0) + usage.completionTokens,
    reasoningTokens: (sum?.reasoningTokens ?? 0) + (usage.reasoningTokens ?? 0),
  };
}
