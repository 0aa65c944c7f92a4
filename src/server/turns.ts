import { systemClock, Turns } from '../core/index.js';

/** Many bodies that end together are joined one after the other, whatever they are joined for. */
export const turns = new Turns(systemClock);
