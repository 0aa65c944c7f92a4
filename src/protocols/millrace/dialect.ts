import type { Dialect, DialectContext } from '../dialect.js';
import { encodeError, MILLRACE_STATUS } from './errors.js';
import { createQuotaRoutes } from './quotas.js';
import { createAccessRoutes } from './routes-access.js';
import { createAuditRoutes } from './routes-audit.js';
import { createDoctorRoutes } from './routes-doctor.js';
import { createFeedbackRoutes } from './routes-feedback.js';
import { createKeyRoutes } from './routes-keys.js';
import { createLabelRoutes } from './routes-labels.js';
import { createReloadRoutes } from './routes-reload.js';
import { createRolloutRoutes } from './routes-rollouts.js';
import { createRouteRoutes } from './routes-routes.js';
import { createUsageRoutes } from './routes-usage.js';
import { createVersionRoutes } from './routes-versions.js';
import { createShadowRoutes } from './shadows.js';

/** The server's own API, below `/millrace/v1/`: who gets which version of a model, who calls, and who has used what. */
export function createMillraceDialect({ service }: DialectContext): Dialect {
  return {
    name: 'millrace',
    description:
      'Labels of versions, routes and rollouts: who gets which version of a model; keys of callers, what they may do, who has used and done what, what to correct about the server, and reading its files again.',
    routes: [
      ...createVersionRoutes(service),
      ...createLabelRoutes(service.labels),
      ...createRouteRoutes(service.routes),
      ...createRolloutRoutes(service.rollouts),
      ...createShadowRoutes(service.shadows),
      ...createFeedbackRoutes(service.outcomes),
      ...createUsageRoutes(service.usage),
      ...createQuotaRoutes(service.quotas),
      ...createKeyRoutes(service.keys),
      ...createAccessRoutes(service.access),
      ...createAuditRoutes(service.audit),
      ...createDoctorRoutes(service.doctor),
      ...createReloadRoutes(service.reload),
    ],
    status: MILLRACE_STATUS,
    encodeError,
  };
}
