import {
  type FinishReason,
  type GenerationDelta,
  type MillraceError,
  type TokenLogprob,
  type ToolCallDelta,
  toMillraceError,
  type Usage,
} from '../../core/index.js';
import type { OfferedTool } from '../../generation/index.js';
import type { BatchItem, Emission, Emit } from '../batch.js';
import { failedItem } from '../failed-item.js';
import type { AnswerPiece } from './answer/answer-piece.js';
import type { AnswerReader } from './answer/answer-reader.js';
import { type CallSyntax, OBJECT } from './answer/formats/format.js';
import { AnswerCheck } from './grammar/answer-check.js';
import { grammarOfArguments } from './grammar/answer-grammar.js';
import type { SchemaChecks } from './grammar/schema-checks.js';
import { structuredOutput } from './grammar/structured-output.js';
import type { LlamaContext } from './library/context.js';
import type { Library } from './library/open.js';
import type { Weights } from './library/weights.js';
import { Grammar } from './sampling/grammar.js';
import { logSumExp, topTokens } from './sampling/logprobs.js';
import type { GenerationOptions } from './sampling/options.js';
import { PromptReader } from './sampling/prompt-reader.js';
import type { Sampler } from './sampling/sampler.js';
import { describeToken } from './sampling/token-report.js';
import type { Task } from './schedule/step-loop.js';
import { TextAssembler } from './text/text-assembler.js';

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
  readonly library: Library;
  /** undefined = the text is passed on as it is. */
  readonly reader: AnswerReader | undefined;
  /** Tokens that are text for the reader, though llama.cpp takes them for control. */
  readonly markers: ReadonlySet<number> | undefined;
  /** How calls are written. */
  readonly callSyntax: CallSyntax;
  /** Those that may be called. */
  readonly tools: readonly OfferedTool[];
  /** The grammar of the sampler is of the whole answer; else arguments of calls are constrained when they begin. */
  readonly isConstrained: boolean;
  readonly checks: SchemaChecks;
  readonly weights: Weights;
  readonly context: LlamaContext;
  /** The reader of its answers has room again. */
  readonly onRoom: () => void;
}

const NOTHING: AnswerPiece = { content: '', reasoning: '', calls: [] };

/** One request in the step loop: from its tokens to its answers. */
export class Generation implements Task {
  readonly prompt: Int32Array;
  readonly maxTokens: number;
  readonly salt: string;
  cancelled = false;
  full: Promise<void> | undefined;
  /** Resolves after the final answer. */
  readonly ended: Promise<void>;
  readonly #setup: GenerationSetup;
  readonly #assembler: TextAssembler;
  /** undefined = nobody asks for the probabilities of the prompt. */
  readonly #promptReader: PromptReader | undefined;
  #promptReports: readonly TokenLogprob[] = [];
  /** Of tokens whose text is still held back. */
  #reports: TokenLogprob[] = [];
  /** Of the token that is chosen next, before it is known; undefined = nobody asks for that. */
  #report: ((token: number) => TokenLogprob) | undefined;
  /** Tokens of the answer that are still to be told. */
  #tokens: number[] = [];
  /** Goes before the first piece. */
  #prefix: string;
  #hasToldPrompt = false;
  /** Of the arguments of tools that were called. */
  readonly #grammars = new Map<string, string | undefined>();
  readonly #check: AnswerCheck;
  /** Of a piece that is not told yet. */
  #text = '';
  #reasoning = '';
  #calls: ToolCallDelta[] = [];
  /** Tool whose arguments are constrained now. */
  #constrained: string | undefined;
  #reasoningTokens = 0;
  #cachedTokens = 0;
  #completionTokens = 0;
  #resolve: () => void = () => undefined;

  constructor(setup: GenerationSetup) {
    this.#setup = setup;
    this.prompt = setup.prompt;
    this.maxTokens = setup.maxTokens;
    this.salt = setup.salt;
    this.#assembler = new TextAssembler(setup.options.stop);
    const { options, text, weights } = setup;
    this.#prefix = options.echo ? text : '';
    if (options.promptLogprobs !== undefined) {
      this.#promptReader = new PromptReader({ tokens: this.prompt, text, count: options.promptLogprobs, weights });
    }
    this.#check = new AnswerCheck(structuredOutput(options.responseFormat), setup.tools, setup.checks);
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  begin(cachedTokens: number): void {
    this.#cachedTokens = cachedTokens;
  }

  get readsPrompt(): boolean {
    return this.#promptReader !== undefined;
  }

  readPrompt(from: number, indices: readonly number[]): void {
    const { context } = this.#setup;
    this.#promptReports =
      this.#promptReader?.read(
        from,
        indices.map((index) => context.logits(index)),
      ) ?? [];
    if (this.#promptReports.length > 0) this.#emit({ delta: this.#takeDelta(''), final: false });
  }

  next(index: number, untilMs: number): number | 'later' | undefined {
    const { context, sampler, options, maxTokens } = this.#setup;
    if (maxTokens === 0) return this.#finish('length');
    const logits = context.logits(index);
    // Before the logits are changed: probabilities are the model's own.
    this.#report = options.logprobs === undefined ? undefined : this.#prepareReport(logits, options.logprobs);
    return this.#take(sampler.choose(context, index, { logits, untilMs }));
  }

  resume(untilMs: number): number | 'later' | undefined {
    return this.#take(this.#setup.sampler.resume(untilMs));
  }

  /** A token has been chosen; undefined = it will be later. */
  #take(token: number | undefined): number | 'later' | undefined {
    if (token === undefined) return 'later';
    const { sampler, weights, options, maxTokens } = this.#setup;
    this.#completionTokens++;
    if (options.returnTokenIds) this.#tokens.push(token);
    if (this.#isEnd(token)) return this.#finish('stop');
    sampler.accept(token);
    if (this.#setup.reader?.isThinking === true) this.#reasoningTokens++;
    const bytes = weights.pieceOf(token, options.ignoreEos || this.#setup.markers?.has(token));
    if (this.#report !== undefined) this.#reports.push(this.#report(token));
    const { text, stop } = this.#assembler.push(bytes, this.#completionTokens <= options.minTokens);
    this.#read(text);
    if (stop !== undefined) return this.#finish('stop', 'stop');
    if (this.#setup.reader?.isComplete === true) return this.#finish('stop', 'complete');
    if (this.#completionTokens >= maxTokens) return this.#finish('length');
    this.#constrain();
    if (this.#text !== '' || this.#reasoning !== '' || this.#calls.length > 0) this.#tell({ final: false });
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
  #finish(finishReason: FinishReason, cutBy?: 'stop' | 'complete'): undefined {
    if (cutBy === undefined) this.#read(this.#assembler.end().text);
    this.#note(this.#setup.reader?.end());
    const hasCalls = this.#setup.reader?.hasCalls === true;
    const reason = finishReason === 'stop' && hasCalls ? 'tool_calls' : finishReason;
    // What has been cut is not whole.
    const isWhole = finishReason === 'stop' && cutBy !== 'stop';
    const checked = isWhole ? this.#check.run(hasCalls) : undefined;
    if (checked === undefined) this.#conclude(reason);
    else {
      checked.then(
        () => this.#conclude(reason),
        (error: unknown) => this.fail(toMillraceError(error)),
      );
    }
  }

  #conclude(finishReason: FinishReason): void {
    this.#tell({ finishReason, final: true });
    this.#end();
  }

  #read(text: string): void {
    const { reader } = this.#setup;
    this.#note(reader === undefined ? { content: text, reasoning: '', calls: [] } : reader.push(text));
  }

  #note(piece: AnswerPiece = NOTHING): void {
    this.#text += piece.content;
    this.#reasoning += piece.reasoning;
    this.#calls.push(...piece.calls);
    this.#check.note(piece);
  }

  /** Applies the tool's grammar while the model writes the arguments of a call. */
  #constrain(): void {
    const { library, sampler, weights, reader, markers: shown, tools, callSyntax, isConstrained } = this.#setup;
    const open = reader?.openArguments;
    if (isConstrained || open?.tool === this.#constrained) return;
    this.#constrained = open?.tool;
    const tool = tools.find(({ name }) => name === open?.tool);
    sampler.constrain(undefined);
    if (open === undefined || tool === undefined) return;
    const text = this.#grammarOf(tool, open.isObject ? OBJECT : callSyntax);
    if (text === undefined) return;
    const begun = weights.tokenize(open.text + this.#assembler.held, { addSpecial: false, parseSpecial: false });
    const grammar = Grammar.following(library, weights, { text, shown, begun });
    if (grammar !== undefined) sampler.constrain(grammar);
  }

  #grammarOf(tool: OfferedTool, syntax: CallSyntax): string | undefined {
    const key = `${syntax.kind} ${tool.name}`;
    if (!this.#grammars.has(key)) this.#grammars.set(key, grammarOfArguments(tool, syntax));
    return this.#grammars.get(key);
  }

  #end(): void {
    this.#setup.sampler.free();
    this.#resolve();
  }

  #tell(end: Pick<Emission, 'final' | 'finishReason'>): void {
    const text = this.#text;
    this.#text = '';
    this.#emit({ delta: this.#takeDelta(text), ...end });
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

  /** `text`, with the tokens, log probabilities, reasoning and calls since the last piece. */
  #takeDelta(text: string): GenerationDelta {
    const logprobs = this.#reports;
    const tokenIds = this.#tokens;
    const promptLogprobs = this.#promptReports;
    const reasoning = this.#reasoning;
    const toolCalls = this.#calls;
    const delta = { text: this.#prefix + text };
    this.#prefix = '';
    if (logprobs.length + tokenIds.length + promptLogprobs.length + toolCalls.length === 0 && reasoning === '')
      return delta;
    this.#promptReports = [];
    this.#reports = [];
    this.#tokens = [];
    this.#reasoning = '';
    this.#calls = [];
    const tellsPrompt = tokenIds.length > 0 && !this.#hasToldPrompt;
    this.#hasToldPrompt ||= tellsPrompt;
    return {
      ...delta,
      ...(promptLogprobs.length > 0 ? { promptLogprobs } : {}),
      ...(logprobs.length > 0 ? { logprobs } : {}),
      ...(toolCalls.length > 0 ? { toolCalls } : {}),
      ...(reasoning === '' ? {} : { reasoning }),
      ...(tokenIds.length > 0 ? { tokenIds } : {}),
      ...(tellsPrompt ? { promptTokenIds: Array.from(this.prompt) } : {}),
    };
  }

  get #usage(): Usage {
    return {
      promptTokens: this.prompt.length,
      cachedTokens: this.#cachedTokens,
      completionTokens: this.#completionTokens,
      ...(this.#reasoningTokens > 0 ? { reasoningTokens: this.#reasoningTokens } : {}),
    };
  }

  #prepareReport(logits: Float32Array, count: number): (token: number) => TokenLogprob {
    const { weights } = this.#setup;
    const sum = logSumExp(logits);
    const top = topTokens(logits, count).map((token) => describeToken(weights, token, (logits[token] as number) - sum));
    // The one that is chosen is known later, when its logit is another one.
    const before = logits.slice();
    return (token) => ({ ...describeToken(weights, token, (before[token] as number) - sum), topLogprobs: top });
  }
}
