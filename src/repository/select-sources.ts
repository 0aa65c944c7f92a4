import type { RuntimeManifest } from '../runtimes/index.js';
import { decideVersions, type JudgedVersion } from './decide-versions.js';
import type { DeclaredLabelVersions } from './declared-label-versions.js';
import { combineDigests, hashFile, hashText } from './digest.js';
import type { FileCache } from './file-cache.js';
import type { FileStamp } from './files.js';
import { DEFAULT_VERSION_POLICY, type VersionPolicy } from './model-config.js';
import { findNamedFiles, type Labels, readLabels } from './named-files.js';
import type { ModelReading, VersionReading } from './read-model.js';
import { describePolicy } from './select-versions.js';
import type { SettleTracker } from './settle.js';
import type { ModelSource } from './types.js';

/** What of a model is served now, what may be in a moment, and what is wrong with the rest. */
export interface Selection {
  readonly sources: readonly ModelSource[];
  readonly unsettled: readonly { readonly version: number; readonly settlesInMs: number }[];
  readonly unselected: readonly { readonly version: number; readonly policy: string }[];
  readonly problems: readonly { readonly version: number; readonly reason: string }[];
  readonly notices: readonly string[];
}

export interface SelectionContext {
  readonly tracker: SettleTracker;
  readonly labels: FileCache<readonly string[]>;
  readonly hashes: FileCache<string>;
  /** Labels of a model's versions besides those of its configuration. */
  readonly declaredLabels: DeclaredLabelVersions;
}

interface Judged extends JudgedVersion {
  readonly reading: VersionReading;
  readonly fingerprint: string;
}

/** Applies version policy and settling. Throws a sentence when a label file is wrong or the policy selects nothing. */
export async function selectSources(model: ModelReading, context: SelectionContext): Promise<Selection> {
  const named = await findNamedFiles(model);
  const shared = [...(model.configFile === undefined ? [] : [model.configFile]), ...named.map(({ file }) => file)];
  const judged = model.versions.map((version) => judge(version, { model, shared, tracker: context.tracker }));
  const problems = judged.flatMap(({ version, settlesInMs, reading }) =>
    settlesInMs === 0 && 'problem' in reading.model ? [{ version, reason: reading.model.problem }] : [],
  );
  const usable = judged.filter(({ settlesInMs, reading }) => settlesInMs > 0 || 'path' in reading.model);
  const policy = model.config.versions ?? DEFAULT_VERSION_POLICY;
  const versionLabels = { ...context.declaredLabels.of(model.name), ...model.config.labels };
  const { served, awaited } = decideVersions({ policy, labelled: Object.values(versionLabels) }, usable);
  if (usable.length > 0 && served.size + awaited.size === 0) {
    const there = usable.map(({ version }) => version).join(', ');
    throw new Error(`the version policy asks for ${describePolicy(policy)}, but there is only ${there}`);
  }
  const labels = served.size === 0 ? {} : await readLabels(named, context.labels);
  const sources: ModelSource[] = [];
  for (const { version, fingerprint, reading } of usable) {
    if (!served.has(version) || 'problem' in reading.model) continue;
    const { path, runtime } = reading.model;
    sources.push(
      await buildSource(reading, { model, path, runtime, labels, shared, fingerprint, hashes: context.hashes }),
    );
  }
  const missing = missingVersions(policy, judged);
  return {
    sources,
    unsettled: usable
      .filter(({ version }) => awaited.has(version))
      .map(({ version, settlesInMs }) => ({ version, settlesInMs })),
    unselected: usable
      .filter(({ version }) => !served.has(version) && !awaited.has(version))
      .map(({ version }) => ({ version, policy: describePolicy(policy) })),
    problems,
    notices: [
      ...missing.map((version) => `${model.name}: the version policy asks for version ${version}, but there is none`),
      ...Object.entries(versionLabels)
        .filter(([, labelled]) => judged.every(({ version }) => version !== labelled))
        .map(
          ([label, labelled]) => `${model.name}: label '${label}' stands for version ${labelled}, but there is none`,
        ),
    ],
  };
}

interface JudgeContext {
  readonly model: ModelReading;
  readonly shared: readonly FileStamp[];
  readonly tracker: SettleTracker;
}

function judge(reading: VersionReading, { model, shared, tracker }: JudgeContext): Judged {
  const { version } = reading;
  const { folder, name, layout } = model.location;
  const stamps = [...reading.files, ...shared].map(({ relative, stamp }) => `${relative} ${stamp}`);
  const fingerprint = hashText([folder, name, version, model.configText ?? '', ...stamps].join('\n')).slice(0, 32);
  // What was uploaded has been written in full by ourselves.
  if (layout === 'upload') return { reading, version, fingerprint, settlesInMs: 0, known: true };
  const newestMtimeMs = Math.max(reading.newestMtimeMs, ...shared.map(({ mtimeMs }) => mtimeMs));
  const judgement = tracker.judge(`${folder}\n${name}\n${version}`, fingerprint, newestMtimeMs);
  return { reading, version, fingerprint, ...judgement };
}

function missingVersions(policy: VersionPolicy, judged: readonly Judged[]): readonly number[] {
  if (policy === 'all' || 'latest' in policy) return [];
  return policy.specific.filter((wanted) => judged.every(({ version }) => version !== wanted));
}

interface SourceContext {
  readonly model: ModelReading;
  readonly path: string;
  readonly runtime: RuntimeManifest;
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly shared: readonly FileStamp[];
  readonly hashes: FileCache<string>;
}

async function buildSource(reading: VersionReading, context: SourceContext): Promise<ModelSource> {
  const { model, labels, shared, hashes } = context;
  const hashed: { relative: string; sha256: string }[] = [];
  for (const file of [...reading.files, ...shared]) {
    const sha256 = await hashes.get(file.path, file.stamp, () => hashFile(file.path));
    hashed.push({ relative: file.relative, sha256 });
  }
  if (model.configText !== undefined) hashed.push({ relative: '../config', sha256: hashText(model.configText) });
  return {
    name: model.name,
    version: reading.version,
    repository: model.location.repository,
    modelFolder: model.location.folder,
    path: context.path,
    sizeBytes: reading.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    runtime: context.runtime.name,
    manifest: context.runtime,
    config: model.config,
    ...(Object.keys(model.labelPlaces).length > 0 && { labelPlaces: model.labelPlaces }),
    labels,
    digest: combineDigests(hashed),
    fingerprint: context.fingerprint,
    ...(model.location.renamed === undefined ? {} : { from: model.location.renamed.from }),
  };
}
