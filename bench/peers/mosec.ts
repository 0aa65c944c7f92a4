import { inRoot } from '../harness/paths.js';
import { flatJsonRequest, rawRequest } from '../harness/requests.js';
import type { Peer } from './peer.js';
import { installPython, pythonOf, serviceEnvironment } from './python.js';

/** mosec: a Rust front end that batches for Python workers. */
export const mosec: Peer = {
  name: 'mosec',
  install: (say) => installPython({ name: 'mosec', interpreters: ['python3'] }, say),
  request: (rows, { format }) => (format === 'json' ? flatJsonRequest : rawRequest)(rows, '/predict'),
  prepare: ({ model, workers, format }) => ({
    commandFor: (port) => ({
      command: pythonOf('mosec'),
      args: [
        ...['service.py', '--address', '127.0.0.1', '--port', String(port)],
        ...['--timeout', '30000', '--log-level', 'warning'],
      ],
      env: serviceEnvironment({ modelFile: model.file, workers, format }),
      cwd: inRoot('bench/peers/mosec'),
    }),
    remove() {},
  }),
};
