import { inspect } from 'node:util';
import { errorData, MillraceError, systemClock, toMillraceError } from '../../core/index.js';
import type { Batch, BatchTiming, Emission } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import type { CallModel } from '../model-calls.js';
import { loadModel, type PlacedSpec } from '../registry.js';
import type { RuntimeContext } from '../runtime-context.js';
import type { BlockingChannel } from './blocking-channel.js';
import type { BodyReader } from './body-reader.js';
import { encodeAnswers } from './emission-frame.js';
import { decodeExecute } from './execute-frame.js';
import { type Frame, FrameKind, PROTOCOL_VERSION } from './frame.js';
import type { SegmentReader } from './frame-segment.js';
import { streamFrames } from './frame-stream.js';
import {
  type Cancel,
  type Diagnostic,
  decodeJsonFrame,
  encodeJsonFrame,
  type Failure,
  type Fatal,
  type Granted,
  type Hello,
} from './json-frame.js';
import { OutgoingCalls } from './outgoing-calls.js';
import { type ServedBatch, ServedModel } from './served-model.js';
import { StatisticsReporter } from './statistics-reporter.js';

/**
 * The main loop of a runner process. At first it waits in the pipe, takes frames one by one, in order, and answers each
 * before it reads the next. From the first model on that needs the event loop it handles frames as they come, while
 * batches run. Ends when the server closes its end or is gone, and closes the models that it still holds before.
 */
export class RunnerLoop {
  readonly #channel: BlockingChannel;
  readonly #segment: SegmentReader;
  readonly #bodies: BodyReader;
  readonly #models = new Map<number, ServedModel>();
  readonly #context: RuntimeContext;
  readonly #calls: OutgoingCalls;
  #eventLoop = false;
  #isToEnd = false;

  constructor(channel: BlockingChannel, segment: SegmentReader, bodies: BodyReader) {
    this.#channel = channel;
    this.#segment = segment;
    this.#bodies = bodies;
    this.#calls = new OutgoingCalls((pieces) => channel.write(pieces));
    this.#context = {
      clock: systemClock,
      isolated: true,
      callModel: () => {
        throw new MillraceError('failed_precondition', 'another model can be called only while a request is executed');
      },
      report: (level, message) => this.#send(FrameKind.diagnostic, { level, message } satisfies Diagnostic),
    };
  }

  /** Gives `server gone` where the server has closed its end without a word. */
  async run(): Promise<'asked to end' | 'server gone'> {
    this.#send(FrameKind.hello, { protocol: PROTOCOL_VERSION, pid: process.pid } satisfies Hello);
    await this.#handleFrames();
    await Promise.allSettled([...this.#models.values()].map(({ model }) => model.close()));
    return this.#isToEnd ? 'asked to end' : 'server gone';
  }

  async #handleFrames(): Promise<void> {
    while (!this.#eventLoop) {
      const received = this.#channel.read();
      if (received === undefined) return;
      const frame = received.kind === FrameKind.stored ? this.#segment.read(received) : received;
      if (frame.kind === FrameKind.execute) await this.#executeNow(frame);
      else await this.#control(frame);
    }
    const { readFd } = this.#channel;
    await streamFrames({ fd: readFd, rest: this.#channel.takeRest(), onFrame: (frame) => this.#onFrame(frame) });
  }

  /** Something was thrown that belongs to no batch: nobody knows what still works, so the process ends. */
  die(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): never {
    const kind = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception';
    const what = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
    const message = `${kind}: ${error instanceof Error ? (error.stack ?? what) : what}`;
    this.#send(FrameKind.diagnostic, { level: 'error', message } satisfies Diagnostic);
    this.#send(FrameKind.fatal, { reason: `${kind}: ${what}` } satisfies Fatal);
    process.exit(1);
  }

  /** A frame, while batches may be running. */
  #onFrame(received: Frame): void {
    const frame = received.kind === FrameKind.stored ? this.#segment.take(received) : received;
    if (frame.kind === FrameKind.execute) this.#accept(frame);
    else if (frame.kind === FrameKind.callAnswer || frame.kind === FrameKind.callEnd) this.#calls.receive(frame);
    else void this.#control(frame);
  }

  #accept(frame: Frame): void {
    try {
      const served = this.#served(frame.modelKey);
      served.arrived({ frame, batch: decodeExecute(frame, served.names, this.#bodies.memory), cancelled: [] });
      this.#pump(served);
    } catch (error) {
      this.#fail(frame, error);
    }
  }

  /** Begins as many of the model's batches as may run. */
  #pump(served: ServedModel): void {
    for (let next = served.next(); next !== undefined; next = served.next()) void this.#executeSoon(served, next);
  }

  async #executeSoon(served: ServedModel, { frame, batch, cancelled }: ServedBatch): Promise<void> {
    try {
      const running = this.#run(frame, served, batch);
      for (const callId of cancelled) served.cancel(callId);
      await running;
    } catch (error) {
      this.#fail(frame, error);
    } finally {
      served.ended();
      this.#pump(served);
    }
  }

  async #executeNow(frame: Frame): Promise<void> {
    try {
      const served = this.#served(frame.modelKey);
      await this.#run(frame, served, decodeExecute(frame, served.names, this.#bodies.memory));
    } catch (error) {
      this.#fail(frame, error);
    }
  }

  async #run(address: Frame, served: ServedModel, batch: Batch): Promise<void> {
    const { statistics } = served;
    if (statistics === undefined) {
      this.#channel.write(await this.#execute(address, served, batch));
      return;
    }
    let last: readonly Uint8Array[] = [];
    statistics.begin();
    try {
      last = await this.#execute(address, served, batch);
    } finally {
      this.#channel.write([...last, ...statistics.end()]);
    }
  }

  /** Runs a batch, sends what has to go at once, and returns the frame that ends it. */
  async #execute(address: Frame, served: ServedModel, batch: Batch): Promise<readonly Uint8Array[]> {
    const { model, names, credit } = served;
    let held: readonly Emission[] = [];
    let timing: BatchTiming;
    if (credit === undefined) {
      // One answer for each item: they leave together with the end of the batch, in one frame.
      timing = await model.execute(batch, (emissions) => {
        held = held.length === 0 ? emissions : [...held, ...emissions];
        return undefined;
      });
    } else {
      credit.open(batch.items);
      try {
        timing = await model.execute(batch, (emissions) => {
          this.#channel.write(encodeAnswers(address, { emissions, timing: undefined }, names.outputs));
          return credit.spend(emissions);
        });
      } finally {
        credit.close(batch.items);
      }
    }
    return encodeAnswers(address, { emissions: held, timing }, names.outputs);
  }

  async #control(frame: Frame): Promise<void> {
    try {
      switch (frame.kind) {
        case FrameKind.load:
          await this.#load(frame);
          return;
        case FrameKind.close:
          await this.#close(frame);
          return;
        case FrameKind.cancel:
          this.#models.get(frame.modelKey)?.cancel(decodeJsonFrame<Cancel>(frame).callId);
          return;
        case FrameKind.grant: {
          const { callId, answers } = decodeJsonFrame<Granted>(frame);
          this.#models.get(frame.modelKey)?.credit?.grant(callId, answers);
          return;
        }
        case FrameKind.end:
          this.#isToEnd = true;
          return;
        default:
          throw new MillraceError('internal', `malformed frame: kind ${frame.kind} is not for a runner`);
      }
    } catch (error) {
      this.#fail(frame, error);
    }
  }

  async #load(frame: Frame): Promise<void> {
    const spec = decodeJsonFrame<PlacedSpec>(frame);
    const calls = this.#calls.of(frame.modelKey);
    const callModel: CallModel = (callId, request) =>
      // Where the thread waits in the pipe for the next batch, no answer would come through.
      (this.#eventLoop ? calls : this.#context.callModel)(callId, request);
    const model = await loadModel(spec, { ...this.#context, callModel });
    const { description } = model;
    const { modelKey } = frame;
    const readsInPlace = description.readsInPlace === true && (await this.#bodies.serves(description.signature));
    const createReporter = (loaded: LoadedModel) =>
      new StatisticsReporter({
        modelKey,
        model: loaded,
        write: (pieces) => this.#channel.write(pieces),
        report: this.#context.report,
      });
    this.#models.set(modelKey, new ServedModel(model, createReporter));
    if (description.needsEventLoop || description.decoupled) this.#eventLoop = true;
    this.#send(FrameKind.loaded, { ...description, readsInPlace } satisfies Description, frame);
  }

  async #close(frame: Frame): Promise<void> {
    const served = this.#served(frame.modelKey);
    this.#models.delete(frame.modelKey);
    served.statistics?.close();
    await served.model.close();
    this.#send(FrameKind.closed, undefined, frame);
  }

  #served(modelKey: number): ServedModel {
    const served = this.#models.get(modelKey);
    if (served === undefined) throw new MillraceError('internal', `malformed frame: no model has the key ${modelKey}`);
    return served;
  }

  #fail(frame: Frame, error: unknown): void {
    const known = toMillraceError(error);
    const { cause } = known;
    const detail = cause instanceof Error ? (cause.stack ?? cause.message) : cause;
    const failure: Failure = { ...errorData(known), ...(detail === undefined ? {} : { detail: String(detail) }) };
    this.#send(FrameKind.failed, failure, frame);
  }

  #send(kind: number, value: unknown, exchange: { readonly modelKey: number; readonly ticket: number } = NO_EXCHANGE) {
    this.#channel.write([encodeJsonFrame({ kind, modelKey: exchange.modelKey, ticket: exchange.ticket }, value)]);
  }
}

const NO_EXCHANGE = { modelKey: 0, ticket: 0 };
