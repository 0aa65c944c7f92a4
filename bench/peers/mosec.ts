import { inRoot } from '../harness/paths.js';
import { flatJsonRequest, rawRequest } from '../harness/requests.js';
import type { Peer } from './peer.js';
import { installPython, pythonOf, serviceEnvironment } from './python.js';

/** mosec: a Rust front end that batches for Python workers. */
export const mosec = serving('mosec', 'service.py');

/** The same with orjson; its own JSON, indented by the standard library, is half of what it does with a small request. */
export const mosecTuned = serving('mosec tuned', 'tuned.py');

/** The same without batches: no request waits for another one. */
export const mosecAlone = serving('mosec tuned, batches of 1', 'tuned.py', { MAX_BATCH_SIZE: '1' });

function serving(name: string, program: string, environment: Readonly<Record<string, string>> = {}): Peer {
  return {
    name,
    install: (say) => installPython({ name: 'mosec', interpreters: ['python3'] }, say),
    request: (rows, { format }) => (format === 'json' ? flatJsonRequest : rawRequest)(rows, '/predict'),
    prepare: ({ model, workers, format }) => ({
      commandFor: (port) => ({
        command: pythonOf('mosec'),
        args: [
          ...[program, '--address', '127.0.0.1', '--port', String(port)],
          ...['--timeout', '30000', '--log-level', 'warning'],
        ],
        env: { ...serviceEnvironment({ modelFile: model.file, workers, format }), ...environment },
        cwd: inRoot('bench/peers/mosec'),
      }),
      remove() {},
    }),
  };
}
