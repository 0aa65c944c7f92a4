import { Command, CommanderError } from 'commander';
import { VERSION } from '../version.js';
import { registerBench } from './commands/bench.js';
import { registerCheck } from './commands/check.js';
import { registerConfig } from './commands/config.js';
import { registerInfer } from './commands/infer.js';
import { registerModels } from './commands/models.js';
import { registerServe } from './commands/serve.js';
import { registerTypes } from './commands/types.js';
import { describeError, EXIT_CODES, exitReasonOf } from './exit-code.js';
import { formatJson } from './format/json.js';
import type { Io } from './io.js';

const COMMANDS = [
  registerServe,
  registerCheck,
  registerInfer,
  registerModels,
  registerBench,
  registerConfig,
  registerTypes,
];

/** Runs one command line and resolves with its exit code; never rejects. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT_CODES.done.code;
  const program = createProgram(io, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    const reason = exitReasonOf(error);
    if (reason !== 'done' && !(error instanceof CommanderError)) report(io, error, argv.includes('--json'));
    return EXIT_CODES[reason].code;
  }
}

function createProgram(io: Io, exitWith: (code: number) => void): Command {
  const { bold, cyan, dim } = io.stdout.colors;
  const program = new Command('millrace')
    .description('Serves folders of trained models, and talks to servers that do.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'say how to use it')
    .helpCommand('help [command]', 'say how to use a command')
    .showHelpAfterError(dim('Add --help to see how to use it.'))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(io.stderr.colors.red(text)),
      getOutHasColors: () => io.stdout.isTTY,
      getErrHasColors: () => io.stderr.isTTY,
    })
    .configureHelp({
      styleTitle: bold,
      styleCommandText: cyan,
      styleSubcommandText: cyan,
      styleOptionText: cyan,
      styleArgumentText: cyan,
    })
    .addHelpText('after', describeExitCodes());
  for (const register of COMMANDS) register(program, { io, exitWith });
  return program;
}

function describeExitCodes(): string {
  const lines = Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`);
  return `\nExit codes:\n${lines.join('\n')}`;
}

function report(io: Io, error: unknown, json: boolean): void {
  const { message, code } = describeError(error);
  if (json) {
    io.stderr.write(formatJson({ error: message, code }));
    return;
  }
  const { red, dim } = io.stderr.colors;
  io.stderr.write(`${red('error:')} ${message}\n`);
  if (exitReasonOf(error) === 'unreachable') {
    io.stderr.write(dim('Start a server with `millrace serve <folder>`, or say with --url where one is.\n'));
  }
}
