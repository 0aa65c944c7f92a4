import { Type } from '@sinclair/typebox';
import type { Upgrade, UpgradeEndpoints } from '../upgrade.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const UpgradeSchema = schemaOf<Upgrade>()(
  Type.Object({
    pid: Type.Integer({ description: 'The process that serves now.' }),
    version: Type.String({ description: 'Of millrace.' }),
  }),
);

/** Replacing the server by a new process. */
export const UPGRADE_ENDPOINTS: EndpointSpecs<UpgradeEndpoints> = {
  'POST /upgrade': {
    tag: 'server',
    summary: 'Upgrade the server: replace it by a new process of the program at its path',
    description: 'Answers once the new process serves. 409: it did not take over, and the server goes on.',
    control: true,
    answer: UpgradeSchema,
  },
};
