import type { OfferedTool } from '../../../generation/index.js';
import type { AnswerPiece } from '../answer/answer-piece.js';
import type { Json } from './schema.js';
import type { SchemaChecks } from './schema-checks.js';
import type { StructuredOutput } from './structured-output.js';

/** What an answer is checked against when it is whole: grammars let it come as it has to be, and this makes sure. */
export class AnswerCheck {
  readonly #checks: SchemaChecks;
  readonly #output: StructuredOutput | undefined;
  readonly #strict: readonly OfferedTool[];
  #content = '';
  readonly #calls: { readonly tool: OfferedTool | undefined; text: string }[] = [];

  constructor(output: StructuredOutput | undefined, tools: readonly OfferedTool[], checks: SchemaChecks) {
    this.#checks = checks;
    this.#output = output;
    this.#strict = tools.filter(({ isStrict }) => isStrict);
  }

  note({ content, calls }: AnswerPiece): void {
    if (this.#output !== undefined) this.#content += content;
    if (this.#strict.length === 0) return;
    for (const { index, name: called, arguments: given } of calls) {
      if (called !== undefined) this.#calls.push({ tool: this.#strict.find(({ name }) => name === called), text: '' });
      const call = this.#calls[index];
      if (call?.tool !== undefined) call.text += given;
    }
  }

  /** undefined = there is nothing to check. Rejects with `internal` where the answer is wrong. */
  run(hasCalls: boolean): Promise<unknown> | undefined {
    if (!hasCalls) return this.#output?.check(this.#content, this.#checks);
    const checks = this.#calls.flatMap(({ tool, text }) =>
      tool === undefined ? [] : this.#checks.require({ text, schema: tool.parameters as Json }),
    );
    return checks.length === 0 ? undefined : Promise.all(checks);
  }
}
