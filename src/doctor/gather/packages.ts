import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { PackageFacts } from '../facts.js';

/** What the `package.json` of this millrace says. */
export interface OwnManifest {
  readonly engines: { readonly node: string };
  /** Exact versions by name. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);

/** Packages with a native part, or that npm may leave out, by how their names begin: what does not work without. */
const PURPOSES: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'ONNX models do not load',
  koffi: 'language models do not load, and large bodies are copied',
  libsql: 'nothing can be stored: no labels, routes, rollouts and API keys while the server runs',
  '@node-llama-cpp/': 'language models do not load',
  '@audio/': 'sounds of its format are refused',
  sharp: 'photos are refused',
  '@duckdb/node-api': 'batch files in Parquet are refused',
};

/** Which versions there should be of what may be missing, and are. */
export function gatherPackages({ dependencies, optionalDependencies }: OwnManifest): readonly PackageFacts[] {
  const of = (versions: Readonly<Record<string, string>>, isOptional: boolean) =>
    Object.entries(versions).flatMap(([name, wanted]) => {
      const [, purpose] = Object.entries(PURPOSES).find(([start]) => name.startsWith(start)) ?? [];
      if (purpose === undefined || !isForThisPlatform(name)) return [];
      return [{ name, wanted, found: installedVersion(name), purpose, isOptional }];
    });
  return [...of(dependencies, false), ...of(optionalDependencies, true)];
}

/** `20.19`, of `engines`. */
export function oldestNode({ engines }: OwnManifest): string {
  return /[\d.]+/.exec(engines.node)?.[0] ?? '0';
}

const SYSTEMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: 'mac', linux: 'linux', win32: 'win' };

/** Packages of libraries are named by the system that they are for, if they are for one. */
function isForThisPlatform(name: string): boolean {
  const [platform] = /(linux|mac|win)-(x64|arm64)/.exec(name) ?? [];
  return platform === undefined || platform === `${SYSTEMS[process.platform]}-${process.arch}`;
}

/** Read from its manifest, which not every package exports. */
function installedVersion(name: string): string | undefined {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(path.join(folder, name, 'package.json'), 'utf8')) as { version: string }).version;
    } catch {
      // Not there; it may be further up.
    }
  }
  return undefined;
}
