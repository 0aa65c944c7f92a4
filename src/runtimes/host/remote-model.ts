import type { Message, MillraceError } from '../../core/index.js';
import type { MemoryNeed } from '../../memory/index.js';
import type { Batch, BatchTiming, Emit } from '../batch.js';
import type { Description } from '../description.js';
import type { Instance, MemoryLimit } from '../instance.js';
import type { PlacedSpec } from '../registry.js';
import { checkStatistics, nameStatistics } from '../statistics.js';
import { decodeAnswers } from './emission-frame.js';
import { encodeExecute, type ModelNames, type Recipient } from './execute-frame.js';
import { type Frame, FrameKind } from './frame.js';
import { type Cancel, decodeJsonFrame, encodeJsonFrame, type Granted } from './json-frame.js';
import { NameTable } from './name-table.js';
import type { PendingReply, RunnerQueue } from './pending-replies.js';
import type { RunnerProcess } from './runner-process.js';
import { decodeStatistics } from './statistics-frame.js';

/** Asks the runner to load a model under `modelKey`; rejects with the runtime's error or the runner's end. */
export function loadRemotely(runner: RunnerProcess, modelKey: number, spec: PlacedSpec): Promise<Description> {
  return new Promise((resolve, reject) => {
    const reply: PendingReply = {
      receive: (frame) => {
        const description = decodeJsonFrame<Description>(frame);
        // Its names become names of metrics, whatever runs in the process.
        checkStatistics(description);
        if (description.needsEventLoop || description.decoupled) runner.runsEventLoop();
        resolve(description);
        return true;
      },
      fail: reject,
    };
    runner.send(reply, (ticket) => [encodeJsonFrame({ kind: FrameKind.load, modelKey, ticket }, spec)]);
  });
}

export interface RemoteModelSettings {
  readonly id: string;
  readonly runner: RunnerProcess;
  readonly modelKey: number;
  readonly description: Description;
  readonly loadMs: number;
  /** Called once when the instance is closed, after the runner gave the model back where it lives on. */
  readonly release: () => Promise<void>;
  /** Whether other models live in the same runner, so that closing must not end it. */
  readonly isShared: () => boolean;
  readonly memoryLimit: () => MemoryLimit | undefined;
  readonly memoryNeed: () => Promise<MemoryNeed | undefined>;
}

/** A model in a runner process. */
export class RemoteModel implements Instance {
  readonly id: string;
  readonly pid: number;
  readonly loadMs: number;
  readonly description: Description;
  readonly exited: Promise<string | Message>;
  readonly #settings: RemoteModelSettings;
  readonly #names: Recipient;
  readonly #queue: RunnerQueue;
  #statistics: Readonly<Record<string, number>> = {};
  #closed: Promise<void> | undefined;

  constructor(settings: RemoteModelSettings) {
    const { id, runner, description, loadMs } = settings;
    this.#settings = settings;
    this.id = id;
    this.pid = runner.pid;
    this.loadMs = loadMs;
    this.description = description;
    this.exited = runner.exited;
    this.#queue = { modelKey: settings.modelKey, concurrency: description.concurrency };
    const { statistics = [] } = description;
    runner.models.onStatistics(settings.modelKey, (frame) => {
      this.#statistics = nameStatistics(statistics, decodeStatistics(frame, statistics.length));
    });
    const { inputs, outputs } = description.signature;
    const locate = description.readsInPlace ? (data: Uint8Array) => runner.locate(data) : undefined;
    this.#names = { inputs: new NameTable(inputs), outputs: new NameTable(outputs), locate };
  }

  get lastLoadAt(): number {
    return this.#settings.runner.lastLoadAt;
  }

  get memoryLimit(): MemoryLimit | undefined {
    return this.#settings.memoryLimit();
  }

  memoryNeed(): Promise<MemoryNeed | undefined> {
    return this.#settings.memoryNeed();
  }

  execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    const { runner, modelKey } = this.#settings;
    const names = this.#names;
    return new Promise((resolve, reject) => {
      const reply = new ExecuteReply({ names, emit, resolve, reject, queue: this.#queue });
      runner.send(reply, (ticket) => encodeExecute({ modelKey, ticket }, batch, names));
    });
  }

  cancel(callId: number): void {
    const { runner, modelKey } = this.#settings;
    const header = { kind: FrameKind.cancel, modelKey, ticket: 0 };
    runner.notify([encodeJsonFrame(header, { callId } satisfies Cancel)]);
  }

  grant(callId: number, answers: number): void {
    const { runner, modelKey } = this.#settings;
    const header = { kind: FrameKind.grant, modelKey, ticket: 0 };
    runner.notify([encodeJsonFrame(header, { callId, answers } satisfies Granted)]);
  }

  /** As the runner has told last. */
  statistics(): Readonly<Record<string, number>> {
    return this.#statistics;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  kill(reason: string | Message): void {
    this.#settings.runner.kill(reason);
  }

  async #close(): Promise<void> {
    const { runner, modelKey, release, isShared } = this.#settings;
    runner.models.serveCalls(modelKey, undefined);
    runner.models.onStatistics(modelKey, undefined);
    try {
      if (runner.usable && isShared()) await runner.awaitClose(this.id, this.#giveBack());
    } finally {
      await release();
    }
  }

  #giveBack(): Promise<void> {
    const { runner, modelKey } = this.#settings;
    return new Promise((resolve) => {
      const done = () => {
        resolve();
        return true;
      };
      // A runner that dies instead has given everything back too.
      const reply = { receive: done, fail: done };
      runner.send(reply, (ticket) => [encodeJsonFrame({ kind: FrameKind.close, modelKey, ticket }, undefined)]);
    });
  }
}

interface ExecuteSettings {
  readonly names: ModelNames;
  readonly emit: Emit;
  readonly queue: RunnerQueue;
  readonly resolve: (timing: BatchTiming) => void;
  readonly reject: (error: MillraceError) => void;
}

/** A batch that was sent and not answered yet. */
class ExecuteReply implements PendingReply {
  readonly #settings: ExecuteSettings;

  constructor(settings: ExecuteSettings) {
    this.#settings = settings;
  }

  get queue(): RunnerQueue {
    return this.#settings.queue;
  }

  receive(frame: Frame): boolean {
    const { names, emit, resolve } = this.#settings;
    const { emissions, timing } = decodeAnswers(frame, names.outputs);
    if (emissions.length > 0) emit(emissions);
    if (timing === undefined) return false;
    resolve(timing);
    return true;
  }

  fail(error: MillraceError): void {
    this.#settings.reject(error);
  }
}
