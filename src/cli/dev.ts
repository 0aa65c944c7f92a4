import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { App } from '../app.js';
import type { Settings } from '../config/index.js';
import { formatModelRef, invalidArgument } from '../core/index.js';
import { formatJson } from './format/json.js';
import { formatSourceLines } from './format/source-lines.js';
import { formatMs } from './format/units.js';
import type { Io } from './io.js';

const POLL_INTERVAL_MS = 200;
/** Editors write a file at once; half-copied models are not what is worked on. */
const STABLE_MS = 50;

/** The settings for working on models: changes on disk are followed at once. */
export function devSettings(settings: Settings): Settings {
  const { repository } = settings;
  if (repository.controlMode === 'explicit') {
    throw invalidArgument('--dev follows the files, so it does not go with explicit model control');
  }
  return {
    ...settings,
    repository: { ...repository, controlMode: 'poll', pollIntervalMs: POLL_INTERVAL_MS, stableMs: STABLE_MS },
  };
}

/** Says what comes of every save. */
export function announceReloads(io: Io, app: App, { json }: { readonly json: boolean }): void {
  const failures = new Map<string, string>();
  const failed = (failure: Failure): void => {
    const model = formatModelRef(failure);
    if (failures.get(model) === failure.reason) return;
    failures.set(model, failure.reason);
    if (json) io.stdout.write(formatJson({ event: 'failed', ...namesOf(failure), reason: failure.reason }));
    else io.stdout.write(describeFailure(io, app, failure));
  };
  app.events.subscribe('modelStateChanged', ({ ref, state, loadMs }) => {
    if (state.kind === 'failed') failed({ ...ref, reason: state.reason });
    if (state.kind !== 'ready' || loadMs === undefined) return;
    failures.delete(formatModelRef(ref));
    if (json) io.stdout.write(formatJson({ event: 'loaded', ...namesOf(ref), loadMs }));
    else io.stdout.write(`${io.stdout.colors.green(`${formatModelRef(ref)} loaded`)} in ${formatMs(loadMs)}\n`);
  });
  // What could not take the place of what serves changes no state.
  app.events.subscribe('diagnostic', ({ fields = {} }) => {
    const { model: name, version, reason } = fields;
    if (typeof name === 'string' && typeof version === 'number' && typeof reason === 'string') {
      failed({ name, version, reason });
    }
  });
}

interface Failure {
  readonly name: string;
  readonly version: number;
  readonly reason: string;
}

function namesOf({ name, version }: Omit<Failure, 'reason'>): { readonly model: string; readonly version: number } {
  return { model: name, version };
}

function describeFailure(io: Io, app: App, failure: Failure): string {
  const { red, dim } = io.stdout.colors;
  const { name, version, reason } = failure;
  // Version 0 stands for what is wrong with a model as a whole.
  const subject = version === 0 ? name : formatModelRef(failure);
  const serving = app.engine.serving(name).length > 0;
  const lines = [
    red(`${subject} could not be loaded: ${reason}`),
    ...sourceLines(io, foldersOf(app, failure), reason),
    ...(serving ? [dim('what was loaded before goes on serving')] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Where the file that a reason names may lie. */
function foldersOf(app: App, { name, version }: Failure): readonly string[] {
  return app.settings.repository.paths.flatMap((root) => [
    path.join(root, name, String(version)),
    path.join(root, name),
    root,
  ]);
}

/** The lines around the place that a reason begins with, if it does. */
function sourceLines(io: Io, folders: readonly string[], reason: string): readonly string[] {
  const [, file, line, column] = /^(\S+?):(\d+):(\d+): /.exec(reason) ?? [];
  if (file === undefined) return [];
  for (const folder of folders) {
    try {
      const text = readFileSync(path.resolve(folder, file), 'utf8');
      return formatSourceLines(text, { line: Number(line), column: Number(column) }, io.stdout.colors);
    } catch {
      // It may lie in one of the others.
    }
  }
  return [];
}
