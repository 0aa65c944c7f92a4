import {
  invalidArgument,
  joinMessages,
  MillraceError,
  msg,
  namedModel,
  ShutdownError,
  wordingOf,
} from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import {
  composingModels,
  diffScan,
  type ModelSource,
  mergeScans,
  type RepositoryScan,
  scanSettled,
  scanWithComposing,
} from '../../repository/index.js';
import { applyNames } from './apply-names.js';
import type { Hold } from './held-models.js';
import type { LoadOptions } from './load-overrides.js';
import { missingModels } from './missing-models.js';
import type { LoadingParts } from './parts.js';
import { type AskedPull, pullMissing } from './pull-missing.js';

export interface AskedLoad {
  readonly name: string;
  readonly options: LoadOptions;
  /** Sources that may be pulled for it; undefined = none. */
  readonly pull?: AskedPull | undefined;
  /** Holds the models that the load needs. */
  readonly hold: Hold;
}

/**
 * Loads one model's selected versions, changed or not, and unloads the others; before an ensemble the models that it is made of, where
 * they are not served. To be called in turn. Rejects when a version of the model itself fails.
 */
export async function loadModel(
  parts: LoadingParts,
  { name, options, pull, hold }: AskedLoad,
): Promise<readonly ModelInfo[]> {
  const { repository, known, index, loader, overrides, broughtAlong, patience } = parts;
  if (options.from !== undefined && index.isServed(name)) {
    throw new MillraceError('already_exists', msg`there is a ${namedModel(name)} already; unload it first`);
  }
  const given = overrides.complete(name, options);
  const isBrought = options.fileOverrides !== undefined;
  if (pull !== undefined && !isBrought) {
    await pullMissing(parts, { name, repository: options.repository, from: given.from, pull });
  }
  const own = await scanSettled(repository, { ...given, name }, patience);
  if (own.sources.length === 0) throw nothingToLoad(name, own);
  const others = await scanComposing(parts, own.sources, hold);
  index.report(others);
  for (const scan of [others, own]) index.noteUnselected(scan);
  index.reportMissing(missingModels(own.sources, others.names).filter((part) => !index.isServed(part)));
  applyNames(parts, [...others.sources, ...own.sources], { isFinal: false });
  const round = loader.createRound();
  known.remember(others.names, others.sources);
  for (const part of others.names) broughtAlong.add(part);
  const results = round.add([...others.sources, ...own.sources]);
  const infos = await Promise.all(results.slice(others.sources.length));
  const failed = infos.filter((info): info is MillraceError => info instanceof MillraceError);
  if (failed[0] !== undefined) {
    if (isBrought || options.from !== undefined) index.noteFailedUpload(name);
    const shutdown = failed.find((error) => error instanceof ShutdownError);
    if (shutdown !== undefined) throw shutdown;
    const reasons = joinMessages(failed.map(wordingOf), '; ');
    throw invalidArgument(msg`${namedModel(name)} failed to load: ${reasons}`, { cause: failed[0] });
  }
  applyNames(parts, own.sources, { isFinal: true });
  const { removed, sources } = diffScan(known.of(name), own);
  known.remember([name], sources);
  broughtAlong.delete(name);
  index.retire(removed, own, name);
  overrides.keep(name, given);
  return infos as readonly ModelInfo[];
}

/** Steps of the ensembles among these that are not served. */
function scanComposing(
  { repository, index, patience }: LoadingParts,
  sources: readonly ModelSource[],
  hold: Hold,
): Promise<RepositoryScan> {
  const composing = [...new Set(sources.flatMap(composingModels))];
  hold(composing);
  const names = composing.filter((name) => !index.isServed(name));
  if (names.length === 0) return Promise.resolve(mergeScans([]));
  const own = new Set(sources.map(({ name }) => name));
  const skip = (name: string) => {
    hold([name]);
    return own.has(name) || index.isServed(name);
  };
  return scanSettled({ scan: () => scanWithComposing(repository, names, skip) }, {}, patience);
}

function nothingToLoad(name: string, scan: RepositoryScan): MillraceError {
  const problem = scan.problems.find((candidate) => candidate.name === name);
  if (problem !== undefined) return invalidArgument(msg`${namedModel(name)} failed to load: ${problem.reason}`);
  if (scan.unsettled.some((version) => version.name === name)) {
    return new MillraceError('unavailable', msg`the files of ${namedModel(name)} are still changing; try again`, {
      retryAfterMs: 1_000,
    });
  }
  if (scan.names.includes(name)) {
    return invalidArgument(msg`${namedModel(name)} has no version that its version policy selects`);
  }
  const unlisted = scan.unlisted.map(({ reason }) => `; ${reason}`).join('');
  return new MillraceError('not_found', msg`no repository has a ${namedModel(name)}${unlisted}`);
}
