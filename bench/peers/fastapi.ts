import { inRoot } from '../harness/paths.js';
import { flatJsonRequest, rawRequest } from '../harness/requests.js';
import type { Peer } from './peer.js';
import { installPython, pythonOf, serviceEnvironment } from './python.js';

/** FastAPI under uvicorn: what most people write first. */
export const fastapi = serving('fastapi', 'service:app');

/** The same with orjson; binary bodies take the same way in both. */
export const fastapiTuned = serving('fastapi tuned', 'tuned:app');

function serving(name: string, app: string): Peer {
  return {
    name,
    install: (say) => installPython({ name: 'fastapi', interpreters: ['python3'] }, say),
    request: (rows, { format }) =>
      format === 'json' ? flatJsonRequest(rows, '/predict') : rawRequest(rows, '/predict_raw'),
    prepare: ({ model, workers, format }) => ({
      commandFor: (port) => ({
        command: pythonOf('fastapi'),
        args: [
          ...['-m', 'uvicorn', app, '--host', '127.0.0.1', '--port', String(port)],
          ...['--workers', String(workers), '--log-level', 'warning', '--no-access-log'],
        ],
        env: serviceEnvironment({ modelFile: model.file, workers, format }),
        cwd: inRoot('bench/peers/fastapi'),
      }),
      remove() {},
    }),
  };
}
