import { promises as fs } from 'node:fs';
import path from 'node:path';
import { invalidArgument, MillraceError, type SamplingDefaults } from '../core/index.js';
import { type ChosenFile, chooseFiles } from './choose-files.js';
import { type Digest, digestOf, isSameDigest } from './digest.js';
import { GENERATION_CONFIG, generationConfigOf, samplingOfConfig } from './generation-config.js';
import { isPlaced, type Lock, type LockedFile, readLock } from './lock.js';
import { createStaging, placeModel } from './place.js';
import type { PullSetup, Resolved } from './resolved.js';
import { parseSource, type Source, withPath } from './source.js';

/** A model that is to be there. */
export interface PullOrder {
  readonly name: string;
  /** Absolute: the repository that it is in, and its folder there. */
  readonly repository: string;
  readonly folder: string;
  /** As `model.yaml` has it, or will have it: paths are relative to the model's folder. */
  readonly source: string;
  /** Whether `model.yaml` is there and has it already. */
  readonly isDeclared: boolean;
  /** Takes what the source is now, whatever the lock says. */
  readonly update: boolean;
}

export type { PullSetup } from './resolved.js';

export interface PulledModel {
  readonly name: string;
  /** `unchanged`: everything is there already. */
  readonly outcome: 'pulled' | 'updated' | 'unchanged';
  readonly folder: string;
  readonly lock: Lock;
}

/**
 * Makes a model be there as its lock says, or as its source is now where there is no lock. Rejects with `invalid_argument`,
 * `not_found`, `failed_precondition` (digests, archives), `unavailable` (nobody answers), or the signal's reason.
 */
export async function pullModel(order: PullOrder, { names, ...others }: PullSetup): Promise<PulledModel> {
  const { name, folder, update } = order;
  // Sampling defaults are written into a new `model.yaml` only.
  const setup = { ...others, names: order.isDeclared ? { ...names, samplingSection: () => undefined } : names };
  const source = parseSource(order.source);
  const lock = await readLock(folder);
  if (lock !== undefined && lock.source !== order.source && !update) {
    const message = `${name}: the source is ${order.source}, but the lock is of ${lock.source}; --update takes the new one`;
    throw new MillraceError('failed_precondition', message, { subject: { model: name } });
  }
  const unchanged = { name, outcome: 'unchanged', folder } as const;
  if (lock !== undefined && !update && (await isPlaced(folder, lock))) return { ...unchanged, lock };
  // Readers of archives and registries take longer to load than the rest of a server's start, and most servers pull nothing.
  const { fetchSource } = await import('./resolve.js');
  const resolved = await fetchSource(source, update ? undefined : lock, { folder, setup });
  if (lock !== undefined && (await isSame(resolved, { lock, folder, source: order.source })))
    return { ...unchanged, lock };
  setup.signal?.throwIfAborted();
  try {
    const placed = await unpack(order, { folder, source, resolved }, setup);
    return { name, outcome: lock !== undefined && update ? 'updated' : 'pulled', folder, lock: placed };
  } catch (error) {
    // Another pull of the same model may have been faster.
    const other = isInTheWay(error) ? await readLock(folder) : undefined;
    if (other === undefined || !(await isSame(resolved, { lock: other, folder, source: order.source }))) throw error;
    return { ...unchanged, lock: other };
  } finally {
    if (resolved.cached.length > 0) await setup.cache.prune(resolved.cached);
  }
}

function isInTheWay(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'already_exists';
}

interface Known {
  readonly lock: Lock;
  readonly folder: string;
  readonly source: string;
}

async function isSame({ digest }: Resolved, { lock, folder, source }: Known): Promise<boolean> {
  return lock.source === source && isSameDigest(digest, lock.digest) && (await isPlaced(folder, lock));
}

interface Unpacking {
  readonly folder: string;
  readonly source: Source;
  readonly resolved: Resolved;
}

async function unpack(order: PullOrder, unpacking: Unpacking, { names, signal }: PullSetup): Promise<Lock> {
  const { folder, source, resolved } = unpacking;
  const { contents, digest } = resolved;
  const chosen = chooseFiles({
    files: contents.files,
    wanted: source.kind === 'file' ? undefined : source.path,
    name: contents.name,
    names,
    sourceOf: (inside) => withPath(source, inside),
  });
  const staging = await createStaging(order.repository);
  try {
    const prepared = path.join(staging, 'files');
    await fs.mkdir(prepared);
    const targets = new Map(chosen.map((file) => [file.path, path.join(prepared, file.target)]));
    const [model] = chosen;
    const section = names.samplingSection(path.posix.basename(model.path));
    const defaults = section === undefined ? undefined : generationConfigOf(model.path, contents.files);
    const described = path.join(staging, GENERATION_CONFIG);
    if (defaults !== undefined) targets.set(defaults.path, described);
    await contents.extract(targets);
    signal?.throwIfAborted();
    const version = await versionFor(folder, digest);
    const lock: Lock = {
      source: order.source,
      version: resolved.version,
      artefact: resolved.artefact,
      url: resolved.url,
      digest,
      sizeBytes: resolved.sizeBytes,
      files: await describeFiles(chosen, { prepared, version }),
    };
    const sampling = defaults === undefined ? {} : samplingOfConfig(await fs.readFile(described, 'utf8'));
    const config = order.isDeclared ? undefined : configText(order.source, { section, sampling });
    await placeModel({ folder, staging, version, lock, config });
    return lock;
  } finally {
    await fs.rm(staging, { recursive: true, force: true });
  }
}

/** The same version for what was pulled before, be it a moment ago by somebody else; the next one for anything new. */
async function versionFor(folder: string, digest: Digest): Promise<number> {
  const there = await fs.readdir(folder).catch(() => []);
  const versions = there.filter((name) => /^\d{1,15}$/.test(name)).map(Number);
  // Read after the folder: a lock is written before its version.
  const lock = await readLock(folder);
  const locked = Object.keys(lock?.files ?? {}).map((file) => Number.parseInt(file, 10));
  if (lock !== undefined && isSameDigest(lock.digest, digest) && locked[0] !== undefined) return locked[0];
  return Math.max(0, ...versions, ...locked) + 1;
}

async function describeFiles(
  chosen: readonly ChosenFile[],
  { prepared, version }: { readonly prepared: string; readonly version: number },
): Promise<Lock['files']> {
  const files: Record<string, LockedFile> = {};
  for (const { path: from, target } of chosen) {
    const file = path.join(prepared, target);
    const stats = await fs.stat(file).catch(() => undefined);
    if (stats === undefined) throw new MillraceError('failed_precondition', `the archive has lost '${from}' meanwhile`);
    const { hex } = await digestOf(file, 'sha256');
    files[`${version}/${target}`] = { from, sizeBytes: stats.size, sha256: hex };
  }
  return files;
}

interface DeclaredSampling {
  readonly section: string | undefined;
  readonly sampling: SamplingDefaults;
}

/** The `model.yaml` of a model that has none. */
function configText(source: string, { section, sampling }: DeclaredSampling): string {
  const lines = [`source: ${yamlText(source)}`];
  const values = Object.entries(sampling).map(([name, value]) => `${name}: ${value}`);
  if (section !== undefined && values.length > 0) {
    lines.push(`${yamlText(section)}:`, '  # From generation_config.json.', `  sampling: { ${values.join(', ')} }`);
  }
  return `${lines.join('\n')}\n`;
}

/** Text for YAML: plain where that is safe, else in the quotes of JSON. */
function yamlText(text: string): string {
  return /^[A-Za-z./][\w@./:=~^#%?&+-]*$/.test(text) && !text.endsWith(':') ? text : JSON.stringify(text);
}

/** A source that was given on a command line, as `model.yaml` of the model would have it: paths from its folder on. */
export function declaredForm(text: string, { cwd, folder }: { readonly cwd: string; readonly folder: string }): string {
  const source = parseSource(text);
  if (source.kind !== 'file') return text;
  if (path.isAbsolute(source.location)) return source.location;
  const relative = path.relative(folder, path.resolve(cwd, source.location)).replaceAll(path.sep, '/');
  if (relative === '') throw invalidArgument(`'${text}' is the folder that the model would be put into`);
  return relative.startsWith('.') ? relative : `./${relative}`;
}
