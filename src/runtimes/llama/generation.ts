import {
  type FinishReason,
  type MillraceError,
  type Parameters,
  type ParameterValue,
  toMillraceError,
  type Usage,
} from '../../core/index.js';
import type { BatchItem, Emission, Emit } from '../contract.js';
import type { LlamaContext } from './library/context.js';
import type { Weights } from './library/weights.js';
import { logSumExp, topTokens } from './sampling/logprobs.js';
import type { GenerationOptions } from './sampling/options.js';
import { PromptReader } from './sampling/prompt-reader.js';
import type { Sampler } from './sampling/sampler.js';
import { describeToken, type TokenReport } from './sampling/token-report.js';
import type { Task } from './schedule/step-loop.js';
import { TextAssembler } from './text/text-assembler.js';
import { textTensor } from './text/text-tensor.js';

export interface GenerationSetup {
  readonly item: BatchItem;
  readonly emit: Emit;
  readonly prompt: Int32Array;
  /** What the prompt was made of, where that is told. */
  readonly text: string;
  readonly salt: string;
  readonly options: GenerationOptions;
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  readonly sampler: Sampler;
  readonly weights: Weights;
  readonly context: LlamaContext;
  /** The reader of its answers has room again. */
  readonly onRoom: () => void;
}

/** One request in the step loop: from its tokens to its answers. */
export class Generation implements Task {
  readonly prompt: Int32Array;
  readonly salt: string;
  cancelled = false;
  full: Promise<void> | undefined;
  /** Resolves after the final answer. */
  readonly ended: Promise<void>;
  readonly #setup: GenerationSetup;
  readonly #assembler: TextAssembler;
  /** undefined = nobody asks for the probabilities of the prompt. */
  readonly #reader: PromptReader | undefined;
  #promptReports: readonly TokenReport[] = [];
  /** Of tokens whose text is still held back. */
  #reports: TokenReport[] = [];
  /** Tokens of the answer that are still to be told. */
  #tokens: number[] = [];
  /** Goes before the first piece. */
  #prefix: string;
  #hasToldPrompt = false;
  /** What has been passed on of a text that is checked at its end. */
  #whole = '';
  #cachedTokens = 0;
  #completionTokens = 0;
  #resolve: () => void = () => undefined;

  constructor(setup: GenerationSetup) {
    this.#setup = setup;
    this.prompt = setup.prompt;
    this.salt = setup.salt;
    this.#assembler = new TextAssembler(setup.options.stop);
    const { options, text, weights } = setup;
    this.#prefix = options.echo ? text : '';
    if (options.promptLogprobs !== undefined) {
      this.#reader = new PromptReader({ tokens: this.prompt, text, count: options.promptLogprobs, weights });
    }
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  begin(cachedTokens: number): void {
    this.#cachedTokens = cachedTokens;
  }

  get readsPrompt(): boolean {
    return this.#reader !== undefined;
  }

  readPrompt(from: number, indices: readonly number[]): void {
    const { context } = this.#setup;
    this.#promptReports =
      this.#reader?.read(
        from,
        indices.map((index) => context.logits(index)),
      ) ?? [];
    if (this.#promptReports.length > 0) this.#emit({ outputs: [textTensor(this.#withPrefix(''))], final: false });
  }

  next(index: number): number | undefined {
    const { context, sampler, weights, options, maxTokens } = this.#setup;
    if (maxTokens === 0) return this.#finish('length');
    const logits = context.logits(index);
    // Before the logits are changed: probabilities are the model's own.
    const report = options.logprobs === undefined ? undefined : this.#prepareReport(logits, options.logprobs);
    const token = sampler.choose(context, index, logits);
    this.#completionTokens++;
    if (options.returnTokenIds) this.#tokens.push(token);
    if (weights.endsGeneration(token) && !options.ignoreEos) return this.#finish('stop');
    sampler.accept(token);
    const bytes = weights.pieceOf(token, options.ignoreEos);
    if (report !== undefined) this.#reports.push(report(token));
    const { text, stop } = this.#assembler.push(bytes);
    if (stop !== undefined) return this.#finish('stop', text);
    if (this.#completionTokens >= maxTokens) return this.#finish('length', text);
    if (options.output !== undefined) this.#whole += text;
    if (text !== '') this.#emit({ outputs: [textTensor(this.#withPrefix(text))], final: false });
    return token;
  }

  fail(error: MillraceError): void {
    const { code, message } = error;
    this.#emit({ outputs: [], error: { code, message }, final: true });
    this.#end();
  }

  #finish(finishReason: FinishReason, before = ''): undefined {
    // A stop string ends the text, whatever is held back behind it.
    const text = before + this.#assembler.end().text;
    const { output } = this.#setup.options;
    if (output === undefined || finishReason !== 'stop') this.#conclude(finishReason, text);
    else {
      output.check(this.#whole + text).then(
        () => this.#conclude(finishReason, text),
        (error: unknown) => this.fail(toMillraceError(error)),
      );
    }
  }

  #conclude(finishReason: FinishReason, text: string): void {
    this.#emit({ outputs: [textTensor(this.#withPrefix(text))], finishReason, final: true });
    this.#end();
  }

  #end(): void {
    this.#setup.sampler.free();
    this.#resolve();
  }

  #emit(emission: Omit<Emission, 'callId' | 'usage' | 'parameters'>): void {
    const { item, emit, onRoom } = this.#setup;
    const room = emit([{ callId: item.callId, usage: this.#usage, ...this.#takeParameters(), ...emission }]);
    const full = room?.[0];
    if (full === undefined || emission.final) return;
    this.full = full.then(() => {
      this.full = undefined;
      onRoom();
    });
  }

  /** What is told beside the text since the last time. */
  #takeParameters(): { readonly parameters?: Parameters } {
    const logprobs = this.#reports;
    const tokens = this.#tokens;
    const prompt = this.#promptReports;
    if (logprobs.length === 0 && tokens.length === 0 && prompt.length === 0) return {};
    this.#promptReports = [];
    this.#reports = [];
    this.#tokens = [];
    const told: Record<string, ParameterValue> = {};
    // Plain data of numbers and texts.
    if (prompt.length > 0) told.prompt_logprobs = prompt as unknown as ParameterValue;
    if (logprobs.length > 0) told.logprobs = logprobs as unknown as ParameterValue;
    if (tokens.length > 0) {
      told.token_ids = tokens;
      if (!this.#hasToldPrompt) told.prompt_token_ids = Array.from(this.prompt);
      this.#hasToldPrompt = true;
    }
    return { parameters: told };
  }

  #withPrefix(text: string): string {
    const whole = this.#prefix + text;
    this.#prefix = '';
    return whole;
  }

  get #usage(): Usage {
    return {
      promptTokens: this.prompt.length,
      cachedTokens: this.#cachedTokens,
      completionTokens: this.#completionTokens,
    };
  }

  #prepareReport(logits: Float32Array, count: number): (token: number) => TokenReport {
    const { weights } = this.#setup;
    const sum = logSumExp(logits);
    const top = topTokens(logits, count).map((token) => describeToken(weights, token, (logits[token] as number) - sum));
    // The one that is chosen is known later, when its logit is another one.
    const before = logits.slice();
    return (token) => ({ ...describeToken(weights, token, (before[token] as number) - sum), top_logprobs: top });
  }
}

/** Refused before it runs: an answer that is an error. */
export function refusal({ callId }: BatchItem, error: MillraceError): Emission {
  const { code, message, reason } = error;
  return { callId, outputs: [], error: { code, message, ...(reason === undefined ? {} : { reason }) }, final: true };
}
