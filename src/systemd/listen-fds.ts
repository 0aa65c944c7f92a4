import { invalidArgument, MillraceError } from '../core/index.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A descriptor that the service manager has passed. */
export interface PassedDescriptor {
  readonly descriptor: number;
  /** Its `FileDescriptorName=`; `unknown` where there is none. */
  readonly name: string;
}

/** The first descriptor behind those of the standard streams (`SD_LISTEN_FDS_START`). */
const FIRST_DESCRIPTOR = 3;
/** More than a socket unit can sensibly have; a larger number is a mistake. */
const MAX_DESCRIPTORS = 1_000;

/**
 * The descriptors that were passed to process `pid`, by sd_listen_fds_with_names(3): none where `LISTEN_PID` names another process.
 * Throws `invalid_argument` for variables that cannot be read.
 */
export function readListenFds(env: Environment, pid: number): readonly PassedDescriptor[] {
  const { LISTEN_PID: owner, LISTEN_FDS: given, LISTEN_FDNAMES: names } = env;
  if (owner === undefined || given === undefined || readCount('LISTEN_PID', owner) !== pid) return [];
  const count = readCount('LISTEN_FDS', given);
  if (count > MAX_DESCRIPTORS) throw unreadable('LISTEN_FDS', `at most ${MAX_DESCRIPTORS}`, given);
  const listed = names === undefined ? undefined : names.split(':');
  if (listed !== undefined && listed.length !== count && !(count === 0 && names === '')) {
    throw unreadable('LISTEN_FDNAMES', `${count} names (LISTEN_FDS) with colons between them`, names ?? '');
  }
  return Array.from({ length: count }, (_, index) => ({
    descriptor: FIRST_DESCRIPTOR + index,
    name: listed?.[index] || 'unknown',
  }));
}

/** Why a descriptor that was passed cannot be used: `failed_precondition`. */
export function refuseDescriptor({ descriptor, name }: PassedDescriptor, problem: string): MillraceError {
  return new MillraceError('failed_precondition', `socket activation: descriptor ${descriptor} ('${name}') ${problem}`);
}

/** A whole number of the service manager's. Throws `invalid_argument` for anything else. */
export function readCount(variable: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw unreadable(variable, 'a whole number', text);
  return Number(text);
}

function unreadable(variable: string, expected: string, got: string): MillraceError {
  return invalidArgument(`environment variable ${variable}: expected ${expected}, got '${got}'`);
}
