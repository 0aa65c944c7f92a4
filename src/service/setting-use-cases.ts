import { type Action, type Call, invalidArgument, MillraceError } from '../core/index.js';
import type { Audited } from '../governance/index.js';
import { admit } from '../governance/index.js';
import { checkTraceUpdate, TRACE_SETTINGS, updateLogSettings } from './settings.js';
import type { LogControl, ServerUseCases } from './types.js';

interface SettingUseCasesSetup {
  readonly logControl: LogControl;
  readonly audited: Audited;
  /** Throws where there is no such model, or the caller lacks the right on it. */
  readonly checkModel: (call: Call, right: Action, name: string) => void;
  /** What is said of a name that no model has. */
  readonly unknownModel: (name: string) => MillraceError;
}

/** The use cases about settings that may be changed while the server runs. */
export function createSettingUseCases({
  logControl,
  audited,
  checkModel,
  unknownModel,
}: SettingUseCasesSetup): Pick<
  ServerUseCases,
  'traceSettings' | 'updateTraceSettings' | 'logSettings' | 'updateLogSettings'
> {
  return {
    traceSettings(call, model) {
      if (model === undefined) admit(call.principal, 'setting.read', '');
      else blame(() => checkModel(call, 'setting.read', model));
      return TRACE_SETTINGS;
    },
    updateTraceSettings(call, model, update) {
      const unknown = (name: string) => blamed(unknownModel(name));
      const subject = { action: 'trace.update', resource: model ?? '', right: 'setting.change', unknown } as const;
      return audited(call, subject, () => {
        if (model !== undefined) blame(() => checkModel(call, 'setting.change', model));
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
    throw error instanceof MillraceError ? blamed(error) : error;
  }
}

function blamed(error: MillraceError): MillraceError {
  return error.code === 'not_found' ? invalidArgument(error.message, { cause: error.cause }) : error;
}
