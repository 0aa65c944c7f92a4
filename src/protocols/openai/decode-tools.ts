import {
  type GenerationParameters,
  isObject,
  type NamedFunction,
  type ToolChoice,
  withoutUndefined,
} from '../../core/index.js';
import { MAX_TOOLS, type Tool } from '../../generation/index.js';
import { Fields } from '../shared/generation/fields.js';
import { checkNames, readName } from '../shared/generation/function-name.js';
import { ParameterError } from '../shared/generation/parameter-error.js';

/** What a request says of tools. */
export interface RequestedTools {
  /** In the form of chat completions, which models' templates take; empty = none. */
  readonly tools: readonly Tool[];
  readonly parameters: Pick<GenerationParameters, 'toolChoice' | 'parallelToolCalls'>;
}

/** Where a tool says what it is: in its `function`, or itself as in responses. */
type Place = 'function' | 'flat';

/** Reads `tools`, `tool_choice` and `parallel_tool_calls`. Throws `ParameterError`. */
export function readTools(fields: Fields, place: Place): RequestedTools {
  const value = fields.any('tools') ?? [];
  if (!Array.isArray(value) || value.length > MAX_TOOLS) fields.refuse('tools', `a list of up to ${MAX_TOOLS} tools`);
  const tools = value.map((tool, index) => readTool(fields.inner(tool, `tools[${index}]`), place));
  checkNames(tools, place === 'flat' ? 'name' : 'function.name');
  const choice = readChoice(fields, tools, place);
  const isParallel = fields.boolean('parallel_tool_calls');
  if (tools.length === 0) return { tools, parameters: {} };
  const use = { toolChoice: choice, parallelToolCalls: isParallel };
  return { tools, parameters: withoutUndefined<RequestedTools['parameters']>(use) };
}

function readTool(tool: Fields, place: Place): Tool {
  const type = tool.string('type') ?? tool.refuse('type', "'function'");
  tool.hint(['cache_control']);
  if (type !== 'function') {
    const at = tool.placeOf('type');
    throw new ParameterError(at, `'${at}': tools of type '${type}' are not supported here`, 'unimplemented');
  }
  const described: Fields = place === 'flat' ? tool : tool.inner(tool.any('function'), tool.placeOf('function'));
  const name = readName(described);
  const description = described.string('description');
  const parameters = described.any('parameters');
  if (parameters !== undefined && !isObject(parameters)) described.refuse('parameters', 'a JSON schema');
  const strict = described.boolean('strict');
  described.end();
  tool.end();
  return {
    type,
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(strict === undefined ? {} : { strict }),
    },
  };
}

const CHOICES: readonly unknown[] = ['none', 'auto', 'required'];

function readChoice(fields: Fields, tools: readonly Tool[], place: Place): ToolChoice | undefined {
  const value = fields.any('tool_choice');
  const isMode = value === undefined || CHOICES.includes(value);
  const needsTools = value === 'required' || !isMode;
  if (needsTools && tools.length === 0) fields.refuse('tool_choice', "'none' or 'auto' where there are no 'tools'");
  if (isMode) return value as 'none' | 'auto' | 'required' | undefined;
  if (!isObject(value)) return fields.refuse('tool_choice', "'none', 'auto', 'required' or a function");
  const choice = Fields.of(value, 'tool_choice');
  const type = choice.string('type') ?? choice.refuse('type', "'function' or 'allowed_tools'");
  if (type === 'allowed_tools') return readAllowed(choice, tools, place);
  if (type !== 'function') {
    throw new ParameterError(
      'tool_choice.type',
      `'tool_choice.type': '${type}' is not supported here`,
      'unimplemented',
    );
  }
  const named = readNamed(choice, { tools, place, at: 'tool_choice' });
  choice.end();
  return named;
}

interface Around {
  readonly tools: readonly Tool[];
  readonly place: Place;
  /** Where the function is named in the request. */
  readonly at: string;
}

/** A function of those that are offered. */
function readNamed(fields: Fields, { tools, place, at }: Around): NamedFunction {
  const described: Fields = place === 'flat' ? fields : Fields.of(fields.any('function'), `${at}.function`);
  const name = readName(described);
  if (!tools.some((tool) => tool.function.name === name)) described.refuse('name', "the name of one of 'tools'");
  described.end();
  return { type: 'function', function: { name } };
}

/** Some of the tools, of which one may or has to be called; all of them stay in the prompt. */
function readAllowed(choice: Fields, tools: readonly Tool[], place: Place): ToolChoice {
  const isFlat = place === 'flat';
  const at = isFlat ? 'tool_choice' : 'tool_choice.allowed_tools';
  const allowed = isFlat ? choice : Fields.of(choice.any('allowed_tools'), at);
  const mode = allowed.choice('mode', ['auto', 'required']) ?? allowed.refuse('mode', "'auto' or 'required'");
  const list = allowed.any('tools');
  if (!Array.isArray(list) || list.length === 0) return allowed.refuse('tools', 'a list of at least one function');
  const named = list.map((tool, index) => {
    const where = `${at}.tools[${index}]`;
    const fields = Fields.of(tool, where);
    if (fields.string('type') !== 'function') fields.refuse('type', "'function'");
    const read = readNamed(fields, { tools, place, at: where });
    fields.end();
    return read;
  });
  allowed.end();
  choice.end();
  return { type: 'allowed_tools', allowed_tools: { mode, tools: named } };
}

/** The arguments of a call as models' templates take them. Throws `ParameterError` for what is not the JSON of an object. */
export function readArguments(fields: Fields): object {
  const text = fields.string('arguments') ?? fields.refuse('arguments', 'the JSON of an object');
  // What a call without arguments has at some servers.
  const value = text === '' ? {} : parse(text);
  return isObject(value) ? value : fields.refuse('arguments', 'the JSON of an object');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
