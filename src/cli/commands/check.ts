import type { Command } from 'commander';
import { type App, createApp } from '../../app.js';
import type { Settings } from '../../config/index.js';
import { MillraceError } from '../../core/index.js';
import { type ModelInfo, sampleShapes } from '../../engine/index.js';
import { createLocalModel } from '../../local-infer.js';
import { loadRuntimes } from '../../repository/index.js';
import { findCheckTarget } from '../check-target.js';
import { type CommandContext, examples } from '../command.js';
import { EXIT_CODES } from '../exit-code.js';
import { type CheckedModel, formatCheck, summarizeRuns, toJsonCheck } from '../format/check.js';
import { formatJson } from '../format/json.js';
import type { ServedModel } from '../format/serving.js';
import { type InputFlag, parseInputFlag, parseShapeFlag } from '../inputs/input-flags.js';
import { type InputValues, readInputs } from '../inputs/read-inputs.js';
import type { Io } from '../io.js';
import { noticesByModel } from '../notices.js';
import { type Progress, withProgress } from '../progress.js';
import { reportApp } from '../report-app.js';
import { checkRepositories, emptyRepositories } from '../repositories.js';
import { collect, parseCount } from '../server-options.js';
import { addModelFlags, type GivenFlags, loadSettingsFor } from '../setting-flags.js';

interface CheckFlags {
  readonly runs: number;
  readonly input?: readonly InputFlag[];
  readonly shape?: readonly (readonly [string, readonly number[]])[];
  readonly verbose?: true;
  readonly json?: true;
}

/** `millrace check [folder|model]`: loads, warms up, runs, and says what it found. */
export function registerCheck(program: Command, { io, exitWith }: CommandContext): void {
  addModelFlags(program.command('check [target]'))
    .description('load the models of a folder, or one model, run each, and say what was found')
    .option('--runs <count>', 'timed runs of each model', parseCount, 20)
    .option(
      '-i, --input <[name=]value>',
      'what to run with, as for infer (default: random numbers); repeatable',
      collect(parseInputFlag),
    )
    .option(
      '--shape <name=sizes>',
      'full shape of an input with open dimensions (default: 1 for each); repeatable',
      collect(parseShapeFlag),
    )
    .option('--verbose', 'log to the standard error, as with --log-level')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        'millrace check ./models',
        'millrace check mobilenet.onnx --runs 100',
        'millrace check ./models/silero-vad --shape input=1,576 -i sr=16000',
      ),
    )
    .action(async (target: string | undefined, flags: GivenFlags & CheckFlags) => {
      const models = await check(io, target, flags);
      io.stdout.write(flags.json ? formatJson(models.map(toJsonCheck)) : formatCheck(models, io.stdout.colors));
      if (models.some((model) => model.problem !== undefined)) exitWith(EXIT_CODES.failed.code);
    });
}

async function check(
  io: Io,
  target: string | undefined,
  flags: GivenFlags & CheckFlags,
): Promise<readonly CheckedModel[]> {
  const settings = await checkSettings(io, target, flags);
  return withProgress(io, 'loading models', async (progress) => {
    const app = await createApp(settings);
    const notices: string[] = [];
    app.events.subscribe('diagnostic', ({ room, level, message }) => {
      if ((room === 'repository' || room === 'engine') && level === 'warn') notices.push(message);
    });
    try {
      await app.start();
      const checked = await examine(io, { app, flags }, progress);
      const byModel = noticesByModel(notices);
      return checked.map((model) => ({ ...model, notices: byModel.get(model.name) ?? [] }));
    } finally {
      await app.close({ drainDelayMs: 0 });
    }
  });
}

async function checkSettings(io: Io, target: string | undefined, flags: GivenFlags & CheckFlags): Promise<Settings> {
  const { repository, runners } = await loadSettingsFor(io, flags);
  const runtimes = await loadRuntimes(runners.runtimes);
  const places = { cwd: io.cwd, repositories: repository.paths, runtimes };
  const { repositories, model } = await findCheckTarget(target, places);
  await checkRepositories(repositories, false);
  return loadSettingsFor(io, flags, {
    modelRepository: repositories,
    strict: false,
    ...(model === undefined ? { modelControlMode: 'none' } : { modelControlMode: 'explicit', loadModel: [model] }),
    ...(flags.verbose === true || flags.logLevel !== undefined ? {} : { logLevel: 'silent' }),
  });
}

interface Trial {
  readonly app: App;
  readonly served: ServedModel;
  readonly flags: CheckFlags;
}

async function examine(
  io: Io,
  { app, flags }: Omit<Trial, 'served'>,
  progress: Progress,
): Promise<readonly CheckedModel[]> {
  const report = await reportApp(app);
  if (report.served.length + report.unserved.length === 0) throw emptyRepositories(app.settings.repository.paths);
  const checked: CheckedModel[] = report.unserved.map(({ name, version, reason }) => ({
    name,
    version,
    problem: reason,
  }));
  for (const served of report.served) {
    progress.update(`running ${served.info.ref.name}`);
    checked.push(await run(io, { app, served, flags }));
  }
  return checked.sort((one, other) => one.name.localeCompare(other.name) || one.version - other.version);
}

async function drain(answers: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of answers);
}

async function run(io: Io, { app, served, flags }: Trial): Promise<CheckedModel> {
  const { info } = served;
  const { name, version } = info.ref;
  const timesMs: number[] = [];
  try {
    const inputs = await makeInputs(io, info, flags);
    for (let index = 0; index <= flags.runs; index++) {
      const startedAt = performance.now();
      // Models that keep no sequences, nor are made of such, take no notice.
      const sequence = { id: 1n, start: index === 0, end: index === flags.runs };
      await drain(createLocalModel(app, name, version).stream(inputs, { sequence }));
      timesMs.push(performance.now() - startedAt);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const alone = app.settings.repository.controlMode === 'explicit';
    if (alone && error instanceof MillraceError && error.code === 'not_found') {
      // It calls a model that was not loaded with it: no input would help.
      const hint = 'a model that calls others is checked with them: give the folder of the repository';
      return { name, version, served, problem: undefined, notRun: `${message}\n${hint}` };
    }
    const guesses = guessesOf(info, flags);
    if (guesses.length === 0) return { name, version, served, problem: `does not run: ${message}` };
    const hint = `what was made up for it may not suit it; say ${guesses.join(' ')}`;
    return { name, version, served, problem: undefined, notRun: `${message}\n${hint}` };
  }
  // The first run pays for what the later ones find in place.
  return { name, version, served, runs: summarizeRuns(timesMs.slice(1)), problem: undefined };
}

/** What the flags give, the shapes of the first warm-up sample, and random numbers for the rest. */
function makeInputs(io: Io, info: ModelInfo, flags: CheckFlags): Promise<InputValues> {
  return readInputs(
    info.signature.inputs.filter((spec) => !spec.optional),
    {
      flags: flags.input ?? [],
      requestFile: undefined,
      shapes: { ...sampleShapes(info), ...Object.fromEntries(flags.shape ?? []) },
      fill: 'random',
      cwd: io.cwd,
      readStdin: () => io.readStdin(),
    },
  );
}

/** Flags that would replace a guess: sizes that are open and no batch, and integers or text, of which not all are valid. */
function guessesOf(info: ModelInfo, flags: CheckFlags): readonly string[] {
  const given = new Set((flags.input ?? []).map(({ name }) => name ?? info.signature.inputs[0]?.name));
  const shaped = { ...sampleShapes(info), ...Object.fromEntries(flags.shape ?? []) };
  return info.signature.inputs
    .filter(({ name, optional }) => !optional && !given.has(name))
    .flatMap(({ name, datatype, shape, batchAxis }) => {
      const open = !(name in shaped) && shape.some((size, axis) => size === -1 && axis !== batchAxis);
      const discrete = !/^(FP|BF|BOOL)/.test(datatype);
      return [...(open ? [`--shape ${name}=…`] : []), ...(discrete ? [`-i ${name}=…`] : [])];
    });
}
