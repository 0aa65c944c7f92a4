import type { Command } from 'commander';
import type { JoinedOutcome } from '../../api/index.js';
import { invalidArgument } from '../../core/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

interface FeedbackFlags extends CommonFlags {
  readonly value: string;
  readonly principal?: string;
}

/** `millrace feedback`: what became of an answer. */
export function registerFeedback(program: Command, { io }: CommandContext): void {
  const command = program
    .command('feedback <request-id>')
    .description('tell what became of an answer, by the x-request-id of its request')
    .requiredOption('--value <value>', 'true, false, a number, or the class that was right')
    .option('--principal <name>', 'who asked, where that is another key than the one that tells it (needs manage)')
    .addHelpText(
      'after',
      examples(
        'millrace feedback order-17 --value true',
        'millrace feedback order-17 --value 49.90',
        'millrace feedback order-17 --value cat',
      ),
    );
  addCommonFlags(command).action(async (requestId: string, flags: FeedbackFlags) => {
    const value = parseValue(flags.value);
    const api = await connectToApi(io, flags);
    const feedback = { request_id: requestId, value, principal: flags.principal };
    const { body } = await api.ask('POST /feedback', { body: feedback });
    io.stdout.write(flags.json ? formatJson(body) : formatJoined(requestId, body));
  });
}

function parseValue(text: string): boolean | number | string {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text.trim() === '') throw invalidArgument(`--value: expected true, false, a number or a class, got '${text}'`);
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function formatJoined(requestId: string, { route, arm, model, version, value }: JoinedOutcome): string {
  return `${requestId}: ${value}, answered by ${model}/${version} (arm '${arm}' of route '${route}')\n`;
}
