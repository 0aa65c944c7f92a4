import { Tally } from '../harness/tally.js';
import { checkNotifications } from './notify.js';
import { checkSockets } from './sockets.js';
import { installTools } from './tools.js';

/** The server as a service of systemd, which does not run here: its tools stand in for it. */
export async function run(): Promise<number> {
  installTools();
  const tally = new Tally();
  await checkSockets(tally);
  await checkNotifications(tally);
  return tally.close();
}
