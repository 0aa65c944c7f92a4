import { checkGateways } from '../gateways/check.js';
import { CADDY } from './caddy.js';
import { TRAEFIK } from './traefik.js';

/** As the suite `gateways`. */
export const run = () => checkGateways([TRAEFIK, CADDY]);
