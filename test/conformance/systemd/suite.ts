import { Tally } from '../harness/tally.js';
import { checkNotifications } from './notify.js';
import { checkSockets } from './sockets.js';
import { installTools } from './tools.js';
import { checkUnits } from './units.js';

/** The server as a service of systemd, which does not run here: its tools stand in for it. */
export async function run(): Promise<number> {
  installTools();
  const tally = new Tally();
  await checkSockets(tally);
  await checkNotifications(tally);
  await checkUnits(tally);
  return tally.close();
}
