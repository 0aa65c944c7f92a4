import path from 'node:path';
import { unpackDebian } from './debian.js';
import { installPython } from './python.js';

export interface PerfAnalyzer {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Whether NVIDIA's load generator can run here: its package has it for Linux on x64 alone. */
export const HAS_PERF_ANALYZER = process.platform === 'linux' && process.arch === 'x64';

/** The last release whose package holds the program. It wants CUDA's runtime on its path, though it uses none here. */
export function installPerfAnalyzer(): PerfAnalyzer {
  const { packages } = installPython('perf-analyzer/requirements.txt');
  const libraries = [
    path.join(packages, 'nvidia/cuda_runtime/lib'),
    path.join(unpackDebian(['libb64-0d']), 'usr/lib/x86_64-linux-gnu'),
  ];
  return {
    program: path.resolve(packages, '../../../bin/perf_analyzer'),
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') },
  };
}
