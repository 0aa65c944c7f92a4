import type { LoadRequest } from '../../src/loadgen/index.js';
import { inRoot } from '../harness/paths.js';
import { type RunningServer, startProbed } from '../harness/server-process.js';
import { installPython, pythonOf } from './python.js';

const NAME = 'fastapi-text';

/** A hand-written embedding server: FastAPI, onnxruntime and tokenizers. */
export interface FastapiTextOptions {
  readonly modelFile: string;
  readonly tokenizerFile: string;
  readonly maxTokens: number;
  /** Whether the texts of a request are sorted and cut into batches, or padded to the longest. */
  readonly isSorted: boolean;
}

/** Processes, each with one thread that computes. */
const WORKERS = 2;

export function installFastapiText(say: (line: string) => void): void {
  installPython({ name: NAME, interpreters: ['python3'] }, say);
}

export function startFastapiText(options: FastapiTextOptions): Promise<RunningServer> {
  const app = options.isSorted ? 'tuned:app' : 'service:app';
  return startProbed(
    (port) => ({
      command: pythonOf(NAME),
      args: [
        ...['-m', 'uvicorn', app, '--host', '127.0.0.1', '--port', String(port), '--workers', String(WORKERS)],
        // A connection that rests between two rounds stays open.
        ...['--log-level', 'warning', '--no-access-log', '--timeout-keep-alive', '600'],
      ],
      env: {
        MODEL_FILE: options.modelFile,
        TOKENIZER_FILE: options.tokenizerFile,
        MAX_TOKENS: String(options.maxTokens),
        TOKENIZERS_PARALLELISM: 'false',
        PYTHONDONTWRITEBYTECODE: '1',
      },
      cwd: inRoot('bench/peers/fastapi-text'),
    }),
    fastapiTextRequest(['ready']),
  );
}

export function fastapiTextRequest(texts: readonly string[]): LoadRequest {
  return {
    method: 'POST',
    path: '/embed',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ texts })),
  };
}
