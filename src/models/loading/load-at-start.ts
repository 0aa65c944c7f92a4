import { MillraceError } from '../../core/index.js';
import {
  composingModels,
  diffScan,
  type ModelSource,
  type Repository,
  scanSettled,
  scanWithComposing,
} from '../../repository/index.js';
import { applyNames } from './apply-names.js';
import type { Hold } from './held-models.js';
import { missingModels } from './missing-models.js';
import type { LoadingParts } from './parts.js';

/** Loads what the control mode says; returns what did not load, as sentences. To be called in the turn of all models. */
export function loadAtStart(parts: LoadingParts, hold: Hold): Promise<readonly string[]> {
  const { repository, options } = parts;
  if (options.controlMode !== 'explicit' || options.loadModels.includes('*')) {
    return loadAll(parts, { place: repository, wanted: [], hold });
  }
  const wanted = options.loadModels;
  if (wanted.length === 0) {
    const message = "no model is loaded at the start: explicit mode loads only those of --load-model ('*' = all)";
    parts.events.publish('diagnostic', { level: 'info', room: 'service', message });
    return Promise.resolve([]);
  }
  const place = { scan: () => scanWithComposing(repository, wanted, () => false) };
  return loadAll(parts, { place, wanted, hold });
}

interface AskedModels {
  readonly place: Pick<Repository, 'scan'>;
  /** Names; none = all models of the place. */
  readonly wanted: readonly string[];
  readonly hold: Hold;
}

async function loadAll(parts: LoadingParts, { place, wanted, hold }: AskedModels): Promise<readonly string[]> {
  const { engine, known, watch, index, loader, broughtAlong, patience } = parts;
  const first = await place.scan();
  hold(first.sources.flatMap(composingModels));
  applyNames(parts, first.sources, { isFinal: false });
  const round = loader.createRound();
  // Only ensembles wait for files of other models.
  round.add(first.sources.filter(isPlain));
  const scan = watch.judge(first.unsettled.length === 0 ? first : await scanSettled(place, {}, patience));
  const { added, changed, removed, sources } = diffScan(first.sources, scan);
  const late = [...added, ...changed.map(({ to }) => to)];
  known.remember(scan.names, sources);
  const failures = [
    // Where a few models are requested by name, missing ones are reported.
    ...(wanted.length === 0 ? scan.unlisted.map(({ reason }) => reason) : []),
    ...scan.problems.map(({ name, reason }) => `${name}: ${reason}`),
  ];
  for (const { name, version } of scan.unsettled) {
    const reason = 'its files are still changing';
    engine.reportFailure(name, version, reason);
    failures.push(`${name}: ${reason}`);
  }
  index.report(scan);
  index.noteUnselected(scan);
  const missing = wanted.length === 0 ? [] : [...wanted, ...missingModels(scan.sources, scan.names)];
  failures.push(...index.reportMissing(missing.filter((name) => !scan.names.includes(name))));
  for (const name of scan.names) if (wanted.length > 0 && !wanted.includes(name)) broughtAlong.add(name);
  const replaced = new Set(changed.map(({ from }) => from));
  round.add([...late, ...first.sources.filter((source) => !isPlain(source) && !replaced.has(source))]);
  for (const { source, result } of await round.results()) {
    if (result instanceof MillraceError) failures.push(`${source.name}: ${result.message}`);
  }
  applyNames(parts, sources, { isFinal: true });
  // A version that served until newer files were complete is unloaded, unless these fail to load.
  const kept = removed.filter(({ name }) => index.hasFailed(name, sources));
  if (kept.length > 0) known.remember(scan.names, [...sources, ...kept]);
  index.unloadRemoved(removed.filter((source) => !kept.includes(source)));
  return failures;
}

function isPlain(source: ModelSource): boolean {
  return composingModels(source).length === 0;
}
