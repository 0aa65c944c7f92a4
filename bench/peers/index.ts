import { fastapi } from './fastapi.js';
import { mosec } from './mosec.js';
import type { Peer } from './peer.js';
import { triton } from './triton.js';

export { type Peer, startPeer } from './peer.js';
export { fastapi, mosec, triton };
export const PEERS: readonly Peer[] = [mosec, fastapi, triton];
