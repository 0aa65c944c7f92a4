#!/usr/bin/env node
// An old Node.js must get as far as the check: nothing is imported before it, and the syntax is that of ES2020.

/** As in `engines` of package.json. */
const OLDEST = [20, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  const message = `millrace requires Node.js ${OLDEST.join('.')} or later; this is Node.js ${process.versions.node}`;
  const json = process.argv.indexOf('--json') > 1;
  process.stderr.write(
    `${json ? JSON.stringify({ error: message, code: 'failed_precondition' }) : `error: ${message}`}\n`,
  );
  process.exitCode = 2;
} else {
  void import('./run.js').then(({ runProcess }) => runProcess());
}
