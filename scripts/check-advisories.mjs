/**
 * Refuses to publish what has a known advisory: asks `npm audit` about everything that is installed here and keeps what users
 * get, dependencies and copies alike (docs/decisions/0016). Exit code 1 when there is any, or when the registry does not answer.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { shippedAdvisories } from './advisories.mjs';
import { VENDORS } from './vendors.mjs';

const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', shell: process.platform === 'win32' });
const report = JSON.parse(stdout);
if (report.vulnerabilities === undefined) {
  console.error(`npm audit did not answer: ${report.message ?? stdout}`);
  process.exit(1);
}
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const found = shippedAdvisories(report, { packages, copied: Object.keys(VENDORS) });
for (const line of found) console.error(line);
if (found.length > 0) process.exitCode = 1;
else console.log('no advisories for what the package depends on or carries');
