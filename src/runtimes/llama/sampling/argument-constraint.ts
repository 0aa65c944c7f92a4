import type { OfferedTool } from '../../../generation/index.js';
import type { OpenArguments } from '../answer/call-reader.js';
import { type CallSyntax, OBJECT } from '../answer/formats/format.js';
import { grammarOfArguments } from '../grammar/answer-grammar.js';
import type { Library } from '../library/open.js';
import type { Weights } from '../library/weights.js';
import { Grammar } from './grammar.js';
import type { Sampler } from './sampler.js';

export interface ConstraintSetup {
  readonly library: Library;
  readonly weights: Weights;
  readonly sampler: Sampler;
  /** Tokens that are text for the reader, though llama.cpp takes them for control. */
  readonly markers: ReadonlySet<number> | undefined;
  /** How calls are written. */
  readonly callSyntax: CallSyntax;
  /** Those that may be called. */
  readonly tools: readonly OfferedTool[];
  /** The grammar of the sampler is of the whole answer; else arguments of calls are constrained when they begin. */
  readonly isConstrained: boolean;
}

/** Applies a tool's grammar while the model writes the arguments of a call. */
export class ArgumentConstraint {
  readonly #setup: ConstraintSetup;
  /** Of the arguments of tools that were called. */
  readonly #grammars = new Map<string, string | undefined>();
  /** Tool whose arguments are constrained now. */
  #tool: string | undefined;

  constructor(setup: ConstraintSetup) {
    this.#setup = setup;
  }

  /** `held`: text of the answer that its reader has not got yet. */
  follow(open: OpenArguments | undefined, held: string): void {
    const { library, sampler, weights, markers: shown, tools, callSyntax, isConstrained } = this.#setup;
    if (isConstrained || open?.tool === this.#tool) return;
    this.#tool = open?.tool;
    const tool = tools.find(({ name }) => name === open?.tool);
    sampler.constrain(undefined);
    if (open === undefined || tool === undefined) return;
    const text = this.#grammarOf(tool, open.isObject ? OBJECT : callSyntax);
    if (text === undefined) return;
    const begun = weights.tokenize(open.text + held, { addSpecial: false, parseSpecial: false });
    const grammar = Grammar.following(library, weights, { text, shown, begun });
    if (grammar !== undefined) sampler.constrain(grammar);
  }

  #grammarOf(tool: OfferedTool, syntax: CallSyntax): string | undefined {
    const key = `${syntax.kind} ${tool.name}`;
    if (!this.#grammars.has(key)) this.#grammars.set(key, grammarOfArguments(tool, syntax));
    return this.#grammars.get(key);
  }
}
