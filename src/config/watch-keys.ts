import type { Clock, EventBus, Timer } from '../core/index.js';
import { filesOfAuth } from './load.js';
import type { Settings } from './schema.js';

/** What runs for a key that is taken away has a second to end. */
const CHECK_INTERVAL_MS = 500;

interface KeyWatch {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly onChange: (keys: Settings['auth']['keys']) => void;
}

/**
 * Calls `onChange` when a file has changed that `auth.keys` refers to. Checks twice a second; files that cannot be used are reported
 * once and change nothing. The returned function ends it.
 */
export function watchKeys(auth: Settings['auth'], { clock, events, onChange }: KeyWatch): () => void {
  const files = filesOfAuth(auth);
  if (files === undefined) return () => undefined;
  const report = (level: 'info' | 'warn', message: string) =>
    events.publish('diagnostic', { level, room: 'app', message });
  // What has changed since the settings were read counts as well.
  let looked = '';
  let seen = JSON.stringify(auth.keys);
  let problem = '';
  let timer: Timer;
  const check = () => {
    timer = clock.setTimer(CHECK_INTERVAL_MS, check);
    const look = files.look();
    if (look === looked) return;
    try {
      const { keys } = files.reread();
      // Not before: what could not be read may be there again with no change to these files.
      looked = look;
      problem = '';
      const found = JSON.stringify(keys);
      if (found === seen) return;
      seen = found;
      onChange(keys);
      report('info', 'keys read again from their files');
    } catch (error) {
      const { message } = error as Error;
      if (message === problem) return;
      problem = message;
      report('warn', `the files of auth.keys are not usable, the old keys stay: ${message}`);
    }
  };
  timer = clock.setTimer(CHECK_INTERVAL_MS, check);
  return () => timer.clear();
}
