import { deserialize } from 'node:v8';
import type { SamplingDefaults } from '../../core/index.js';
import { withSampling } from '../../generation/index.js';
import { type Batch, type BatchItem, type BatchTiming, type Emission, type Emit, failedItem } from '../batch.js';
import type { LoadedModel } from '../contract.js';
import type { Description } from '../description.js';
import type { RuntimeContext } from '../runtime-context.js';
import { AnswerReader } from './answer/answer-reader.js';
import { OBJECT } from './answer/formats/format.js';
import { Generation } from './generation.js';
import { SchemaChecks } from './grammar/schema-checks.js';
import type { LlamaContext } from './library/context.js';
import type { Library } from './library/open.js';
import type { Weights } from './library/weights.js';
import type { LlamaOptions } from './options.js';
import type { MadePrompt } from './prepare/job.js';
import { Grammar } from './sampling/grammar.js';
import { type GenerationOptions, generationOptions } from './sampling/options.js';
import { Sampler } from './sampling/sampler.js';
import { StepLoop } from './schedule/step-loop.js';
import type { ChatFormats } from './template/answer-markers.js';

export interface LlamaModelSetup {
  readonly library: Library;
  readonly weights: Weights;
  readonly context: LlamaContext;
  readonly options: LlamaOptions;
  /** undefined = it takes no conversations. */
  readonly chat: ChatFormats | undefined;
  /** Values of parameters that requests leave out. */
  readonly sampling: SamplingDefaults;
  readonly description: Description;
  readonly runtime: RuntimeContext;
}

/** A language model. Each batch is one request; those that run at a time share evaluations. */
export class LlamaModel implements LoadedModel {
  readonly description: Description;
  readonly #setup: LlamaModelSetup;
  readonly #loop: StepLoop;
  readonly #checks: SchemaChecks;
  readonly #running = new Map<number, Generation>();

  constructor(setup: LlamaModelSetup) {
    const { context, options, description } = setup;
    this.#setup = setup;
    this.#checks = new SchemaChecks(setup.runtime.clock);
    this.description = description;
    const { prefillTokens, deterministic, sharePrefixes } = options;
    this.#loop = new StepLoop(context, {
      prefillTokens,
      reuse: !deterministic && sharePrefixes !== 'none',
      alone: deterministic,
      threadMs: setup.library.threadMs,
    });
  }

  async execute({ items }: Batch, emit: Emit): Promise<BatchTiming> {
    const { clock } = this.#setup.runtime;
    const startedAt = clock.now();
    await Promise.all(items.map((item) => this.#answer(item, emit)));
    return { computeInputMs: 0, computeInferMs: clock.now() - startedAt, computeOutputMs: 0 };
  }

  cancel(callId: number): void {
    const generation = this.#running.get(callId);
    if (generation === undefined) return;
    generation.cancelled = true;
    this.#loop.notify();
  }

  statistics(): Readonly<Record<string, number>> {
    const { steps, evaluatedTokens, reusedTokens } = this.#loop.totals;
    const { mismatches, skipped } = this.#checks.totals;
    return {
      slots_busy: this.#loop.slots.busy,
      requests_waiting: this.#loop.waitingTasks,
      kv_cache_used_tokens: this.#loop.slots.heldTokens,
      kv_cache_active_tokens: this.#loop.slots.activeTokens,
      kv_cache_size_tokens: this.#setup.context.cacheTokens,
      steps_total: steps,
      evaluated_tokens_total: evaluatedTokens,
      prefix_cache_hit_tokens_total: reusedTokens,
      schema_mismatches_total: mismatches,
      schema_checks_skipped_total: skipped,
    };
  }

  async close(): Promise<void> {
    await this.#checks.close();
    await this.#loop.close();
    this.#setup.context.free();
    this.#setup.weights.free();
  }

  async #answer(item: BatchItem, emit: Emit): Promise<void> {
    try {
      const { generation: request, prepared } = item;
      if (request === undefined || prepared === undefined) throw new TypeError('the item was not prepared');
      const requested = generationOptions(withSampling(request, this.#setup.sampling));
      const prompt: MadePrompt = deserialize(prepared);
      if (requested.maxTokens === 0 && requested.promptLogprobs === undefined) {
        emit([promptOnly(item, prompt, requested)]);
        return;
      }
      const generation = this.#create(item, { ...prompt, requested, emit });
      this.#running.set(item.callId, generation);
      this.#loop.submit(generation);
      await generation.ended;
    } catch (error) {
      emit([failedItem(item, error)]);
    } finally {
      this.#running.delete(item.callId);
    }
  }

  #create(
    item: BatchItem,
    { tokens: prompt, text, conversation: read, grammar, requested, emit }: Accepted,
  ): Generation {
    const { library, weights, context, options, chat: formats } = this.#setup;
    const chat = read?.use === undefined ? formats?.plain : formats?.withTools;
    const conversation = read && chat && { ...read, format: chat.answers };
    return new Generation({
      library,
      item,
      emit,
      prompt,
      text,
      reader: conversation && new AnswerReader(conversation),
      markers: chat?.markers,
      callSyntax: conversation?.format.calls.syntax ?? OBJECT,
      tools: conversation?.use?.tools ?? [],
      isConstrained: grammar !== undefined,
      checks: this.#checks,
      salt: JSON.stringify([options.sharePrefixes === 'all' ? '' : item.context?.ownerId, requested.cacheSalt]),
      options: requested,
      maxTokens: Math.min(requested.maxTokens ?? options.maxOutputTokens, context.contextTokens - prompt.length),
      sampler: new Sampler(library, requested, {
        prompt,
        vocabularySize: weights.vocabularySize,
        pieceOf: (token) => weights.pieceOf(token, true),
        endTokens: requested.minTokens === 0 ? [] : [...weights.endTokens, ...requested.stopTokenIds],
        grammar:
          grammar === undefined
            ? undefined
            : new Grammar(library, weights, { text: grammar, shown: conversation && chat?.markers }),
      }),
      weights,
      context,
      onRoom: () => this.#loop.notify(),
    });
  }
}

/** A request that is to be generated for. */
interface Accepted extends MadePrompt {
  readonly requested: GenerationOptions;
  readonly emit: Emit;
}

/** What is told of a prompt for which nothing is generated. */
function promptOnly(
  { callId }: BatchItem,
  { tokens, text }: MadePrompt,
  { returnTokenIds, echo }: GenerationOptions,
): Emission {
  return {
    callId,
    outputs: [],
    delta: { text: echo ? text : '', ...(returnTokenIds ? { promptTokenIds: Array.from(tokens) } : {}) },
    usage: { promptTokens: tokens.length, completionTokens: 0, onlyRead: true },
    finishReason: 'length',
    final: true,
  };
}
