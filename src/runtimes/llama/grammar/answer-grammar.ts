import type { OfferedTool } from '../../../generation/index.js';
import type { Answered } from '../answer/answer-reader.js';
import { type CallSyntax, OBJECT } from '../answer/formats/format.js';
import { CallGrammar } from './call-grammar.js';
import { GrammarRules, literal } from './rules.js';
import type { StructuredOutput } from './structured-output.js';
import { ruleOfArguments } from './tool-arguments.js';
import { ruleUntil } from './until-rule.js';

const SPACE = '[ \\t\\n]{0,4}';

/**
 * A grammar of llama.cpp (GBNF) that allows only the JSON, or the calls, that were asked for; undefined = any text will do.
 * `conversation`: undefined = the model goes on with a text, in which there are no thoughts and no calls. Throws `invalid_argument` for a schema
 * that cannot be promised.
 */
export function grammarOfAnswer(
  output: StructuredOutput | undefined,
  conversation: Answered | undefined,
): string | undefined {
  const { use, format } = conversation ?? {};
  const rules = new GrammarRules();
  const answers: string[] = [];
  if (output !== undefined && use?.mustCall !== true) {
    const { open = '', openOfJson = open, close = '' } = format?.marks.find(({ isWritten }) => isWritten) ?? {};
    answers.push(`${literal(output.isJson ? openOfJson : open)} ${output.rule(rules)} ${literal(close)}`);
  }
  const isCallWritten = use !== undefined && (use.mustCall || output !== undefined);
  if (isCallWritten && format !== undefined) {
    // Where a thought may come first, a space in front must not leave nothing else to come.
    const before = format.reasoning === undefined ? '' : SPACE;
    answers.push(`${before} ${new CallGrammar(rules).ruleOfCalls(format.forced, use)}`);
  }
  // A schema that cannot be promised is refused before the model calls its tool.
  else for (const tool of use?.tools.filter(({ isStrict }) => isStrict) ?? []) grammarOfArguments(tool);
  if (answers.length === 0) return undefined;
  const answer = rules.add(answers.join(' | '));
  return rules.print(conversation === undefined ? answer : withThought(rules, answer, conversation));
}

/** A grammar for arguments that a tool takes, in the form in which they are written, and whatever follows them; undefined = it cannot be promised in this form. */
export function grammarOfArguments(tool: OfferedTool, syntax: CallSyntax = OBJECT): string | undefined {
  const rules = new GrammarRules();
  const calls = new CallGrammar(rules);
  const given = syntax.kind === 'named' ? calls.ruleOfArguments(syntax, tool) : ruleOfArguments(rules, tool);
  if (given === undefined) return undefined;
  // Some vocabularies have a space before each text that they are asked for.
  return rules.print(`" "? ${given} .*`);
}

function withThought(rules: GrammarRules, answer: string, { format: { reasoning }, isThinking }: Answered): string {
  if (reasoning === undefined) return answer;
  const thought = `${ruleUntil(rules, reasoning.close)} ${SPACE}`;
  return isThinking ? `${thought} ${answer}` : `(${SPACE} ${literal(reasoning.open)} ${thought})? ${answer}`;
}
