import { invalidArgument, invalidParameter } from '../core/index.js';
import { MAX_TOOLS } from './limits.js';

/** A function that the caller offers to the model, as it was read. */
export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  /** JSON schema of its arguments. */
  readonly parameters: unknown;
  /** Arguments that its schema does not allow must not come. */
  readonly isStrict: boolean;
}

/** Which tools an answer may call, or has to. */
export interface ToolUse {
  readonly tools: readonly OfferedTool[];
  readonly mustCall: boolean;
  /** Nothing follows so many calls. */
  readonly maxCalls: number;
}

const MAX_CALLS = 64;
const NAME = /^[\w-]{1,64}$/;

/**
 * Reads the tools of a conversation, in OpenAI's form, and how they are to be used: 'auto', 'none', 'required', one by its name, or some of them
 * (`allowed_tools`). undefined = none. `isParallel`: several may be called; undefined = as many as the model wants, but one where it has to. Throws `invalid_argument`.
 */
export function readToolUse(tools: unknown, choice: unknown, isParallel: boolean | undefined): ToolUse | undefined {
  const offered = readTools(tools);
  if (offered.length === 0) {
    if (choice === undefined || choice === 'none' || choice === 'auto') return undefined;
    throw invalidParameter('tool_choice', 'expected to be left out where there are no tools');
  }
  if (choice === 'none') return undefined;
  if (choice === undefined || choice === 'auto') return useOf(offered, 'auto', isParallel);
  if (choice === 'required') return useOf(offered, choice, isParallel);
  if (fieldOf(choice, 'allowed_tools') !== undefined) return readAllowed(offered, choice, isParallel);
  const named = offered.filter(({ name }) => name === nameOf(choice));
  if (named.length === 0) throw wrongChoice(offered, choice);
  return { tools: named, mustCall: true, maxCalls: 1 };
}

function readAllowed(offered: readonly OfferedTool[], choice: unknown, isParallel: boolean | undefined): ToolUse {
  const allowed = fieldOf(choice, 'allowed_tools');
  const mode = fieldOf(allowed, 'mode');
  const list = fieldOf(allowed, 'tools');
  const names: readonly unknown[] = Array.isArray(list) ? list.map((tool) => nameOf(tool)) : [];
  const isKnown = names.length > 0 && names.every((name) => offered.some((tool) => tool.name === name));
  if (!isKnown || (mode !== 'auto' && mode !== 'required')) throw wrongChoice(offered, choice);
  const tools = offered.filter(({ name }) => names.includes(name));
  return useOf(tools, mode, isParallel);
}

function useOf(tools: readonly OfferedTool[], mode: 'auto' | 'required', isParallel: boolean | undefined): ToolUse {
  const mustCall = mode === 'required';
  // A model that is made to call does not know when to stop.
  const mayBeSeveral = mustCall ? isParallel === true : isParallel !== false;
  return { tools, mustCall, maxCalls: mayBeSeveral ? MAX_CALLS : 1 };
}

function wrongChoice(offered: readonly OfferedTool[], choice: unknown) {
  const names = offered.map((tool) => `'${tool.name}'`).join(', ');
  return invalidParameter(
    'tool_choice',
    `expected 'auto', 'none', 'required', or functions of ${names}, got ${JSON.stringify(choice)}`,
  );
}

function readTools(tools: unknown): readonly OfferedTool[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw invalidArgument("input 'chat_input': expected 'tools' to be a list");
  if (tools.length > MAX_TOOLS) {
    throw invalidArgument(`input 'chat_input': expected up to ${MAX_TOOLS} tools, got ${tools.length}`);
  }
  const read = tools.map(readTool);
  const twice = read.find(({ name }, index) => read.findIndex((tool) => tool.name === name) < index);
  if (twice !== undefined) throw invalidArgument(`input 'chat_input': two tools have the name '${twice.name}'`);
  return read;
}

function readTool(tool: unknown, index: number): OfferedTool {
  const described = fieldOf(tool, 'function');
  const name = fieldOf(described, 'name');
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw invalidArgument(
      `input 'chat_input': expected tools[${index}] to have a 'function' with a 'name' of 1 to 64 letters, digits, _ and -`,
    );
  }
  const description = fieldOf(described, 'description');
  return {
    name,
    description: typeof description === 'string' ? description : '',
    parameters: fieldOf(described, 'parameters') ?? { type: 'object', properties: {} },
    isStrict: fieldOf(described, 'strict') === true,
  };
}

function nameOf(choice: unknown): unknown {
  return fieldOf(fieldOf(choice, 'function'), 'name');
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
