/**
 * Entry of a runner process: `node runner-main.js <label> <pid of the server> <niceness>`, frames from file descriptor 3 and to 4,
 * large ones also from the shared segment that is descriptor 5, and tensors from the memory of bodies that is descriptor 6.
 * Everything it imports counts in every runner's memory and start, so it imports little.
 */
import { BlockingChannel } from './blocking-channel.js';
import { BodyReader } from './body-reader.js';
import { SegmentReader } from './frame-segment.js';
import { applyNiceness } from './niceness.js';
import { killGroup } from './process-group.js';
import { RunnerLoop } from './runner-loop.js';
import { watchParent } from './watchdog.js';

const [label = '', parentPid = '0', niceness = '0'] = process.argv.slice(2);
process.title = `millrace-runner ${label}`;
// A terminal or supervisor signals the whole group; the server decides when its runners end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
watchParent(Number(parentPid));
// Before a runtime starts threads, which inherit it.
applyNiceness(Number(niceness));

const loop = new RunnerLoop(new BlockingChannel(3, 4), new SegmentReader(5), new BodyReader(6));
process.on('uncaughtException', (error, origin) => loop.die(error, origin));
const ended = await loop.run();
// Where the server lives on, it ends what a model has started.
if (ended === 'server gone') killGroup(process.pid);
process.exit(0);
