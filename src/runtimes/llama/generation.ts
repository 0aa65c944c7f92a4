import { type FinishReason, type MillraceError, toMillraceError, type Usage } from '../../core/index.js';
import { type BatchItem, type Emission, type Emit, failedItem } from '../batch.js';
import type { AnswerPiece } from './answer/answer-piece.js';
import type { AnswerReader } from './answer/answer-reader.js';
import { PendingDelta } from './answer/pending-delta.js';
import { AnswerCheck } from './grammar/answer-check.js';
import type { SchemaChecks } from './grammar/schema-checks.js';
import { structuredOutput } from './grammar/structured-output.js';
import type { LlamaContext } from './library/context.js';
import { ArgumentConstraint, type ConstraintSetup } from './sampling/argument-constraint.js';
import { LogprobReports } from './sampling/logprob-reports.js';
import type { GenerationOptions } from './sampling/options.js';
import type { Task } from './schedule/slot.js';
import { TextAssembler } from './text/text-assembler.js';

export interface GenerationSetup extends ConstraintSetup {
  readonly item: BatchItem;
  readonly emit: Emit;
  readonly prompt: Int32Array;
  /** The prompt's text; '' where no answer contains it. */
  readonly text: string;
  readonly salt: string;
  readonly options: GenerationOptions;
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  /** undefined = the text is passed on as it is. */
  readonly reader: AnswerReader | undefined;
  readonly checks: SchemaChecks;
  readonly context: LlamaContext;
  /** The reader of its answers has room again. */
  readonly onRoom: () => void;
}

const NO_CALLS: AnswerPiece['calls'] = [];

/** One request in the step loop: from its tokens to its answers. */
export class Generation implements Task {
  cancelled = false;
  full: Promise<void> | undefined;
  /** Resolves after the final answer. */
  readonly ended: Promise<void>;
  readonly #setup: GenerationSetup;
  readonly #assembler: TextAssembler;
  readonly #logprobs: LogprobReports;
  readonly #delta: PendingDelta;
  readonly #check: AnswerCheck;
  readonly #constraint: ArgumentConstraint;
  readonly #tokens = { cached: 0, completion: 0, reasoning: 0 };
  #resolve: () => void = () => undefined;

  constructor(setup: GenerationSetup) {
    this.#setup = setup;
    const { options, text, tools, checks, prompt } = setup;
    this.#assembler = new TextAssembler(options.stop);
    this.#logprobs = new LogprobReports(options, setup);
    this.#delta = new PendingDelta({ tokens: prompt, echo: options.echo ? text : '' }, this.#logprobs);
    this.#check = new AnswerCheck(structuredOutput(options.responseFormat), tools, checks);
    this.#constraint = new ArgumentConstraint(setup);
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get prompt(): Int32Array {
    return this.#setup.prompt;
  }

  get maxTokens(): number {
    return this.#setup.maxTokens;
  }

  get salt(): string {
    return this.#setup.salt;
  }

  begin(cachedTokens: number): void {
    this.#tokens.cached = cachedTokens;
  }

  get readsPrompt(): boolean {
    return this.#logprobs.readsPrompt;
  }

  readPrompt(from: number, indices: readonly number[]): void {
    const { context } = this.#setup;
    this.#logprobs.readPrompt(
      from,
      indices.map((index) => context.logits(index)),
    );
    if (!this.#logprobs.isEmpty) this.#emit({ delta: this.#delta.take(), final: false });
  }

  next(index: number, untilMs: number): number | 'later' | undefined {
    const { context, sampler, maxTokens } = this.#setup;
    if (maxTokens === 0) return this.#finish('length');
    const logits = context.logits(index);
    this.#logprobs.prepare(logits);
    return this.#take(sampler.choose(context, index, { logits, untilMs }));
  }

  resume(untilMs: number): number | 'later' | undefined {
    return this.#take(this.#setup.sampler.resume(untilMs));
  }

  /** A token has been chosen; undefined = it will be later. */
  #take(token: number | undefined): number | 'later' | undefined {
    if (token === undefined) return 'later';
    const { sampler, weights, options, maxTokens, reader, markers } = this.#setup;
    const made = ++this.#tokens.completion;
    if (options.returnTokenIds) this.#delta.noteToken(token);
    if (this.#isEnd(token)) return this.#finish('stop');
    sampler.accept(token);
    if (reader?.isThinking === true) this.#tokens.reasoning++;
    const bytes = weights.pieceOf(token, options.ignoreEos || markers?.has(token));
    this.#logprobs.note(token);
    const { text, stop } = this.#assembler.push(bytes, made <= options.minTokens);
    this.#read(text);
    if (stop !== undefined) return this.#finish('stop', { stop });
    if (reader?.isComplete === true) return this.#finish('stop', 'complete');
    if (made >= maxTokens) return this.#finish('length');
    this.#constraint.follow(reader?.openArguments, this.#assembler.held);
    if (this.#delta.hasText) this.#emit({ delta: this.#delta.take(), final: false });
    return token;
  }

  #isEnd(token: number): boolean {
    const { weights, options } = this.#setup;
    return (weights.endsGeneration(token) && !options.ignoreEos) || options.stopTokenIds.includes(token);
  }

  fail(error: MillraceError): void {
    this.#emit(failedItem(this.#setup.item, error));
    this.#end();
  }

  /** `cutBy`: nothing that is held back belongs to the answer, as a stop string has come, or all calls that are wanted. */
  #finish(finishReason: FinishReason, cutBy?: { readonly stop: string } | 'complete'): undefined {
    const { reader } = this.#setup;
    if (cutBy === undefined) this.#read(this.#assembler.end().text);
    if (reader !== undefined) this.#note(reader.end());
    const hasCalls = reader?.hasCalls === true;
    const reason = finishReason === 'stop' && hasCalls ? 'tool_calls' : finishReason;
    // What has been cut is not whole.
    const stopSequence = typeof cutBy === 'object' ? cutBy.stop : undefined;
    const isWhole = finishReason === 'stop' && stopSequence === undefined;
    const checked = isWhole ? this.#check.run(hasCalls) : undefined;
    if (checked === undefined) this.#conclude(reason, stopSequence);
    else {
      checked.then(
        () => this.#conclude(reason),
        (error: unknown) => this.fail(toMillraceError(error)),
      );
    }
  }

  #conclude(finishReason: FinishReason, stopSequence?: string): void {
    const delta = this.#delta.take();
    this.#emit({ delta: stopSequence === undefined ? delta : { ...delta, stopSequence }, finishReason, final: true });
    this.#end();
  }

  #read(text: string): void {
    const { reader } = this.#setup;
    this.#note(reader === undefined ? { content: text, reasoning: '', calls: NO_CALLS } : reader.push(text));
  }

  #note(piece: AnswerPiece): void {
    this.#delta.note(piece);
    this.#check.note(piece);
  }

  #end(): void {
    this.#setup.sampler.free();
    this.#resolve();
  }

  #emit(emission: Omit<Emission, 'callId' | 'outputs' | 'usage'>): void {
    const { item, emit, onRoom } = this.#setup;
    const room = emit([{ callId: item.callId, outputs: [], usage: this.#usage, ...emission }]);
    const full = room?.[0];
    if (full === undefined || emission.final) return;
    this.full = full.then(() => {
      this.full = undefined;
      onRoom();
    });
  }

  get #usage(): Usage {
    const { cached, completion, reasoning } = this.#tokens;
    return {
      promptTokens: this.prompt.length,
      cachedTokens: cached,
      completionTokens: completion,
      ...(reasoning > 0 ? { reasoningTokens: reasoning } : {}),
    };
  }
}
