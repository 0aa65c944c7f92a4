import { checkGateways } from './check.js';
import { ENVOY } from './envoy.js';
import { HAPROXY } from './haproxy.js';
import { NGINX } from './nginx.js';

/** The gateways that are used most. The others: the suite `further-gateways`. */
export const run = () => checkGateways([NGINX, HAPROXY, ENVOY]);
