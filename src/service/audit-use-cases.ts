import type { AuditTrail } from '../audit/index.js';
import { admit } from '../governance/index.js';
import type { AuditUseCases } from './types.js';

/** Who may look into the audit trail. */
export function createAuditUseCases({ audit }: { readonly audit: Pick<AuditTrail, 'search'> }): AuditUseCases {
  return {
    async search(call, filter, page) {
      admit(call.principal, 'audit.read', '');
      return audit.search(filter, page);
    },
  };
}
