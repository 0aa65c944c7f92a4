import { type Check, command, type Diagnosis } from '../diagnosis.js';
import type { MachineFacts, PackageFacts } from '../facts.js';

/** Until when releases of Node.js get corrections, by their first number (nodejs.org/en/about/previous-releases). */
const END_OF_LIFE: Readonly<Record<string, string>> = { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' };

/** Node.js, and packages that are missing or are not the ones that were tested. */
export const checkVersions: Check = ({ machine, packages, nowMs }) => [
  ...checkNode(machine, nowMs),
  ...packages.flatMap(checkPackage),
];

function checkNode({ nodeVersion, oldestNode }: MachineFacts, nowMs: number): readonly Diagnosis[] {
  const where = `Node.js ${nodeVersion}`;
  if (isOlder(nodeVersion, oldestNode)) {
    const what = `Node.js ${nodeVersion} is too old: millrace needs ${oldestNode} or newer`;
    return [{ id: 'node-too-old', level: 'error', what, where, fix: command('nvm install --lts') }];
  }
  const [major = ''] = nodeVersion.split('.');
  const end = END_OF_LIFE[major];
  if (end === undefined || nowMs <= Date.parse(end)) return [];
  const what = `Node.js ${major} gets no corrections since ${end}, those of security holes included`;
  return [{ id: 'node-unsupported', level: 'note', what, where, fix: command('nvm install --lts') }];
}

function isOlder(version: string, than: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, least] of than.split('.').map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

function checkPackage({ name, wanted, found, purpose, isOptional }: PackageFacts): readonly Diagnosis[] {
  if (found === wanted) return [];
  const fix = command(`npm install --no-save ${name}@${wanted}`);
  if (found === undefined) {
    const what = `${name} is not installed: ${purpose}`;
    return [{ id: 'package-missing', level: isOptional ? 'note' : 'error', what, where: name, fix }];
  }
  const what = `${name} ${found} is installed; this millrace was tested with ${wanted}`;
  return [{ id: 'package-version', level: 'warning', what, where: name, fix }];
}
