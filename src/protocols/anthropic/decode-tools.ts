import { type GenerationParameters, isObject, type ToolChoice, withoutUndefined } from '../../core/index.js';
import { MAX_TOOLS, type Tool } from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';
import { checkNames, readName } from '../shared/generation/function-name.js';
import { ParameterError } from '../shared/generation/parameter-error.js';

/** What a request says of tools. */
export interface RequestedTools {
  /** In the form of models' templates; empty = none. */
  readonly tools: readonly Tool[];
  readonly parameters: Pick<GenerationParameters, 'toolChoice' | 'parallelToolCalls'>;
}

/** They say how tools are sent, found or shown to the model. */
const HINTS = ['cache_control', 'eager_input_streaming', 'input_examples'] as const;
const CHOICES = ['auto', 'any', 'tool', 'none'] as const;

/** Reads `tools` and `tool_choice`. Throws `ParameterError`. */
export function readTools(fields: Fields): RequestedTools {
  const value = fields.any('tools') ?? [];
  if (!Array.isArray(value) || value.length > MAX_TOOLS) fields.refuse('tools', `a list of up to ${MAX_TOOLS} tools`);
  const tools = value.map((tool, index) => readTool(fields.inner(tool, `tools[${index}]`)));
  checkNames(tools, 'name');
  const parameters = readChoice(fields, tools);
  return { tools, parameters: tools.length === 0 ? {} : parameters };
}

function readTool(tool: Fields): Tool {
  const type = tool.string('type') ?? 'custom';
  if (type !== 'custom') {
    const at = tool.placeOf('type');
    throw new ParameterError(at, `'${at}': tools of type '${type}' are not supported here`, 'unimplemented');
  }
  const name = readName(tool);
  const description = tool.string('description');
  const parameters = tool.any('input_schema');
  if (!isObject(parameters)) return tool.refuse('input_schema', 'a JSON schema');
  const strict = tool.boolean('strict');
  tool.hint(HINTS);
  tool.unsupported('defer_loading', false);
  tool.unsupported('allowed_callers', [], ['direct']);
  tool.end();
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters,
      ...(strict === undefined ? {} : { strict }),
    },
  };
}

function readChoice(fields: Fields, tools: readonly Tool[]): RequestedTools['parameters'] {
  const value = fields.any('tool_choice');
  if (value === undefined) return {};
  const choice = fields.inner(value, 'tool_choice');
  const type = choice.choice('type', CHOICES) ?? choice.refuse('type', `one of ${CHOICES.join(', ')}`);
  if (tools.length === 0 && (type === 'any' || type === 'tool')) {
    choice.refuse('type', "'auto' or 'none' where there are no 'tools'");
  }
  const isSingle = choice.boolean('disable_parallel_tool_use');
  const toolChoice = type === 'tool' ? readNamed(choice, tools) : MODES[type];
  choice.end();
  return withoutUndefined<RequestedTools['parameters']>({
    toolChoice,
    parallelToolCalls: isSingle === undefined ? undefined : !isSingle,
  });
}

const MODES = { auto: 'auto', any: 'required', none: 'none' } as const;

function readNamed(choice: Fields, tools: readonly Tool[]): ToolChoice {
  const name = readName(choice);
  if (!tools.some((tool) => tool.function.name === name)) choice.refuse('name', "the name of one of 'tools'");
  return { type: 'function', function: { name } };
}
