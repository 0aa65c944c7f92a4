import type { AccessRow } from './access-row.js';

/** The server keeps no payload log. */
export const PAYLOAD_ROWS: Readonly<Record<string, AccessRow>> = {
  'GET /millrace/v1/payloads': { needs: 'payload.read', on: 'anything', answers: 409, audit: 'payload.read' },
  'DELETE /millrace/v1/payloads/{request}': { needs: 'payload.erase', on: 'everything', answers: 409, audit: 'payload.erase' },
};
