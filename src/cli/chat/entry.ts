import { didYouMean } from '../../text/index.js';
import type { LineReader } from '../line-reader.js';

/** What somebody typed: a message, a command, or the wish to leave. */
export type Entry =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'system'; readonly text: string }
  | { readonly kind: 'clear' | 'help' | 'leave' | 'nothing' }
  | { readonly kind: 'unknown'; readonly hint: string };

/** Stands before and behind a message of several lines. */
const FENCE = '"""';
const PROMPT = '> ';
const CONTINUED = '. ';

const COMMANDS = ['/system', '/clear', '/help', '/exit'] as const;

export const HELP = `/system <text>  what the model is told before everything else; without text, nothing
/clear          begin a new conversation
/help           this
/exit           leave, as Ctrl-D does
"""             begins and ends a message of several lines
Ctrl-C          stops the answer; on an empty line, leaves
`;

/** The next message or command. */
export async function readEntry(lines: LineReader): Promise<Entry> {
  const first = await lines.next(PROMPT);
  if (first.kind === 'end') return { kind: 'leave' };
  if (first.kind === 'interrupt') return { kind: first.cleared ? 'nothing' : 'leave' };
  if (!first.text.startsWith(FENCE)) return interpret(first.text);
  const parts = [first.text.slice(FENCE.length)];
  while (parts.at(-1)?.endsWith(FENCE) !== true) {
    const next = await lines.next(CONTINUED);
    if (next.kind !== 'line') return { kind: next.kind === 'end' ? 'leave' : 'nothing' };
    parts.push(next.text);
  }
  return messageOf(parts.join('\n').slice(0, -FENCE.length));
}

function messageOf(text: string): Entry {
  return text.trim() === '' ? { kind: 'nothing' } : { kind: 'message', text: text.trim() };
}

/** A line: words that begin with `/` are commands, paths are not. */
function interpret(line: string): Entry {
  const [, command, rest = ''] = /^\s*(\/[a-z]*)(?:\s+(.*))?$/i.exec(line) ?? [];
  switch (command) {
    case undefined:
      return messageOf(line);
    case '/system':
      return { kind: 'system', text: rest.trim() };
    case '/clear':
      return { kind: 'clear' };
    case '/help':
      return { kind: 'help' };
    case '/exit':
      return { kind: 'leave' };
    default:
      return { kind: 'unknown', hint: `unknown command ${command}${didYouMean(command, COMMANDS) || '; see /help'}` };
  }
}
