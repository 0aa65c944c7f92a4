import type { AuditTrail } from '../audit/index.js';
import { type Action, type CallContext, MillraceError, shuttingDown } from '../core/index.js';
import { type Audited, admit } from '../governance/index.js';
import { absent, type Models, type ModelUseCases, type VersionLookup } from '../models/index.js';
import type { PayloadUseCases } from '../payload-log/index.js';
import type { SharedMemory } from '../shared-memory/index.js';
import type { Upgraded } from '../upgrade/index.js';
import { createDoctorUseCases, type DoctorSetup } from './doctor/doctor-use-cases.js';
import type { EventUseCases } from './events/types.js';
import type { ReloadResult } from './reload/reload-result.js';
import { createReloadUseCases } from './reload/reload-use-cases.js';
import type { LogControl } from './reload/types.js';
import type { Exposition, ServerUseCases } from './types.js';

interface ServerSetup extends DoctorSetup {
  readonly audit: Pick<AuditTrail, 'search'>;
  readonly logControl: LogControl;
  /** undefined = metrics are switched off. */
  readonly renderMetrics: (() => Promise<Exposition>) | undefined;
  readonly sharedMemory: Pick<SharedMemory, 'enabled'>;
  readonly reload: (by: string) => Promise<ReloadResult>;
  readonly upgrade?: ((by: string) => Promise<Upgraded>) | undefined;
}

interface ServerParts {
  readonly feed: EventUseCases;
  readonly audited: Audited;
  readonly payloads: PayloadUseCases;
  readonly lookup: VersionLookup;
  readonly models: Pick<Models, 'keptRepositories'>;
  readonly checkModel: ModelUseCases['checkModel'];
  readonly isReady: () => boolean;
  readonly isShuttingDown: () => boolean;
}

/** The use cases about the server itself. */
export function createServerUseCases(setup: ServerSetup, parts: ServerParts): ServerUseCases {
  const { logControl } = setup;
  const { audited, checkModel, lookup } = parts;
  const checkTracing = (call: CallContext, right: Action, model: string | undefined): void => {
    if (model === undefined) admit(call.principal, right, '');
    else checkModel(call, right, model);
  };
  return {
    audit: {
      async search(call, filter, page) {
        admit(call.principal, 'audit.read', '');
        return setup.audit.search(filter, page);
      },
    },
    doctor: createDoctorUseCases(setup, parts.models),
    events: parts.feed,
    payloads: parts.payloads,
    reload: createReloadUseCases({ ...setup, ...parts }),
    upgrade: (call) =>
      audited(
        call,
        { action: 'server.upgrade', resource: '', right: 'server.manage', changeOf: upgradeChange },
        async () => {
          if (parts.isShuttingDown()) throw shuttingDown();
          if (setup.upgrade === undefined) throw new MillraceError('failed_precondition', NOT_UPGRADABLE);
          return setup.upgrade(call.principal.id);
        },
      ),
    info({ principal }) {
      admit(principal, 'server.read', '');
      return { version: setup.version, hasSharedMemory: setup.sharedMemory.enabled };
    },
    async metrics({ principal }) {
      admit(principal, 'metrics.read', '*');
      if (setup.renderMetrics === undefined)
        throw new MillraceError('failed_precondition', 'metrics are switched off: telemetry.metrics is false');
      return setup.renderMetrics();
    },
    live: () => true,
    ready: parts.isReady,
    logSettings(call) {
      admit(call.principal, 'setting.read', '');
      return logControl.get();
    },
    changeLogSettings: (call, change) =>
      audited(call, { action: 'log.update', resource: '', right: 'setting.change' }, () => logControl.update(change())),
    checkTracing: (call, model) => checkTracing(call, 'setting.read', model),
    changeTracing(call, model, change) {
      const unknown = (name: string) => absent(lookup, { name, version: undefined });
      const subject = { action: 'trace.update', resource: model ?? '', right: 'setting.change', unknown } as const;
      return audited(call, subject, () => {
        if (model !== undefined) checkTracing(call, 'setting.change', model);
        change();
      });
    },
  };
}

const NOT_UPGRADABLE = 'only a server of `millrace serve` can be upgraded; restart the program that embeds this one';

function upgradeChange({ pid, version }: Upgraded) {
  return { before: undefined, after: { pid, version } };
}
