import { MillraceError, toMillraceError } from '../../core/index.js';
import type { ModelPlace } from '../../repository/index.js';
import type { LoadingParts } from './parts.js';

/** Sources that the load of a model may pull, and its caller. */
export interface AskedPull {
  /** Where a new model comes from; undefined = what `model.yaml` says. */
  readonly source: string | undefined;
  /** Ends the pull: its caller has left. */
  readonly signal: AbortSignal;
  /** Runs the pull under the eyes of the audit trail. */
  readonly audited: (source: string, pull: () => Promise<void>) => Promise<void>;
}

interface Missing {
  readonly name: string;
  readonly repository: string | undefined;
  /** Where in a repository the model lies, for one that is loaded by that. */
  readonly from: string | undefined;
  readonly pull: AskedPull;
}

/**
 * Pulls a model that the load gives a source for, or whose own has not been pulled yet, where the settings allow that. To be called in
 * turn. Rejects with why a source that was given is not pulled; of the model's own it is left to the load to say so.
 */
export async function pullMissing(parts: LoadingParts, { name, repository, from, pull }: Missing): Promise<void> {
  const given = pull.source;
  if (given !== undefined) parts.puller.check(given);
  if (given !== undefined && from !== undefined) {
    throw new MillraceError('already_exists', `there is a model '${name}' already, which lies at ${from}`);
  }
  if (from !== undefined) return;
  const place = await parts.repository.locate(name, repository).catch((error: unknown) => {
    if (given !== undefined) throw error;
    return undefined;
  });
  if (place === undefined) return;
  const source = given ?? place.source;
  if (source === undefined) return;
  if (given === undefined && !(await isDue(parts, place, source))) return;
  if (place.isThere && place.source !== source) throw taken(place, source);
  await pull.audited(source, () => pullShown(parts, { place, source, signal: pull.signal }));
}

/** Files that are present are served unverified: `millrace pull` verifies them. */
async function isDue({ puller }: LoadingParts, place: ModelPlace, source: string): Promise<boolean> {
  if (!isAllowed(puller, source)) return false;
  return place.lacksFiles || (await puller.lacksFiles(place.folder));
}

function isAllowed(puller: LoadingParts['puller'], source: string): boolean {
  try {
    return puller.allows(source);
  } catch {
    // It is no source at all, which `millrace pull` says.
    return false;
  }
}

function taken({ name, repository, source: own }: ModelPlace, source: string): MillraceError {
  const has = own === undefined ? 'has no source' : `has the source ${own}`;
  const message = `there is a model '${name}' in ${repository} already, which ${has}; load ${source} under another name`;
  return new MillraceError('already_exists', message);
}

interface Shown {
  readonly place: ModelPlace;
  readonly source: string;
  readonly signal: AbortSignal;
}

/** The index shows the model as loading meanwhile, and what is wrong with one that should be there. */
async function pullShown(parts: LoadingParts, { place, source, signal }: Shown): Promise<void> {
  const { engine, puller, pulls } = parts;
  const { name, repository, folder, isThere } = place;
  const unloaded = new AbortController();
  pulls.set(name, unloaded);
  engine.reportComing(name, `pulling from ${source}`);
  let problem: string | undefined;
  try {
    await puller.pull(
      { name, repository, folder, source, isDeclared: isThere },
      {
        signal: AbortSignal.any([signal, unloaded.signal]),
        onProgress: (received, total) => engine.reportComing(name, describeProgress(source, received, total)),
      },
    );
  } catch (error) {
    problem = toMillraceError(error).message;
    throw error;
  } finally {
    pulls.delete(name);
    engine.forget(name, 0);
    // Callers choose the names of missing models: the index must not grow with them.
    if (problem !== undefined && isThere) engine.reportFailure(name, 0, problem);
  }
}

function describeProgress(source: string, receivedBytes: number, totalBytes: number | undefined): string {
  const received = (receivedBytes / 1e6).toFixed(1);
  const total = totalBytes === undefined ? '' : ` of ${(totalBytes / 1e6).toFixed(1)}`;
  return `pulling from ${source}: ${received}${total} MB`;
}
