import { decideVersions, type JudgedVersion } from './decide-versions.js';
import { combineDigests, hashFile, hashText } from './digest.js';
import type { FileCache } from './file-cache.js';
import type { FileStamp } from './files.js';
import { ModelConfigSchema, type VersionPolicy } from './model-config.js';
import { findNamedFiles, type Labels, readLabels } from './named-files.js';
import type { ModelReading, VersionCandidate } from './read-model.js';
import { describePolicy } from './select-versions.js';
import type { SettleTracker } from './settle.js';
import type { ModelSource, UnsettledVersion } from './types.js';

/** What of a model is served now, and what may be in a moment. */
export interface Selection {
  readonly sources: readonly ModelSource[];
  readonly unsettled: readonly UnsettledVersion[];
  readonly notices: readonly string[];
}

export interface SelectionContext {
  readonly tracker: SettleTracker;
  readonly labels: FileCache<readonly string[]>;
  readonly hashes: FileCache<string>;
  /** Model files that have been whole before. */
  readonly known: Set<string>;
}

interface Judged extends JudgedVersion {
  readonly candidate: VersionCandidate;
  readonly fingerprint: string;
}

/** Applies version policy and settling. Throws a sentence when a label file is wrong or the policy selects nothing. */
export async function selectSources(reading: ModelReading, context: SelectionContext): Promise<Selection> {
  const { name, config, configFile, candidates } = reading;
  const namedFiles = await findNamedFiles(reading);
  const shared = [...(configFile === undefined ? [] : [configFile]), ...namedFiles.map(({ file }) => file)];
  const judged = candidates.map((candidate) => judge(candidate, { reading, shared, context }));
  const policy = config.versions ?? (ModelConfigSchema.properties.versions.default as VersionPolicy);
  const { served, awaited } = decideVersions(policy, judged);
  const notices = missingVersions(policy, candidates).map(
    (version) => `${name}: the version policy asks for version ${version}, but there is none`,
  );
  if (candidates.length > 0 && served.size + awaited.size === 0) {
    const there = candidates.map(({ version }) => version).join(', ');
    throw new Error(`the version policy asks for ${describePolicy(policy)}, but there is only ${there}`);
  }
  const labels = served.size === 0 ? {} : await readLabels(namedFiles, context.labels);
  const sources: ModelSource[] = [];
  for (const version of judged) {
    if (!served.has(version.version)) continue;
    sources.push(await buildSource(version, { reading, labels, shared, hashes: context.hashes }));
  }
  const unsettled = judged
    .filter(({ version }) => awaited.has(version))
    .map(({ version, settlesInMs }) => ({ name, version, settlesInMs }));
  return { sources, unsettled, notices };
}

interface JudgeContext {
  readonly reading: ModelReading;
  readonly shared: readonly FileStamp[];
  readonly context: SelectionContext;
}

function judge(candidate: VersionCandidate, { reading, shared, context }: JudgeContext): Judged {
  const files = [...candidate.files, ...shared];
  const stamps = files.map(({ relative, stamp }) => `${relative} ${stamp}`);
  const fingerprint = hashText([candidate.path, reading.configText ?? '', ...stamps].join('\n')).slice(0, 32);
  const newestMtimeMs = Math.max(candidate.newestMtimeMs, ...shared.map(({ mtimeMs }) => mtimeMs));
  const { version, path } = candidate;
  // What was uploaded has been written in full by ourselves.
  if (reading.location.layout === 'upload') return { candidate, version, fingerprint, settlesInMs: 0, known: true };
  const settlesInMs = context.tracker.settlesInMs(path, `${fingerprint} ${newestMtimeMs}`, newestMtimeMs);
  if (settlesInMs === 0) context.known.add(path);
  return { candidate, version, fingerprint, settlesInMs, known: context.known.has(path) };
}

function missingVersions(policy: VersionPolicy, candidates: readonly VersionCandidate[]): readonly number[] {
  if (policy === 'all' || 'latest' in policy) return [];
  return policy.specific.filter((wanted) => candidates.every(({ version }) => version !== wanted));
}

interface SourceContext {
  readonly reading: ModelReading;
  readonly labels: Labels;
  readonly shared: readonly FileStamp[];
  readonly hashes: FileCache<string>;
}

async function buildSource({ candidate, fingerprint }: Judged, context: SourceContext): Promise<ModelSource> {
  const { reading, labels, shared, hashes } = context;
  const hashed: { relative: string; sha256: string }[] = [];
  for (const { relative, path, stamp } of [...candidate.files, ...shared]) {
    hashed.push({ relative, sha256: await hashes.get(path, stamp, () => hashFile(path)) });
  }
  if (reading.configText !== undefined) hashed.push({ relative: '../config', sha256: hashText(reading.configText) });
  return {
    name: reading.name,
    version: candidate.version,
    repository: reading.location.repository,
    modelFolder: reading.location.folder,
    path: candidate.path,
    runtime: reading.runtime,
    config: reading.config,
    labels,
    digest: combineDigests(hashed),
    fingerprint,
  };
}
