import { invalidArgument, MillraceError } from '../core/index.js';
import { admit } from '../governance/index.js';
import type { createAudit } from './audit.js';
import { checkTraceUpdate, TRACE_SETTINGS, updateLogSettings } from './settings.js';
import type { LogControl, Service } from './types.js';

interface SettingUseCasesSetup {
  readonly logControl: LogControl;
  readonly audited: ReturnType<typeof createAudit>;
  /** Throws `not_found` where there is no such model. */
  readonly checkModel: (name: string) => void;
}

/** The use cases about settings that may be changed while the server runs. */
export function createSettingUseCases({
  logControl,
  audited,
  checkModel,
}: SettingUseCasesSetup): Pick<Service, 'traceSettings' | 'updateTraceSettings' | 'logSettings' | 'updateLogSettings'> {
  return {
    traceSettings(call, model) {
      admit(call.principal, 'setting.read', model ?? '');
      if (model !== undefined) blame(() => checkModel(model));
      return TRACE_SETTINGS;
    },
    updateTraceSettings(call, model, update) {
      return audited(call, { action: 'trace.update', resource: model ?? '', right: 'setting.change' }, () => {
        if (model !== undefined) blame(() => checkModel(model));
        checkTraceUpdate(update);
        return TRACE_SETTINGS;
      });
    },
    logSettings(call) {
      admit(call.principal, 'setting.read', '');
      return logControl.get();
    },
    updateLogSettings: (call, update) =>
      audited(call, { action: 'log.update', resource: '', right: 'setting.change' }, () =>
        updateLogSettings(logControl, update),
      ),
  };
}

/** To Triton a wrong name in a question about statistics or settings is the caller's mistake; its clients expect that. */
export function blame<Result>(look: () => Result): Result {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'not_found') throw error;
    throw invalidArgument(error.message);
  }
}
