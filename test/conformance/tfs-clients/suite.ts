import { inRoot } from '../harness/paths.js';
import { installPython } from '../harness/python.js';
import { startServer } from '../harness/server.js';
import { Tally } from '../harness/tally.js';

const INSTALL_LIMIT_MS = 900_000;
const SCRIPT_LIMIT_MS = 600_000;
/** A check that is not reached does not count itself as failed. */
const CHECKS = 54;
const DIALECTS = 'test/conformance/dialects';

/** The checks, once asking for examples of a model that takes none, and once of one that does. */
export async function run(): Promise<number> {
  const python = installPython('tfs-clients/requirements.txt');
  const tally = new Tally();
  const installed = await python.run('tfs-clients/install.py', [], INSTALL_LIMIT_MS);
  if (!installed.ok) {
    tally.fail(`install.py: ${installed.output}`);
    return tally.close();
  }
  const server = await startServer([inRoot(DIALECTS, 'models'), '--config', inRoot(DIALECTS, 'millrace.yaml')]);
  try {
    const addresses = ['--rest', new URL(server.url).host, '--grpc', server.grpcAddress];
    for (const more of [[], ['--classify', 'classifier']]) {
      const { output } = await python.run('tfs-clients/checks.py', [...addresses, ...more], SCRIPT_LIMIT_MS);
      const before = tally.passed;
      tally.adopt(['checks.py', ...more].join(' '), output);
      const passed = tally.passed - before;
      if (passed !== CHECKS) tally.fail(`${passed} checks passed instead of ${CHECKS}`);
    }
  } finally {
    const code = await server.stop();
    if (code !== 0) tally.fail(`the server did not end well (${code}): ${server.lastWords()}`);
  }
  return tally.close();
}
