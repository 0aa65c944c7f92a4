import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../app.js';
import type { Answer, AnswerBatch, BatchModel } from '../../batch-files/index.js';
import type { Settings } from '../../config/index.js';
import { type InferRequest, invalidArgument, MillraceError, type RequestedOutput } from '../../core/index.js';
import { localCall } from '../../local-infer.js';
import { computeUsOf } from '../../metering/index.js';
import { loadRuntimes } from '../../repository/index.js';
import type { ServedModel } from '../../service/index.js';
import { findCheckTarget } from '../check-target.js';
import type { Io } from '../io.js';
import { checkRepositories } from '../repositories.js';
import { loadSettingsFor } from '../setting-flags.js';
import type { BatchFlags } from './flags.js';
import type { RunModel } from './run-model.js';

/** Loads a model in this process as a server would, and opens no port. */
export async function openLocalModel(io: Io, target: string, flags: BatchFlags): Promise<RunModel> {
  // The store is that of a server, which runs its jobs and writes its own usage.
  const folder = await mkdtemp(join(tmpdir(), 'millrace-batch-'));
  const close = async (app?: App) => {
    await app?.close({ drainDelayMs: 0 });
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { settings, name } = await localSettings(io, { target, flags, storePath: join(folder, 'store.db') });
    const app = await createApp(settings);
    try {
      await app.start();
      const info = await resolveInfo(app, name, flags.modelVersion);
      const asking = askingOf(app, info);
      return {
        model: describe(info),
        ask: asking,
        answers: async ({ outputs }) => asking(outputs),
        inFlight: 2 * info.instances + 2,
        settings,
        close: () => close(app),
      };
    } catch (error) {
      await close(app);
      throw error;
    }
  } catch (error) {
    await close();
    throw error;
  }
}

interface LocalQuestion {
  readonly target: string;
  readonly flags: BatchFlags;
  readonly storePath: string;
}

async function localSettings(
  io: Io,
  { target, flags, storePath }: LocalQuestion,
): Promise<{ readonly settings: Settings; readonly name: string }> {
  const { repository, runners } = await loadSettingsFor(io, flags);
  const runtimes = await loadRuntimes(runners.runtimes);
  const places = { cwd: io.cwd, repositories: repository.paths, runtimes };
  const { repositories, model } = await findCheckTarget(target, places);
  await checkRepositories(repositories, false);
  if (model === undefined) {
    throw invalidArgument(`${target} is a folder of models: name one of them, such as ${join(target, 'NAME')}`);
  }
  const settings = await loadSettingsFor(io, flags, {
    modelRepository: repositories,
    strict: false,
    modelControlMode: 'explicit',
    loadModel: [model],
    storePath,
    ...(flags.logLevel === undefined ? { logLevel: 'silent' } : {}),
  });
  return { settings, name: model };
}

async function resolveInfo(app: App, name: string, version: number | undefined): Promise<ServedModel> {
  const call = localCall(app);
  try {
    const { info } = await app.service.inference.resolve(call, { name, version }, ONE_ANSWER);
    const isCut = info.signature.inputs.some(({ media }) => media?.kind === 'audio' && media.windowSamples > 0);
    // A sound that is cut into windows is a sequence of its own.
    if (info.sequences && !isCut) {
      throw new MillraceError('unimplemented', `model '${name}' keeps sequences: rows of a file are none`);
    }
    return info;
  } finally {
    call.end();
  }
}

const ONE_ANSWER = { onlyOne: 'a row of a file has one answer', whole: true };

function describe({ ref, source, signature, maxBatchSize }: ServedModel): BatchModel {
  const { name, version } = ref;
  return { name, version, digest: source.digest, inputs: signature.inputs, outputs: signature.outputs, maxBatchSize };
}

function askingOf(app: App, { ref }: ServedModel): (outputs: readonly string[]) => AnswerBatch {
  return (names) => {
    const outputs: readonly RequestedOutput[] = names.map((name) => ({ name, classificationCount: 0 }));
    return ({ inputs, rows }, signal) => infer(app, ref, { inputs, outputs, rows, signal });
  };
}

interface Request extends Pick<InferRequest, 'inputs' | 'outputs'> {
  readonly rows: number;
  readonly signal: AbortSignal;
}

async function infer(app: App, ref: ServedModel['ref'], { inputs, outputs, rows, signal }: Request): Promise<Answer> {
  const call = localCall(app);
  const abort = () => call.cancel(new MillraceError('cancelled', 'the run was stopped'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const watch = app.deadlines.watch(call);
  try {
    const resolved = await app.service.inference.resolve(call, { name: ref.name, version: ref.version }, ONE_ANSWER);
    const result = await app.service.inference.infer(call, resolved, { ...PLAIN, inputs, outputs });
    if (result.kind !== 'one') throw new MillraceError('internal', 'the model has given several answers');
    return { outputs: result.response.outputs, computeUs: computeUsOf(result.timing, rows) };
  } finally {
    signal.removeEventListener('abort', abort);
    app.deadlines.unwatch(watch);
    call.end();
  }
}

const PLAIN = { id: '', parameters: {}, priority: 0, queueTimeoutMs: undefined, sequence: undefined } as const;
