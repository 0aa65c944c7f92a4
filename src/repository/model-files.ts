import type { RuntimeFiles, RuntimeManifest } from '../runtimes/index.js';
import { describeForeign, foreignModelName } from './foreign-files.js';
import { joinAlternatives } from './join-alternatives.js';

/** Files of a version folder that are models of one runtime. */
export interface Claim {
  readonly runtime: RuntimeManifest;
  /** In order of preference; never empty. */
  readonly files: readonly string[];
}

interface Taking {
  readonly runtime: RuntimeManifest;
  readonly files: RuntimeFiles;
}

/** Which files are models, by what the runtimes say of theirs. */
export class ModelFiles {
  readonly #taking: readonly Taking[];
  /** Of files that are models by whatever name; the longest first. */
  readonly #endings: readonly string[];
  readonly #names: ReadonlySet<string>;

  constructor(runtimes: readonly RuntimeManifest[]) {
    this.#taking = runtimes.flatMap((runtime) =>
      runtime.files === undefined ? [] : [{ runtime, files: runtime.files }],
    );
    const anyName = this.#taking.filter(({ files }) => files.names === undefined);
    this.#endings = anyName.flatMap(({ files }) => files.endings).sort((a, b) => b.length - a.length);
    this.#names = new Set(this.#taking.flatMap(({ files }) => files.names ?? []));
  }

  /** What runs a file whose configuration names it and no runtime: the first that takes its ending, else the first of all. */
  runtimeOf(file: string): RuntimeManifest | undefined {
    return (this.#taking.find(({ files }) => hasEnding(file, files)) ?? this.#taking[0])?.runtime;
  }

  /** By runtime, the files (relative paths) that are its models; `only` one runtime, undefined = all. */
  claims(files: readonly string[], only: RuntimeManifest | undefined): readonly Claim[] {
    const claimed = new Set<string>();
    const claims = this.#asked(only).map(({ runtime, files: rule }) => {
      const found = candidates(files, rule).filter((file) => !claimed.has(file));
      for (const file of found) claimed.add(file);
      return { runtime, files: found };
    });
    // What has a name of its own was meant.
    const named = ({ runtime }: Claim) => Number(runtime.files?.names === undefined);
    const made = claims.filter((claim) => claim.files.length > 0).toSorted((a, b) => named(a) - named(b));
    const first = made.filter(({ runtime }) => runtime.files?.yields !== true);
    return first.length > 0 ? first : made;
  }

  /** Whether a file is code by its ending. */
  isProgram(file: string): boolean {
    return this.#taking.some(({ files }) => files.code === true && hasEnding(file, files));
  }

  /** Which files would be models: `model.onnx, one *.onnx or model.ts`. */
  expected(only: RuntimeManifest | undefined): string {
    const [asked] = only === undefined ? [] : this.#asked(only);
    if (asked !== undefined) return (asked.files.names ?? patterns(asked.files)).join(' or ');
    const all = this.#taking.flatMap(({ files }) => files.names?.slice(0, 1) ?? patterns(files));
    return joinAlternatives([...new Set(all)]);
  }

  /** `net` for `net.onnx`: the name that a bare file has as a model; undefined where it is none. */
  modelName(file: string): string | undefined {
    const ending = this.#endings.find((candidate) => file.endsWith(candidate));
    return ending === undefined ? undefined : file.slice(0, -ending.length);
  }

  /** A folder with a file of this name is a model's. */
  marksModel(file: string): boolean {
    return this.modelName(file) !== undefined || this.#names.has(file);
  }

  /** What a model file is that none of the runtimes takes, with the remedy; undefined for every other file. */
  describeForeign(file: string): string | undefined {
    return this.#isTaken(file) ? undefined : describeForeign(file);
  }

  /** `net` for `net.pt`; undefined for what is no model file of others. */
  foreignModelName(file: string): string | undefined {
    return this.#isTaken(file) ? undefined : foreignModelName(file);
  }

  #isTaken(file: string): boolean {
    return this.#taking.some(({ files }) => hasEnding(file, files));
  }

  #asked(only: RuntimeManifest | undefined): readonly Taking[] {
    return only === undefined ? this.#taking : this.#taking.filter(({ runtime }) => runtime === only);
  }
}

function hasEnding(file: string, { endings }: RuntimeFiles): boolean {
  return endings.some((ending) => file.endsWith(ending));
}

/** In order of preference. */
function candidates(files: readonly string[], rule: RuntimeFiles): readonly string[] {
  if (rule.names !== undefined) return rule.names.filter((name) => files.includes(name));
  return files.filter((file) => !file.includes('/') && hasEnding(file, rule));
}

function patterns({ endings }: RuntimeFiles): readonly string[] {
  return endings.flatMap((ending) => [`model${ending}`, `one *${ending}`]);
}
