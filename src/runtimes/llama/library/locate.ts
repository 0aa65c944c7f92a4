import { readdirSync } from 'node:fs';
import path from 'node:path';
import { MillraceError } from '../../../core/index.js';

/** Where the shared libraries of llama.cpp are. */
export interface LibraryFiles {
  readonly folder: string;
  readonly llama: string;
  readonly ggml: string;
}

/** npm's packages of llama.cpp by platform and architecture; each carries the libraries for processors only, on macOS for Metal, too. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@node-llama-cpp/linux-x64',
  'linux-arm64': '@node-llama-cpp/linux-arm64',
  'darwin-arm64': '@node-llama-cpp/mac-arm64-metal',
  'darwin-x64': '@node-llama-cpp/mac-x64',
  'win32-x64': '@node-llama-cpp/win-x64',
};

/** The version of those packages that millrace is made for. */
export const PACKAGE_VERSION = '3.21.1';

/** Imports one of those packages. */
export type LoadPackage = (name: string) => Promise<{ getBinsDir(): { readonly binsDir: string } }>;

const loadPackage: LoadPackage = (name) => import(name);

/**
 * The libraries in `folder`, or in the npm package for this platform where it is undefined. Rejects with `failed_precondition`, and how to
 * get them, where there are none.
 */
export async function locateLibraries(
  folder: string | undefined,
  load: LoadPackage = loadPackage,
): Promise<LibraryFiles> {
  return findLibraries(folder ?? (await packageFolder(load)));
}

async function packageFolder(load: LoadPackage): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name === undefined) {
    throw missing(
      `millrace knows of no package with llama.cpp for ${platform}`,
      'set runners.llamaLibrary to a folder with libllama',
    );
  }
  try {
    const { binsDir } = (await load(name)).getBinsDir();
    const [build] = readdirSync(binsDir);
    if (build === undefined) throw new Error(`${binsDir} is empty`);
    return path.join(binsDir, build);
  } catch (cause) {
    const install = `npm install ${name}@${PACKAGE_VERSION}`;
    throw missing(
      `${name} is not installed`,
      `run '${install}', or set runners.llamaLibrary to a folder with libllama`,
      cause,
    );
  }
}

function findLibraries(folder: string): LibraryFiles {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw missing(`runners.llamaLibrary: there is no folder '${folder}'`, 'set it to a folder with libllama', cause);
  }
  const find = (library: string): string => {
    const pattern = new RegExp(`^(lib)?${library}(\\.v[\\d.]+)?\\.(so|dylib|dll)(\\.[\\d.]+)?$`);
    // `libllama.so` before what it points to.
    const [name] = names.filter((candidate) => pattern.test(candidate)).sort((a, b) => a.length - b.length);
    if (name === undefined)
      throw missing(`there is no lib${library} in '${folder}'`, 'set runners.llamaLibrary to a folder with one');
    return path.join(folder, name);
  };
  return { folder, llama: find('llama'), ggml: find('ggml') };
}

function missing(problem: string, remedy: string, cause?: unknown): MillraceError {
  return new MillraceError('failed_precondition', `language models require llama.cpp: ${problem}; ${remedy}`, {
    cause,
  });
}
