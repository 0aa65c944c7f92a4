import { FINDING_LEVELS, type Finding } from '../core/index.js';
import { formatPath } from '../text/index.js';
import { checkAudit } from './checks/audit.js';
import { checkBindings } from './checks/bindings.js';
import { checkBinds } from './checks/binds.js';
import { checkCertificates } from './checks/certificates.js';
import { checkClock } from './checks/clock.js';
import { checkContainer } from './checks/container.js';
import { checkDisk } from './checks/disk.js';
import { checkFiles } from './checks/files.js';
import { checkIssuers } from './checks/issuers.js';
import { checkLimits, checkOpenFiles } from './checks/limits.js';
import { checkQuotas } from './checks/quotas.js';
import { checkRepositories } from './checks/repositories.js';
import { checkStaticKeys, checkWrittenKeys } from './checks/static-keys.js';
import { checkStoredKeys } from './checks/stored-keys.js';
import { checkVersions } from './checks/versions.js';
import type { Check, Diagnosis } from './diagnosis.js';
import type { Facts } from './facts.js';

const CHECKS: readonly Check[] = [
  checkBinds,
  checkStaticKeys,
  checkWrittenKeys,
  checkStoredKeys,
  checkIssuers,
  checkBindings,
  checkAudit,
  checkLimits,
  checkQuotas,
  checkCertificates,
  checkClock,
  checkDisk,
  checkRepositories,
  checkOpenFiles,
  checkVersions,
  checkContainer,
  checkFiles,
];

/** Says where a key of the settings was written; '' where nobody wrote it. */
export type PlaceOf = (path: readonly string[]) => string;

/** Everything that the checks find, the worst first. */
export function examine(facts: Facts, placeOf: PlaceOf): readonly Finding[] {
  return toFindings(
    CHECKS.flatMap((check) => check(facts)),
    placeOf,
  );
}

/** The findings that diagnoses make, the worst first. */
export function toFindings(diagnoses: readonly Diagnosis[], placeOf: PlaceOf): readonly Finding[] {
  const findings = diagnoses.map(({ where, place, ...rest }) =>
    typeof where === 'string'
      ? { ...rest, where, place: '' }
      : { ...rest, where: formatPath(where), place: place ?? placeOf(where) },
  );
  return worstFirst(findings);
}

/** The same findings by their levels, those of a level as they were. */
export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  return FINDING_LEVELS.flatMap((level) => findings.filter((finding) => finding.level === level));
}
