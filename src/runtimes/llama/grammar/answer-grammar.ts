import type { CallFormat } from '../answer/answer-format.js';
import type { Answered } from '../answer/answer-reader.js';
import type { Tool, ToolUse } from '../answer/tools.js';
import { ruleOfSchema } from './json-schema.js';
import { GrammarRules, jsonLiteral, literal } from './rules.js';
import type { StructuredOutput } from './structured-output.js';

/** Most calls that a model is made to write. */
const MAX_WRITTEN_CALLS = 16;
const SPACE = '[ \\t\\n]{0,4}';

/**
 * A grammar of llama.cpp (GBNF) that lets nothing but JSON that is asked for come, or calls that are; undefined = any text will do.
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
  if (output !== undefined && use?.mustCall !== true) answers.push(`ws ${output.rule(rules)} ws`);
  const isCallWritten = use !== undefined && (use.mustCall || output !== undefined);
  if (isCallWritten && format !== undefined) answers.push(ruleOfCalls(rules, format.calls, use));
  // A schema that cannot be promised is refused before the model calls its tool.
  else for (const tool of use?.tools.filter(({ isStrict }) => isStrict) ?? []) grammarOfArguments(tool);
  if (answers.length === 0) return undefined;
  const answer = rules.add(answers.join(' | '));
  return rules.print(conversation === undefined ? answer : withThought(answer, conversation));
}

/** A grammar for arguments that a tool takes, and whatever follows them. */
export function grammarOfArguments(tool: Tool): string {
  const rules = new GrammarRules();
  return rules.print(`${ruleOfArguments(rules, tool)} .*`);
}

function withThought(answer: string, { format: { reasoning }, isThinking }: Answered): string {
  if (reasoning === undefined) return answer;
  const [first = '', second = ''] = reasoning.close;
  const thought = `([^${escaped(first)}] | ${literal(first)} [^${escaped(second)}])* ${literal(reasoning.close)} ${SPACE}`;
  return isThinking ? `${thought} ${answer}` : `(${SPACE} ${literal(reasoning.open)} ${thought})? ${answer}`;
}

function ruleOfCalls(rules: GrammarRules, format: CallFormat, { tools, maxCalls }: ToolUse): string {
  const { before, between, after } = format.written;
  const call = rules.add(tools.map((tool) => ruleOfCall(rules, format, tool)).join(' | '));
  const most = between === undefined ? 1 : Math.min(maxCalls, MAX_WRITTEN_CALLS);
  const more = most === 1 ? '' : `(${literal(between ?? '')} ${call}){0,${most - 1}}`;
  return `${literal(before)} ${call} ${more} ${literal(after)}`;
}

function ruleOfCall(rules: GrammarRules, { style, argumentsName }: CallFormat, tool: Tool): string {
  const given = ruleOfArguments(rules, tool);
  if (style === 'named') return `${literal(`${tool.name}[ARGS]`)} ${given}`;
  return `${literal('{"name": ')} ${jsonLiteral(tool.name)} ${literal(`, "${argumentsName}": `)} ${given} "}"`;
}

/** Schemas of tools are written for other servers, too: but for strict ones, what cannot be read is left to the model. */
function ruleOfArguments(rules: GrammarRules, { name, parameters, isStrict }: Tool): string {
  const what = `the parameters of tool '${name}'`;
  if (isStrict) return ruleOfSchema(rules, parameters, { what, isStrict });
  try {
    // What fails halfway would leave rules behind that are not whole.
    ruleOfSchema(new GrammarRules(), parameters, { what, isStrict });
  } catch {
    return 'object';
  }
  const rule = ruleOfSchema(rules, parameters, { what, isStrict });
  return rule === 'value' ? 'object' : rule;
}

function escaped(character: string): string {
  return /[[\]\\^]/.test(character) ? `\\${character}` : character;
}
