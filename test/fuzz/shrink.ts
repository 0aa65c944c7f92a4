import { framed } from '../support/grpc-server.js';
import { Random } from '../support/random.js';
import { httpShot, type Shot } from './shot.js';

const MAX_TRIES = 150;

/** The smallest shot that was found which still shows it: without headers, messages and bytes that do not matter. */
export async function shrink(shot: Shot, shows: (shot: Shot) => Promise<boolean>): Promise<Shot> {
  let smallest = shot;
  let tries = 0;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const smaller of smallerThan(smallest)) {
      if (tries++ >= MAX_TRIES) return smallest;
      if (!(await shows(smaller))) continue;
      smallest = smaller;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

function* smallerThan(shot: Shot): Generator<Shot> {
  if (shot.kind === 'http') {
    const { draft } = shot;
    const again = (change: Partial<typeof draft>) => httpShot({ ...draft, ...change }, new Random(0));
    for (const body of cuts(draft.body)) yield again({ body });
    for (const headers of withoutOne(draft.headers)) yield again({ headers });
  } else if (shot.kind === 'grpc') {
    for (const frames of withoutOne(shot.frames)) yield { ...shot, frames };
    for (const [index, frame] of shot.frames.entries()) {
      for (const message of cuts(frame.subarray(5))) {
        yield { ...shot, frames: shot.frames.with(index, framed(message, frame[0])) };
      }
    }
    for (const headers of withoutOne(Object.entries(shot.headers))) {
      yield { ...shot, headers: Object.fromEntries(headers) };
    }
  } else {
    if (shot.pieces.length > 1) yield { ...shot, pieces: [Buffer.concat(shot.pieces)] };
    for (const [index, piece] of shot.pieces.entries()) {
      for (const bytes of cuts(piece)) yield { ...shot, pieces: shot.pieces.with(index, bytes) };
    }
  }
}

/** The bytes without a half, a quarter, … an eighth of them, wherever that lies. */
function* cuts(bytes: Uint8Array): Generator<Uint8Array> {
  for (const parts of [2, 4, 8]) {
    const size = Math.ceil(bytes.length / parts);
    for (let from = 0; from < bytes.length; from += size) {
      yield Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + size)]);
    }
  }
}

function withoutOne<T>(list: readonly T[]): (readonly T[])[] {
  return list.map((_, index) => list.toSpliced(index, 1));
}
