import type { Dialect, DialectContext } from '../protocols/index.js';
import { createAccessRoutes } from './access.js';
import { createAuditRoutes } from './audit.js';
import { createDoctorRoutes } from './doctor.js';
import { encodeError, MILLRACE_STATUS } from './errors.js';
import { createEventRoutes } from './events.js';
import { createKeyRoutes } from './keys.js';
import { createLabelRoutes } from './labels.js';
import { createModelRoutes } from './models.js';
import { createOutcomeRoutes } from './outcomes.js';
import { createQuotaRoutes } from './quotas.js';
import { createReloadRoutes } from './reload.js';
import { createRolloutRoutes } from './rollouts.js';
import { createRouteRoutes } from './routes.js';
import { createShadowRoutes } from './shadows.js';
import { createUsageRoutes } from './usage.js';
import { createVersionRoutes } from './versions.js';

/** The server's own API, below `/millrace/v1/`: who gets which version of a model, who calls, and who has used what. */
export function createManagement({ service }: DialectContext): Dialect {
  return {
    name: 'millrace',
    description:
      'Labels of versions, routes and rollouts: who gets which version of a model; keys of callers, what they may do, who has used and done what, what to correct about the server, and reading its files again.',
    routes: [
      ...createModelRoutes(service),
      ...createVersionRoutes(service),
      ...createLabelRoutes(service.labels),
      ...createRouteRoutes(service.routes),
      ...createRolloutRoutes(service.rollouts),
      ...createShadowRoutes(service.shadows),
      ...createOutcomeRoutes(service.outcomes),
      ...createUsageRoutes(service.usage),
      ...createQuotaRoutes(service.quotas),
      ...createKeyRoutes(service.keys),
      ...createAccessRoutes(service.access),
      ...createAuditRoutes(service.audit),
      ...createDoctorRoutes(service.doctor),
      ...createReloadRoutes(service.reload),
      ...createEventRoutes(service.events),
    ],
    status: MILLRACE_STATUS,
    encodeError,
  };
}
