import type { Command } from 'commander';
import { type ChatRequest, connect, connectChat } from '../../client/index.js';
import { invalidArgument } from '../../core/index.js';
import { chooseModel } from '../chat/choose-model.js';
import { type ChatAnswer, receiveAnswer } from '../chat/receive.js';
import { chatAtTerminal, withSystem } from '../chat/session.js';
import { formatStatistics, tokensPerSecond } from '../chat/statistics.js';
import { HIDDEN, showOn } from '../chat/view.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import {
  addServerFlags,
  clientOptions,
  parseCount,
  parseInteger,
  parseNumber,
  type ServerFlags,
} from '../server-options.js';

interface ChatFlags extends ServerFlags {
  readonly system?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxTokens?: number;
  readonly seed?: number;
  readonly json?: true;
}

/** `millrace chat [model] [prompt...]`: a conversation at the terminal, or one answer. */
export function registerChat(program: Command, { io }: CommandContext): void {
  addServerFlags(program.command('chat [model] [prompt...]'))
    .description('talk to a language model of a server; with a prompt, also from the standard input, print one answer')
    .option('--system <text>', 'what the model is told before everything else')
    .option('--temperature <number>', "0 = always the likeliest token (default: the model's)", parseNumber)
    .option(
      '--top-p <number>',
      "choose among the likeliest tokens that make up this probability (default: the model's)",
      parseNumber,
    )
    .option('--max-tokens <count>', 'longest answer', parseCount)
    .option('--seed <integer>', 'same seed, same choices', parseInteger)
    .option('--json', 'print one answer as JSON')
    .addHelpText(
      'after',
      examples(
        'millrace chat smollm2',
        'millrace chat smollm2 "Why is the sky blue?"',
        "millrace chat smollm2 --system 'Summarise in one sentence.' < report.txt",
      ),
    )
    .action((model: string | undefined, prompt: readonly string[], flags: ChatFlags) =>
      chat(io, { model, prompt: prompt.join(' ') }, flags),
    );
}

interface Question {
  readonly model: string | undefined;
  readonly prompt: string;
}

async function chat(io: Io, { model, prompt }: Question, flags: ChatFlags): Promise<void> {
  const { system, temperature, topP, maxTokens, seed } = flags;
  const typing = prompt === '' && io.stdinIsTTY;
  if (typing && flags.json) throw invalidArgument('--json prints one answer: give the prompt, too');
  const text = typing || prompt !== '' ? prompt : await readPrompt(io);
  const access = await clientOptions(io, flags);
  const client = connect(flags.url, access);
  const options = { model: await chooseModel(client, model), temperature, topP, maxTokens, seed };
  const session = { chat: connectChat(flags.url, access), url: client.url, options, system };
  if (typing) return chatAtTerminal(io, session);
  const messages = withSystem(system, [{ role: 'user', content: text }]);
  const view = flags.json ? HIDDEN : showOn(io.stdout);
  const answer = await receiveAnswer(io, { chat: session.chat, request: { ...options, messages }, view });
  if (flags.json) io.stdout.write(formatJson(toJson(options, answer)));
  else io.stderr.write(io.stderr.colors.dim(`${formatStatistics(answer)}\n`));
}

async function readPrompt(io: Io): Promise<string> {
  const text = new TextDecoder().decode(await io.readStdin()).replace(/\r?\n$/, '');
  if (text.trim() === '')
    throw invalidArgument('the prompt is empty: give one behind the model, or on the standard input');
  return text;
}

function toJson({ model }: Pick<ChatRequest, 'model'>, answer: ChatAnswer): object {
  const { content, reasoning, finishReason, usage, timing } = answer;
  return {
    model,
    content,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    finish_reason: finishReason,
    ...(usage === undefined
      ? {}
      : {
          usage: {
            prompt_tokens: usage.promptTokens,
            cached_tokens: usage.cachedTokens,
            completion_tokens: usage.completionTokens,
          },
        }),
    first_token_ms: timing.firstMs,
    total_ms: timing.totalMs,
    tokens_per_second: tokensPerSecond(answer),
  };
}
