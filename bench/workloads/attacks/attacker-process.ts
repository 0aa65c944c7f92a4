// The process of an attacker: `attacker.ts` starts it and tells it when to begin and to end.
import type { Order } from './attacker.js';
import { ATTACKS } from './attacks.js';
import { attackOpenly, type OpenLoop } from './open-loop.js';
import type { Armed } from './shots.js';

let armed: Armed | undefined;
let running: OpenLoop | undefined;

process.on('message', async (order: Order) => {
  if (order.do === 'arm') {
    armed = ATTACKS.find(({ id }) => id === order.attack)?.arm(order.target);
    process.send?.({ ready: armed !== undefined });
  } else if (order.do === 'begin' && armed !== undefined) {
    running = attackOpenly(armed, order.timesPerSecond);
  } else if (order.do === 'end') {
    process.send?.(await running?.end());
  }
});
process.on('disconnect', () => process.exit());
