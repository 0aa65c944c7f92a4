import { systemClock, Turns } from '../core/index.js';

/** One for all servers of the process, which share its event loop: large bodies that end together are joined one after the other. */
export const turns = new Turns(systemClock);
