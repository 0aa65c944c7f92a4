import type { OfferedTool, ToolUse } from '../../../generation/index.js';
import type { CallFormat } from '../answer/answer-format.js';
import type { Answered } from '../answer/answer-reader.js';
import { ruleOfSchema } from './json-schema.js';
import { GrammarRules, jsonLiteral, literal } from './rules.js';
import type { StructuredOutput } from './structured-output.js';

/** Most calls that a model is made to write. */
const MAX_WRITTEN_CALLS = 16;
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
  if (output !== undefined && use?.mustCall !== true) answers.push(output.rule(rules));
  const isCallWritten = use !== undefined && (use.mustCall || output !== undefined);
  if (isCallWritten && format !== undefined) answers.push(ruleOfCalls(rules, format.calls, use));
  // A schema that cannot be promised is refused before the model calls its tool.
  else for (const tool of use?.tools.filter(({ isStrict }) => isStrict) ?? []) grammarOfArguments(tool);
  if (answers.length === 0) return undefined;
  const answer = rules.add(answers.join(' | '));
  return rules.print(conversation === undefined ? answer : withThought(rules, answer, conversation));
}

/** A grammar for arguments that a tool takes, and whatever follows them. */
export function grammarOfArguments(tool: OfferedTool): string {
  const rules = new GrammarRules();
  // Some vocabularies have a space before each text that they are asked for.
  return rules.print(`" "? ${ruleOfArguments(rules, tool)} .*`);
}

function withThought(rules: GrammarRules, answer: string, { format: { reasoning }, isThinking }: Answered): string {
  if (reasoning === undefined) return answer;
  const thought = `${ruleUntil(rules, reasoning.close)} ${SPACE}`;
  return isThinking ? `${thought} ${answer}` : `(${SPACE} ${literal(reasoning.open)} ${thought})? ${answer}`;
}

/** Any text up to a marker, with it: a rule for each part of the marker that has come. */
function ruleUntil(rules: GrammarRules, marker: string): string {
  const letters = [...new Set(marker)];
  const states = Array.from(marker, () => rules.newName());
  const [first = ''] = states;
  for (const [come, state] of states.entries()) {
    const after = letters.map((letter) => {
      const length = comeAfter(marker, `${marker.slice(0, come)}${letter}`);
      return `${literal(letter)} ${states[length] ?? ''}`;
    });
    rules.set(state, [...after, `[^${letters.map(escaped).join('')}] ${first}`].join(' | '));
  }
  return first;
}

/** How much of a marker a text ends with. */
function comeAfter(marker: string, text: string): number {
  let length = text.length;
  while (!text.endsWith(marker.slice(0, length))) length--;
  return length;
}

function ruleOfCalls(rules: GrammarRules, format: CallFormat, { tools, maxCalls }: ToolUse): string {
  const { before, between, after } = format.written;
  const call = rules.add(tools.map((tool) => ruleOfCall(rules, format, tool)).join(' | '));
  const most = between === undefined ? 1 : Math.min(maxCalls, MAX_WRITTEN_CALLS);
  const more = most === 1 ? '' : `(${literal(between ?? '')} ${call}){0,${most - 1}}`;
  return `${literal(before)} ${call} ${more} ${literal(after)}`;
}

function ruleOfCall(rules: GrammarRules, { style, argumentsName }: CallFormat, tool: OfferedTool): string {
  const given = ruleOfArguments(rules, tool);
  if (style === 'named') return `${literal(`${tool.name}[ARGS]`)} ${given}`;
  return `${literal('{"name": ')} ${jsonLiteral(tool.name)} ${literal(`, "${argumentsName}": `)} ${given} "}"`;
}

/** Schemas of tools are written for other servers, too: but for strict ones, what cannot be read is left to the model. */
function ruleOfArguments(rules: GrammarRules, { name, parameters, isStrict }: OfferedTool): string {
  const reading = {
    what: `the parameters of tool '${name}'`,
    reason: 'invalid_function_parameters',
    isStrict,
  } as const;
  if (isStrict) return ruleOfSchema(rules, parameters, reading);
  try {
    // What fails halfway would leave rules behind that are not whole.
    ruleOfSchema(new GrammarRules(), parameters, reading);
  } catch {
    return 'object';
  }
  const rule = ruleOfSchema(rules, parameters, reading);
  return rule === 'value' ? 'object' : rule;
}

function escaped(character: string): string {
  return /[[\]\\^]/.test(character) ? `\\${character}` : character;
}
