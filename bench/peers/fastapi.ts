import { inRoot } from '../harness/paths.js';
import { flatJsonRequest, rawRequest } from '../harness/requests.js';
import type { Peer } from './peer.js';
import { installPython, pythonOf, serviceEnvironment } from './python.js';

/** FastAPI under uvicorn: what most people write first. */
export const fastapi = serving('fastapi', 'service:app');

/** The same with orjson; binary bodies take the same way in both. */
export const fastapiTuned = serving('fastapi tuned', 'tuned:app');

/** Where `fastapiPhotos` takes pictures. */
export const FASTAPI_PHOTO_PATH = '/predict_photo';

/** The same for JPEGs, which PIL decodes; how they are sent is up to the row. */
export const fastapiPhotos = serving('fastapi', 'photos:app');

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
