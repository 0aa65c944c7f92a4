import type { Conversation, OfferedTool, ToolUse } from '../../../generation/index.js';
import type { AnswerFormat } from '../answer/answer-format.js';

/** The variables of a template. */
export type TemplateVariables = Readonly<Record<string, unknown>>;

interface Message {
  readonly role: string;
  readonly content: string;
  readonly name?: string;
  readonly tool_calls?: readonly ToolCall[] | null;
}

interface ToolCall {
  readonly function: { readonly name: string; readonly arguments: unknown };
}

interface Around {
  /** The template. */
  readonly source: string;
  readonly format: AnswerFormat;
  /** undefined = no tool may be called. */
  readonly use: ToolUse | undefined;
}

/**
 * What a template makes a prompt of, by what it knows: tools and calls are written as texts where it knows no tools, and the effort of
 * reasoning is set in the template's own variable, or left out where it has none.
 */
export function adaptVariables(conversation: Conversation, { source, format, use }: Around): TemplateVariables {
  const { tools, ...others } = withEffort(conversation, source);
  const messages = conversation.messages as readonly Message[];
  if (format.toolsInText) return { ...others, messages: toolsAsText(messages, use) };
  const { instructions, writtenCalls } = format;
  const written = writtenCalls === undefined ? messages : messages.map((message) => withCalls(message, writtenCalls));
  if (use === undefined) return { ...others, messages: written };
  if (instructions === undefined) return { ...others, messages: written, tools };
  return { ...others, messages: withInstructions(written, instructions(use.tools)) };
}

/** A message whose text has the calls in it. */
function withCalls(message: Message, written: NonNullable<AnswerFormat['writtenCalls']>): Message {
  const calls = message.tool_calls ?? [];
  if (calls.length === 0) return message;
  const text = written(calls.map(({ function: { name, arguments: given } }) => ({ name, arguments: given })));
  return { ...message, content: `${message.content ?? ''}${text}`, tool_calls: null };
}

/** Whether a template has a variable for the effort of reasoning. */
export function knowsEffort(source: string): boolean {
  return source.includes('reasoning_effort') || source.includes('enable_thinking');
}

function withEffort(variables: TemplateVariables, source: string): TemplateVariables {
  const { reasoning_effort: effort, ...others } = variables;
  if (effort === undefined || source.includes('reasoning_effort')) return variables;
  return source.includes('enable_thinking') ? { enable_thinking: effort !== 'none', ...others } : others;
}

function toolsAsText(messages: readonly Message[], use: ToolUse | undefined): readonly Message[] {
  const written = messages.map(callsAsText);
  if (use === undefined) return written;
  return withInstructions(written, describeTools(use.tools));
}

/** Messages whose first one gives instructions, with these at its end. */
function withInstructions(messages: readonly Message[], told: string): readonly Message[] {
  const [first] = messages;
  if (first?.role !== 'system') return [{ role: 'system', content: told }, ...messages];
  return [{ ...first, content: `${first.content}\n\n${told}` }, ...messages.slice(1)];
}

function callsAsText(message: Message): Message {
  const { role, content, name } = message;
  const calls = message.tool_calls ?? [];
  if (role === 'tool') return { role: 'user', content: `Result of ${name ?? 'the function'}: ${content}` };
  if (calls.length === 0) return message;
  const lines = calls.map(({ function: called }) => JSON.stringify({ name: called.name, arguments: called.arguments }));
  return { role, content: [...(content === '' ? [] : [content]), ...lines].join('\n') };
}

function describeTools(tools: readonly OfferedTool[]): string {
  const list = tools.map(({ name, description, parameters }) => JSON.stringify({ name, description, parameters }));
  return [
    'You can call these functions:',
    ...list,
    'To call one, answer with nothing but JSON in this form, a line for each call:',
    '{"name": "<name of the function>", "arguments": {<its arguments>}}',
  ].join('\n');
}
