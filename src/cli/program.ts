import { Command, CommanderError } from 'commander';
import { VERSION } from '../version.js';
import type { CommandContext, RegisterCommand } from './command.js';
import { describeError, EXIT_CODES, exitReasonOf } from './exit-code.js';
import { formatJson } from './format/json.js';
import type { Io } from './io.js';
import { reachHint } from './reach-hint.js';

/** A command in the overview; its own module is loaded when it is the one that runs. */
interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<RegisterCommand>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'write a model repository with models in TypeScript to begin with',
    load: async () => (await import('./commands/init.js')).registerInit,
  },
  {
    name: 'pull',
    summary: 'get a model from a registry, the web or a folder into a repository',
    load: async () => (await import('./commands/pull.js')).registerPull,
  },
  {
    name: 'serve',
    summary: 'serve the models of one or several folders',
    load: async () => (await import('./commands/serve.js')).registerServe,
  },
  {
    name: 'check',
    summary: 'load the models of a folder, or one model, run each, and say what was found',
    load: async () => (await import('./commands/check.js')).registerCheck,
  },
  {
    name: 'infer',
    summary: 'send one request to a server and print the answer',
    load: async () => (await import('./commands/infer.js')).registerInfer,
  },
  {
    name: 'batch',
    summary: 'run the rows of a file through a model',
    load: async () => (await import('./commands/batch.js')).registerBatch,
  },
  {
    name: 'chat',
    summary: 'talk to a language model of a server',
    load: async () => (await import('./commands/chat.js')).registerChat,
  },
  {
    name: 'models',
    summary: "look at a server's models, load, unload and label them",
    load: async () => (await import('./commands/models.js')).registerModels,
  },
  {
    name: 'top',
    summary: 'show the load of each model, and the events of a server, as they change',
    load: async () => (await import('./commands/top.js')).registerTop,
  },
  {
    name: 'routes',
    summary: "look at a server's routes, and change who gets which version of a model",
    load: async () => (await import('./commands/routes.js')).registerRoutes,
  },
  {
    name: 'shadow',
    summary: "compare what a route's shadow answers with what callers get",
    load: async () => (await import('./commands/shadow.js')).registerShadow,
  },
  {
    name: 'rollout',
    summary: 'take a model over to another version, step by step, as long as that does well',
    load: async () => (await import('./commands/rollout.js')).registerRollout,
  },
  {
    name: 'jobs',
    summary: 'list, watch, cancel and retry asynchronous jobs, and get their answers',
    load: async () => (await import('./commands/jobs.js')).registerJobs,
  },
  {
    name: 'quotas',
    summary: 'say what is left of quotas, and of whom',
    load: async () => (await import('./commands/quotas.js')).registerQuotas,
  },
  {
    name: 'slo',
    summary: 'show how service level objectives are met, and write alerts for Prometheus',
    load: async () => (await import('./commands/slo.js')).registerSlo,
  },
  {
    name: 'audit',
    summary: 'look who did what to what, and whether anybody has tampered with that',
    load: async () => (await import('./commands/audit.js')).registerAudit,
  },
  {
    name: 'payloads',
    summary: 'list and erase recorded requests and their answers',
    load: async () => (await import('./commands/payloads.js')).registerPayloads,
  },
  {
    name: 'replay',
    summary: 'send recorded requests to a version, and compare its answers with the recorded ones',
    load: async () => (await import('./commands/replay.js')).registerReplay,
  },
  {
    name: 'bench',
    summary: 'put load on a model and report throughput and latency',
    load: async () => (await import('./commands/bench.js')).registerBench,
  },
  {
    name: 'plan',
    summary: 'predict instances, cores, memory, latency and cost at a rate of requests',
    load: async () => (await import('./commands/plan.js')).registerPlan,
  },
  {
    name: 'config',
    summary: "check and print the server's settings",
    load: async () => (await import('./commands/config.js')).registerConfig,
  },
  {
    name: 'access',
    summary: 'say who may do what, as the server is configured',
    load: async () => (await import('./commands/access.js')).registerAccess,
  },
  {
    name: 'doctor',
    summary: 'look over a server, and say what to correct',
    load: async () => (await import('./commands/doctor.js')).registerDoctor,
  },
  {
    name: 'reload',
    summary: 'reload keys, roles, bindings, certificates, routes, rollouts and log levels of a server',
    load: async () => (await import('./commands/reload.js')).registerReload,
  },
  {
    name: 'upgrade',
    summary: 'replace a server by a new process of the program at its path, while it answers',
    load: async () => (await import('./commands/upgrade.js')).registerUpgrade,
  },
  {
    name: 'feedback',
    summary: 'tell what became of an answer',
    load: async () => (await import('./commands/feedback.js')).registerFeedback,
  },
  {
    name: 'usage',
    summary: 'tell who has used what, and what it costs',
    load: async () => (await import('./commands/usage.js')).registerUsage,
  },
  {
    name: 'keys',
    summary: 'make keys for callers, look at them, replace them and take them away',
    load: async () => (await import('./commands/keys.js')).registerKeys,
  },
  {
    name: 'store',
    summary: 'look at the file that outlives a server, and copy it while it is in use',
    load: async () => (await import('./commands/store.js')).registerStore,
  },
  {
    name: 'types',
    summary: "print TypeScript types of a server's models",
    load: async () => (await import('./commands/types.js')).registerTypes,
  },
];

/** Runs one command line and resolves with its exit code; never rejects. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT_CODES.done.code;
  const program = createProgram(io);
  const context: CommandContext = {
    io,
    exitWith: (code) => {
      exitCode = code;
    },
  };
  try {
    await addCommands(program, context, argv);
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    const reason = exitReasonOf(error);
    if (reason !== 'done' && !(error instanceof CommanderError)) report(io, error, argv);
    return EXIT_CODES[reason].code;
  }
}

function createProgram(io: Io): Command {
  const { bold, cyan, dim } = io.stdout.colors;
  return new Command('millrace')
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
}

/** All commands by name, so that the overview and suggestions are whole, and the one that is meant in full. */
async function addCommands(program: Command, context: CommandContext, argv: readonly string[]): Promise<void> {
  const meant = commandOf(argv);
  for (const { name, summary, load } of COMMANDS) {
    if (name === meant) (await load())(program, context);
    else program.command(name).description(summary);
  }
}

function commandOf(argv: readonly string[]): string | undefined {
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  return first === 'help' ? second : first;
}

function describeExitCodes(): string {
  const lines = Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${String(code).padEnd(4)} ${meaning}`);
  return `\nExit codes:\n${lines.join('\n')}`;
}

function report(io: Io, error: unknown, argv: readonly string[]): void {
  const { message, code } = describeError(error);
  if (argv.includes('--json')) {
    io.stderr.write(formatJson({ error: message, code }));
    return;
  }
  const { red, dim } = io.stderr.colors;
  io.stderr.write(`${red('error:')} ${message}\n`);
  const hint = exitReasonOf(error) === 'unreachable' ? reachHint(error, commandOf(argv)) : undefined;
  if (hint !== undefined) io.stderr.write(dim(`${hint}\n`));
}
