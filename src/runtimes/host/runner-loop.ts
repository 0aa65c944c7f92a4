import { MillraceError, systemClock, toMillraceError } from '../../core/index.js';
import type { Batch, Emission, LoadedModel, LoadSpec } from '../contract.js';
import { createRuntime } from '../registry.js';
import type { RuntimeContext } from '../runtime-context.js';
import type { BlockingChannel } from './blocking-channel.js';
import { encodeAnswers } from './emission-frame.js';
import { decodeExecute, type ModelNames } from './execute-frame.js';
import { type Frame, FrameKind, PROTOCOL_VERSION } from './frame.js';
import {
  type Cancel,
  type Diagnostic,
  decodeJsonFrame,
  encodeJsonFrame,
  type Failure,
  type Hello,
} from './json-frame.js';
import { NameTable } from './name-table.js';

interface ServedModel {
  readonly model: LoadedModel;
  readonly names: ModelNames;
}

/**
 * The main loop of a runner process: takes frames one by one, in order, and answers each before it reads the next.
 * Ends when the server closes its end or is gone.
 */
export class RunnerLoop {
  readonly #channel: BlockingChannel;
  readonly #models = new Map<number, ServedModel>();
  readonly #context: RuntimeContext;

  constructor(channel: BlockingChannel) {
    this.#channel = channel;
    this.#context = {
      clock: systemClock,
      isolated: true,
      callModel: () => {
        throw new MillraceError('unimplemented', 'a runner cannot call other models yet');
      },
      report: (level, message) => this.#send(FrameKind.diagnostic, { level, message } satisfies Diagnostic),
    };
  }

  async run(): Promise<void> {
    this.#send(FrameKind.hello, { protocol: PROTOCOL_VERSION, pid: process.pid } satisfies Hello);
    for (let frame = this.#channel.read(); frame !== undefined; frame = this.#channel.read()) {
      if (frame.kind === FrameKind.execute) await this.#execute(frame);
      else await this.#control(frame);
    }
  }

  async #execute(frame: Frame): Promise<void> {
    try {
      const served = this.#served(frame.modelKey);
      const batch = decodeExecute(frame, served.names);
      await this.#run(frame, served, batch);
    } catch (error) {
      this.#fail(frame, error);
    }
  }

  async #run(exchange: Frame, served: ServedModel, batch: Batch): Promise<void> {
    const { model, names } = served;
    let held: readonly Emission[] = [];
    const timing = await model.execute(batch, (emissions) => {
      if (model.description.decoupled) {
        this.#channel.write(encodeAnswers(exchange, { emissions, timing: undefined }, names.outputs));
      } else {
        // One answer for each item: they leave together with the end of the batch, in one frame.
        held = held.length === 0 ? emissions : [...held, ...emissions];
      }
    });
    this.#channel.write(encodeAnswers(exchange, { emissions: held, timing }, names.outputs));
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
          this.#models.get(frame.modelKey)?.model.cancel(decodeJsonFrame<Cancel>(frame).callId);
          return;
        default:
          throw new MillraceError('internal', `malformed frame: kind ${frame.kind} is not for a runner`);
      }
    } catch (error) {
      this.#fail(frame, error);
    }
  }

  async #load(frame: Frame): Promise<void> {
    const spec = decodeJsonFrame<LoadSpec>(frame);
    const runtime = await createRuntime(spec.runtime, this.#context);
    const model = await runtime.load(spec);
    const { inputs, outputs } = model.description.signature;
    const names = { inputs: new NameTable(inputs), outputs: new NameTable(outputs) };
    this.#models.set(frame.modelKey, { model, names });
    this.#send(FrameKind.loaded, model.description, frame);
  }

  async #close(frame: Frame): Promise<void> {
    const served = this.#served(frame.modelKey);
    this.#models.delete(frame.modelKey);
    await served.model.close();
    this.#send(FrameKind.closed, undefined, frame);
  }

  #served(modelKey: number): ServedModel {
    const served = this.#models.get(modelKey);
    if (served === undefined) throw new MillraceError('internal', `malformed frame: no model has the key ${modelKey}`);
    return served;
  }

  #fail(frame: Frame, error: unknown): void {
    const { code, message, cause } = toMillraceError(error);
    const detail = cause instanceof Error ? (cause.stack ?? cause.message) : cause;
    const failure: Failure = { code, message, ...(detail === undefined ? {} : { detail: String(detail) }) };
    this.#send(FrameKind.failed, failure, frame);
  }

  #send(kind: number, value: unknown, exchange: { readonly modelKey: number; readonly ticket: number } = NO_EXCHANGE) {
    this.#channel.write([encodeJsonFrame({ kind, modelKey: exchange.modelKey, ticket: exchange.ticket }, value)]);
  }
}

const NO_EXCHANGE = { modelKey: 0, ticket: 0 };
