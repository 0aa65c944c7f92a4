import type { AccessRow } from './access-row.js';

/** What the server has recorded. It keeps no payload log. */
export const RECORD_ROWS: Readonly<Record<string, AccessRow>> = {
  'GET /millrace/v1/audit': { needs: 'audit.read', on: 'anything' },
  'GET /millrace/v1/slos': { needs: 'model.observe', on: 'anything' },
  'GET /millrace/v1/payloads': { needs: 'payload.read', on: 'anything', answers: 409, audit: 'payload.read' },
  'DELETE /millrace/v1/payloads/{request}': {
    needs: 'payload.erase',
    on: 'everything',
    answers: 409,
    audit: 'payload.erase',
  },
};
