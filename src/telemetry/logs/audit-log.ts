import { appendFileSync } from 'node:fs';
import { type Clock, MillraceError } from '../../core/index.js';
import type { AuditTrail } from '../../service/index.js';
import { shorten } from './describe-error.js';
import type { LogDestination } from './destination.js';
import { callFields, createLogger } from './logger.js';

const MAX_RESOURCE_LENGTH = 512;
/** Changes that are larger, as JSON, are left out: the store has them. */
const MAX_CHANGE_LENGTH = 4_096;

interface AuditLogOptions {
  /** '' = among the other lines, in `output`. */
  readonly file: string;
  readonly output: LogDestination;
  readonly clock: Clock;
}

/**
 * A line for every entry of the audit trail, whatever the log level is set to. A file has the line before `record` returns.
 * Throws `failed_precondition` when the file cannot be written.
 */
export function createAuditLog({ file, output, clock }: AuditLogOptions): AuditTrail {
  const destination = file === '' ? output : openFile(file);
  // A logger of its own: nobody changes the levels of this one.
  const logger = createLogger({ logLevel: 'info', logLevels: {} }, clock, destination);
  return {
    record({ action, call, stage, outcome, change, ...entry }) {
      const resource = shorten(entry.resource, MAX_RESOURCE_LENGTH);
      const result = outcome ?? stage;
      logger.log({
        room: 'service',
        level: result === 'ok' || result === 'begun' ? 'info' : 'warn',
        message: `${action}${resource === '' ? '' : ` ${resource}`}: ${result}`,
        fields: {
          ...callFields(call),
          action,
          resource,
          stage,
          ...(outcome === undefined ? {} : { outcome }),
          ...(change === undefined || JSON.stringify(change).length > MAX_CHANGE_LENGTH ? {} : change),
        },
      });
    },
  };
}

/** The file is opened for each line, so that it can be renamed away at any time (rotation). */
function openFile(file: string): LogDestination {
  const write = (line: string) => appendFileSync(file, line, { mode: 0o600 });
  try {
    write('');
  } catch (error) {
    const message = `cannot write \`telemetry.auditFile\`: ${(error as Error).message}`;
    throw new MillraceError('failed_precondition', message);
  }
  return { write };
}
