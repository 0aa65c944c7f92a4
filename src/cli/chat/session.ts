import type { Chat, ChatMessage, ChatRequest } from '../../client/index.js';
import { describeError } from '../exit-code.js';
import type { Io } from '../io.js';
import { HELP, readEntry } from './entry.js';
import { type ChatAnswer, receiveAnswer } from './receive.js';
import { formatStatistics } from './statistics.js';
import { printable, showOn } from './view.js';

export interface ChatSession {
  readonly chat: Chat;
  readonly url: string;
  /** Everything but the messages. */
  readonly options: Omit<ChatRequest, 'messages'>;
  readonly system: string | undefined;
}

/** A conversation at the terminal, until somebody leaves it. An answer that fails is told, and forgotten with its question. */
export async function chatAtTerminal(io: Io, { chat, url, options, system: given }: ChatSession): Promise<void> {
  const { dim, red } = io.stderr.colors;
  const say = (text: string) => io.stderr.write(dim(text));
  const lines = io.openLines();
  let system = given ?? '';
  let turns: readonly ChatMessage[] = [];

  const answer = async (content: string) => {
    const asked: readonly ChatMessage[] = [...turns, { role: 'user', content }];
    const stop = new AbortController();
    const ignore = lines.onInterrupt(() => stop.abort());
    try {
      const request = { ...options, messages: withSystem(system, asked) };
      const told = await receiveAnswer(io, { chat, request, view: showOn(io.stdout), signal: stop.signal });
      say(`${formatStatistics(told)}\n\n`);
      turns = afterAnswer(turns, asked, told);
    } catch (error) {
      io.stderr.write(`${red('error:')} ${printable(describeError(error).message)}\n`);
    } finally {
      ignore();
    }
  };

  try {
    say(`${printable(options.model)} at ${url}; /help says what can be done here\n`);
    for (;;) {
      const entry = await readEntry(lines);
      switch (entry.kind) {
        case 'message':
          await answer(entry.text);
          break;
        case 'system':
          system = entry.text;
          say(system === '' ? 'no system prompt\n' : 'system prompt set\n');
          break;
        case 'clear':
          turns = [];
          say('a new conversation\n');
          break;
        case 'help':
          say(HELP);
          break;
        case 'unknown':
          io.stderr.write(`${red('error:')} ${entry.hint}\n`);
          break;
        case 'nothing':
          break;
        case 'leave':
          return;
      }
    }
  } finally {
    lines.close();
  }
}

/** The messages with the system prompt before them, if there is one. */
export function withSystem(system: string | undefined, turns: readonly ChatMessage[]): readonly ChatMessage[] {
  return system === undefined || system === '' ? turns : [{ role: 'system', content: system }, ...turns];
}

/** A question whose answer was stopped before its first word has not been asked. */
function afterAnswer(
  before: readonly ChatMessage[],
  asked: readonly ChatMessage[],
  { content }: ChatAnswer,
): readonly ChatMessage[] {
  return content === '' ? before : [...asked, { role: 'assistant', content }];
}
