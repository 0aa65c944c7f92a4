import type { Command } from 'commander';
import type { JobAnswer } from '../../client/index.js';
import { invalidArgument } from '../../core/index.js';
import { connectToApi } from '../api.js';
import type { CommandContext } from '../command.js';
import { EXIT_CODES } from '../exit-code.js';
import { writeNamed } from '../files.js';
import type { Io } from '../io.js';
import { addServerFlags, type ServerFlags } from '../server-options.js';

interface ResultFlags extends ServerFlags {
  readonly output?: string;
}

/** `millrace jobs result`: the answer of a job, as its request would have got it at once. */
export function registerJobResult(jobs: Command, { io, exitWith }: CommandContext): void {
  addServerFlags(jobs.command('result <id>').description("the body of a job's answer, as it was stored"))
    .option('-o, --output <file>', 'write it to a file')
    .addHelpText('after', EXITS)
    .action(async (id: string, { output, ...flags }: ResultFlags) => {
      const api = await connectToApi(io, flags);
      const { timeout: timeoutMs } = flags;
      const answer = await api.jobAnswer(id, timeoutMs === undefined ? {} : { timeoutMs });
      if (answer === undefined) {
        io.stderr.write(`job '${id}' has not ended: millrace jobs watch ${id}\n`);
        exitWith(EXIT_CODES.undecided.code);
        return;
      }
      await writeBody(io, answer, output);
      const { status, headers } = answer;
      if (status >= 200 && status < 300) return;
      io.stderr.write(`job '${id}' ${headers.get('x-millrace-job')}: answered ${status}\n`);
      exitWith(EXIT_CODES.failed.code);
    });
}

const EXITS = `
Exit codes:
  0    the request was answered with 2xx
  1    it was answered otherwise, or the job has no answer: the body says why
  4    the job has not ended`;

async function writeBody(io: Io, { headers, body }: JobAnswer, output: string | undefined): Promise<void> {
  if (output !== undefined) {
    await writeNamed(io, output, { content: body });
    io.stderr.write(`wrote ${output}\n`);
    return;
  }
  const text = textOf(body);
  if (text === undefined) {
    const type = headers.get('content-type') ?? 'of no type';
    throw invalidArgument(`the answer is binary (${type}): name a file with --output`);
  }
  io.stdout.write(io.stdout.isTTY && !text.endsWith('\n') ? `${text}\n` : text);
}

/** undefined = it is no text. */
function textOf(body: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
