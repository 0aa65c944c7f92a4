import { inject } from 'vitest';
import { ServerOptionsSchema } from '../../src/server/options.js';

// What the tests start in their own process, and what they start as a command.
if (!inject('fastPath')) {
  Object.assign(ServerOptionsSchema.properties.fastPath, { default: false });
  process.env.MILLRACE_SERVER_FAST_PATH = 'false';
}
