import { errorData, errorOf, MillraceError } from '../../core/index.js';
import { Answer, type AnyModelDefinition, type BatchContext, type ModelContext } from '../../model/index.js';
import { type Batch, type BatchItem, type BatchTiming, type Emission, type Emit, failedItem } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import type { RuntimeContext } from '../runtime-context.js';
import { createBatchContext, ItemContext } from './contexts.js';
import { OutputEncoder } from './encode-outputs.js';
import { explainThrown } from './explain.js';
import { ScriptRequest } from './request.js';
import { Sequences } from './sequences.js';

type Single = Extract<AnyModelDefinition, { readonly decoupled?: boolean; readonly batched?: false }>;
type Batched = Extract<AnyModelDefinition, { readonly batched: true }>;

export interface ScriptModelSetup {
  readonly definition: AnyModelDefinition;
  readonly description: Description;
  /** With what `load` returned. */
  readonly model: ModelContext;
  readonly context: RuntimeContext;
}

/** An item on its way through the script. `result` is what it gave, or threw. */
interface Work {
  readonly item: BatchItem;
  readonly request: ScriptRequest | undefined;
  result: unknown;
  failed: boolean;
}

/** A model in TypeScript. What goes wrong with one item stays with it; an `infer` of batches may fail as a whole. */
export class ScriptModel implements LoadedModel {
  readonly description: Description;
  readonly #setup: ScriptModelSetup;
  readonly #batchContext: BatchContext;
  readonly #encoder: OutputEncoder;
  readonly #sequences: Sequences;
  /** Requests that wait for something, and may be cancelled meanwhile. */
  readonly #waiting = new Map<number, ScriptRequest>();

  constructor(setup: ScriptModelSetup) {
    const { definition, description, model, context } = setup;
    this.#setup = setup;
    this.description = description;
    this.#batchContext = createBatchContext(model, context.callModel);
    this.#encoder = new OutputEncoder(description.signature.outputs);
    this.#sequences = new Sequences((sequence) => definition.start?.(sequence, model) ?? {});
  }

  async execute(batch: Batch, emit: Emit): Promise<BatchTiming> {
    const { clock } = this.#setup.context;
    const { definition } = this.#setup;
    const startedAt = clock.now();
    const works = batch.items.map((item) => this.#begin(item, batch.outputs));
    const begunAt = clock.now();
    if (this.description.decoupled) {
      await Promise.all(works.map((work) => this.#stream(definition as Single, work, { batch, emit })));
      return { computeInputMs: begunAt - startedAt, computeInferMs: clock.now() - begunAt, computeOutputMs: 0 };
    }
    if (definition.batched === true) await this.#inferBatch(definition, works);
    else await this.#inferEach(definition as Single, works);
    const inferredAt = clock.now();
    emit(works.map((work) => this.#finish(work, batch.outputs)));
    return {
      computeInputMs: begunAt - startedAt,
      computeInferMs: inferredAt - begunAt,
      computeOutputMs: clock.now() - inferredAt,
    };
  }

  cancel(callId: number): void {
    this.#waiting.get(callId)?.cancel();
  }

  /** What the script's own `close` throws is logged: nobody is left to tell. */
  async close(): Promise<void> {
    const { definition, model, context } = this.#setup;
    try {
      await definition.close?.(model);
    } catch (error) {
      const thrown = explainThrown(error, this.#setup.model.name);
      context.report('error', `close failed: ${thrown.stack ?? thrown.error.message}`);
    }
  }

  #begin(item: BatchItem, wanted: readonly string[] | undefined): Work {
    try {
      const sequence = this.description.stateful ? this.#sequences.enter(item.sequence) : NO_SEQUENCE;
      return { item, request: new ScriptRequest(item, wanted, sequence), result: undefined, failed: false };
    } catch (error) {
      return { item, request: undefined, result: error, failed: true };
    }
  }

  /** One after the other; those that have to wait do so together. */
  async #inferEach(definition: Single, works: readonly Work[]): Promise<void> {
    let waiting: Promise<void>[] | undefined;
    for (const work of works) {
      const { request } = work;
      if (request === undefined) continue;
      try {
        work.result = definition.infer(request, this.#contextOf(work.item));
        if (!isPromise(work.result)) continue;
        waiting ??= [];
        waiting.push(this.#settle(work, request, work.result));
      } catch (error) {
        fail(work, error);
      }
    }
    if (waiting !== undefined) await Promise.all(waiting);
  }

  async #settle(work: Work, request: ScriptRequest, promise: PromiseLike<unknown>): Promise<void> {
    this.#waiting.set(request.callId, request);
    try {
      work.result = await promise;
    } catch (error) {
      fail(work, error);
    } finally {
      this.#waiting.delete(request.callId);
    }
  }

  async #inferBatch({ infer }: Batched, works: readonly Work[]): Promise<void> {
    const given = works.flatMap((work) => (work.request === undefined ? [] : [{ work, request: work.request }]));
    if (given.length === 0) return;
    for (const { request } of given) this.#waiting.set(request.callId, request);
    try {
      const results = await infer(
        given.map(({ request }) => request),
        this.#batchContext,
      );
      if (!Array.isArray(results) || results.length !== given.length) {
        const got = Array.isArray(results) ? `${results.length}` : 'no list';
        throw new MillraceError(
          'internal',
          `the model's answer is wrong: ${given.length} answers expected, got ${got}`,
        );
      }
      for (const [index, { work }] of given.entries()) {
        if (results[index] instanceof Error) fail(work, results[index]);
        else work.result = results[index];
      }
    } catch (error) {
      // As a whole: where the model is pure, its requests are run again one by one.
      const thrown = explainThrown(error, this.#setup.model.name);
      throw errorOf(errorData(thrown.error), thrown.stack);
    } finally {
      for (const { request } of given) this.#waiting.delete(request.callId);
    }
  }

  async #stream(definition: Single, work: Work, { batch, emit }: Outlet): Promise<void> {
    const { item, request } = work;
    const { callId } = item;
    if (request === undefined) {
      emit([this.#failure(work)]);
      return;
    }
    this.#waiting.set(callId, request);
    try {
      const answers = await definition.infer(request, this.#contextOf(item));
      for await (const result of isIterable(answers) ? answers : [answers]) {
        if (request.cancelled !== undefined) break;
        const emission =
          result instanceof Error ? this.#failure({ ...work, result }) : this.#answer(item, result, batch.outputs);
        await emit([{ ...emission, final: false }])?.[0];
        if (request.cancelled !== undefined) break;
      }
    } catch (error) {
      fail(work, error);
    } finally {
      this.#waiting.delete(callId);
    }
    if (request.cancelled !== undefined) fail(work, request.cancelled);
    emit([work.failed ? this.#failure(work) : { callId, outputs: [], final: true }]);
  }

  #contextOf(item: BatchItem): ItemContext {
    return new ItemContext(this.#setup.model, this.#setup.context.callModel, item.callId);
  }

  #finish(work: Work, wanted: readonly string[] | undefined): Emission {
    if (work.request?.cancelled !== undefined) fail(work, work.request.cancelled);
    if (work.failed) return this.#failure(work);
    try {
      return this.#answer(work.item, work.result, wanted);
    } catch (error) {
      fail(work, error);
      return this.#failure(work);
    }
  }

  #answer(item: BatchItem, result: unknown, wanted: readonly string[] | undefined): Emission {
    if (result instanceof Answer) {
      const outputs = this.#encoder.encode(result.outputs, item.rows, wanted);
      return { callId: item.callId, outputs, parameters: result.parameters, final: true };
    }
    return { callId: item.callId, outputs: this.#encoder.encode(result, item.rows, wanted), final: true };
  }

  /** The caller gets code and message; the log the stack of what is nobody's answer. */
  #failure({ item, request, result }: Work): Emission {
    const { error, stack } = explainThrown(result, this.#setup.model.name);
    if (stack !== undefined) {
      const where = request === undefined || request.requestId === '' ? '' : ` (request ${request.requestId})`;
      this.#setup.context.report('error', `infer failed${where}: ${stack}`);
    }
    return failedItem(item, error);
  }
}

interface Outlet {
  readonly batch: Batch;
  readonly emit: Emit;
}

/** What models without state have in its place; frozen, so that nobody keeps state by accident. */
const NO_SEQUENCE = Object.freeze({ id: '', start: false, end: false, state: undefined });

function fail(work: Work, error: unknown): void {
  work.result = error;
  work.failed = true;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
