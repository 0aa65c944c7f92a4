import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { KindGuard } from '@sinclair/typebox';
import { invalidArgument } from '../../core/index.js';
import { BUILT_IN_RUNTIMES, CONTRACT_VERSION, MEDIA_RUNTIME, type RuntimeManifest } from '../../runtimes/index.js';
import { CommonConfigSchema } from '../model-config.js';
import { explainMismatches } from '../yaml/explain.js';
import { ManifestSchema } from './manifest-schema.js';

/** A value that should be a manifest, and how messages call it. */
interface Candidate {
  readonly value: unknown;
  readonly origin: string;
}

interface Known {
  readonly manifest: RuntimeManifest;
  readonly origin: string;
}

/**
 * Millrace's own runtimes, those whose manifests the modules at `files` export by default, and those `given` by a program.
 * Rejects with `invalid_argument` where one is no manifest, or two answer to one name.
 */
export async function loadRuntimes(
  files: readonly string[],
  given: readonly RuntimeManifest[] = [],
): Promise<readonly RuntimeManifest[]> {
  const candidates: readonly Candidate[] = [
    ...(await Promise.all(files.map(importManifest))),
    ...given.map((value, index) => ({ value, origin: `runtimes[${index}]` })),
  ];
  const own = BUILT_IN_RUNTIMES.map((manifest) => ({ manifest, origin: 'millrace itself' }));
  const known: Known[] = [...own, ...candidates.map(checkManifest)];
  const reserved = [{ manifest: MEDIA_RUNTIME, origin: 'millrace itself' }, ...known];
  refuseTwice(reserved, 'two runtimes are called', ({ name }) => [name]);
  refuseTwice(known, 'two runtimes answer to the Triton backend', ({ triton }) => triton?.backends ?? []);
  refuseTwice(known, 'two runtimes answer to the Triton platform', ({ triton }) => triton?.platforms ?? []);
  return known.map(({ manifest }) => manifest);
}

async function importManifest(file: string): Promise<Candidate> {
  const url = pathToFileURL(path.resolve(file)).href;
  const module: { readonly default?: unknown } = await import(url).catch((cause: Error) => {
    throw invalidArgument(`the runtime ${file} cannot be imported: ${cause.message}`, { cause });
  });
  return { value: module.default, origin: file };
}

function checkManifest({ value, origin }: Candidate): Known {
  if (typeof value !== 'object' || value === null) {
    throw invalidArgument(`the runtime ${origin} has no manifest; expected one as the default export`);
  }
  const problem = manifestProblem(value);
  if (problem !== undefined) throw invalidArgument(`the manifest of the runtime ${origin}: ${problem}`);
  // It has just been checked against the schema.
  return { manifest: value as RuntimeManifest, origin };
}

function manifestProblem(value: object): string | undefined {
  const { contractVersion } = value as { readonly contractVersion?: unknown };
  if (contractVersion !== CONTRACT_VERSION) {
    const stated = contractVersion === undefined ? 'none' : String(contractVersion).slice(0, 20);
    return `contractVersion: this server runs runtimes of contract version ${CONTRACT_VERSION}; the manifest states ${stated}`;
  }
  const [mismatch] = explainMismatches(ManifestSchema, value);
  if (mismatch !== undefined) return mismatch.message;
  const { name, tasks, prepares, placements, files, options, module, composes } = value as Partial<RuntimeManifest> & {
    readonly name: string;
  };
  if (!/^[a-z][a-zA-Z0-9_-]*$/.test(name)) {
    return `name: expected a small letter, then letters, digits, '-' and '_', got '${name}'`;
  }
  if (name in CommonConfigSchema.properties) return `name: '${name}' is a key of model.yaml for all runtimes`;
  if (prepares === true && (tasks === undefined || tasks.length === 0)) {
    return 'prepares: a runtime that prepares requests has tasks';
  }
  if (prepares === true && placements?.includes('process') === false) {
    return 'prepares: a runtime that prepares requests runs in processes';
  }
  const ending = files?.endings.find((candidate) => !/^\.[^/]+$/.test(candidate));
  if (ending !== undefined) return `files.endings: expected a dot, then letters, got '${ending}'`;
  const stray = files?.names?.find((file) => !files.endings.some((candidate) => file.endsWith(candidate)));
  if (stray !== undefined) return `files.names: '${stray}' has none of the endings ${files?.endings.join(', ')}`;
  if (options !== undefined && !KindGuard.IsObject(options)) {
    return 'options: expected a schema made by Type.Object of millrace/runtime';
  }
  if (composes !== undefined && options === undefined) return 'options: a runtime that composes models has a section';
  return module instanceof URL ? undefined : 'module: expected the URL of the module that exports createRuntime';
}

/** Throws where two runtimes have the same of the `labels`, naming both. */
function refuseTwice(known: readonly Known[], what: string, labels: (runtime: RuntimeManifest) => readonly string[]) {
  const first = new Map<string, Known>();
  for (const runtime of known) {
    for (const label of labels(runtime.manifest)) {
      const other = first.get(label);
      if (other === undefined) first.set(label, runtime);
      else throw invalidArgument(`${what} '${label}': ${describe(other)} and ${describe(runtime)}`);
    }
  }
}

function describe({ manifest, origin }: Known): string {
  return `'${manifest.name}' of ${origin}`;
}
