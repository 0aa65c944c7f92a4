import type { ModelState } from '../../core/index.js';
import type { ModelStatus } from '../../engine/index.js';

/** Of `tensorflow.error.Code`, those that versions have. */
type StatusCode = 'OK' | 'UNKNOWN' | 'UNAVAILABLE';
type VersionState = 'LOADING' | 'AVAILABLE' | 'UNLOADING' | 'END';

/** The members of a `GetModelStatusResponse` as protobuf's JSON mapping has them, the newest version first. */
export function encodeStatuses(statuses: readonly ModelStatus[]): object {
  const sorted = statuses.toSorted((one, other) => other.version - one.version);
  return { model_version_status: sorted.map(encodeVersion) };
}

function encodeVersion({ version, state }: ModelStatus): object {
  const { name, code = 'OK', message = '' } = describe(state);
  return { version: String(version), state: name, status: { error_code: code, error_message: message } };
}

function describe(state: ModelState): { name: VersionState; code?: StatusCode; message?: string } {
  switch (state.kind) {
    case 'loading':
    case 'warming':
      return { name: 'LOADING' };
    case 'ready':
      return { name: 'AVAILABLE' };
    case 'recovering':
      return { name: 'AVAILABLE', code: 'UNAVAILABLE', message: state.reason };
    case 'draining':
      return { name: 'UNLOADING' };
    case 'unloaded':
      return { name: 'END' };
    case 'failed':
      return { name: 'END', code: 'UNKNOWN', message: state.reason };
    default:
      return state satisfies never;
  }
}
