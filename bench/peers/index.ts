import { FASTAPI_PHOTO_PATH, fastapi, fastapiPhotos, fastapiTuned } from './fastapi.js';
import { mosec, mosecAlone, mosecTuned } from './mosec.js';
import type { Peer } from './peer.js';
import { triton } from './triton.js';

export { type Peer, startPeer } from './peer.js';
export { FASTAPI_PHOTO_PATH, fastapi, fastapiPhotos, fastapiTuned, mosec, mosecAlone, mosecTuned, triton };

/** One of each that is installed by itself. */
export const INSTALLED: readonly Peer[] = [mosec, fastapi, triton];
