import type { Dialect, DialectContext } from '../protocols/index.js';
import { createAccessRoutes } from './access.js';
import { createAuditRoutes } from './audit.js';
import { createDoctorRoutes } from './doctor.js';
import { encodeError, MILLRACE_STATUS } from './errors.js';
import { createEventRoutes } from './events.js';
import { createJobRoutes } from './jobs.js';
import { createKeyRoutes } from './keys.js';
import { createLabelRoutes } from './labels.js';
import { createModelRoutes } from './models.js';
import { createOutcomeRoutes } from './outcomes.js';
import { createPayloadRoutes } from './payloads.js';
import { createQuotaRoutes } from './quotas.js';
import { createReloadRoutes } from './reload.js';
import { createRolloutRoutes } from './rollouts.js';
import { createRouteRoutes } from './routes.js';
import { createShadowRoutes } from './shadows.js';
import { createSloRoutes } from './slos.js';
import { createUpgradeRoutes } from './upgrade.js';
import { createUsageRoutes } from './usage.js';
import { createVersionRoutes } from './versions.js';

/** The server's own API, below `/millrace/v1/`: who gets which version of a model, who calls, and who has used what. */
type ManagementContext = DialectContext<'models' | 'traffic' | 'account' | 'jobs' | 'server'>;

export function createManagement({ service, clock }: ManagementContext): Dialect {
  return {
    name: 'millrace',
    description:
      'Labels of versions, routes and rollouts: who gets which version of a model; keys of callers, what they may do, who has used and done what; jobs, which are requests that run later; what to correct about the server, and reading its files again.',
    routes: [
      ...createModelRoutes(service),
      ...createVersionRoutes(service),
      ...createLabelRoutes(service.traffic.labels),
      ...createRouteRoutes(service.traffic.routes),
      ...createRolloutRoutes(service.traffic.rollouts),
      ...createShadowRoutes(service.traffic.shadows),
      ...createSloRoutes(service.traffic.slos),
      ...createOutcomeRoutes(service.traffic.outcomes),
      ...createUsageRoutes(service.account.usage),
      ...createQuotaRoutes(service.account.quotas),
      ...createJobRoutes(service.jobs, clock),
      ...createKeyRoutes(service.account.keys),
      ...createAccessRoutes(service.account.access),
      ...createAuditRoutes(service.server.audit),
      ...createPayloadRoutes(service.server.payloads),
      ...createDoctorRoutes(service.server.doctor),
      ...createReloadRoutes(service.server.reload),
      ...createUpgradeRoutes(service.server),
      ...createEventRoutes(service.server.events),
    ],
    status: MILLRACE_STATUS,
    encodeError,
  };
}
