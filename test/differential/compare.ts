import { CLOSING_STEPS, type Handover, hangs, MOOT, type Played, play, type Transcript, type Watches } from './play.js';
import { clientStepsOf, ends, resets, type Script, type Step } from './script.js';
import type { Stage } from './stages.js';

/** The same connection with the fast path and without. */
export interface Comparison {
  readonly fast: Transcript;
  readonly node: Transcript;
  /** `timing`: they differ as Node's own answers do when the same bytes reach it a moment later. */
  readonly verdict: 'same' | 'timing' | 'different';
}

/**
 * Plays a script with and without the fast path. Where the answers differ, Node alone gets the same bytes as it got them from the fast
 * path: later, by events, and all that had come by then at once.
 */
export async function compare(script: Script, stage: Stage, watches: Watches): Promise<Comparison> {
  const { clock } = stage;
  const servers = [stage.fast, stage.node];
  const [one, other] = (await play(script, { clock, servers, byEvents: stage.fast }, watches)) as [Played, Played];
  const both = { fast: one.transcript, node: other.transcript };
  const { fast, node } = both;
  if (hangs(fast) || hangs(node)) return { ...both, verdict: 'different' };
  if (areSame(fast, node)) return { ...both, verdict: 'same' };
  if (one.handover !== undefined) {
    const later = asHandedOver(script, one.handover);
    const [played] = (await play(later, { clock, servers: [stage.node], byEvents: stage.node }, watches)) as [Played];
    if (agree(script, fast, played.transcript)) return { ...both, verdict: 'timing' };
  }
  return { ...both, verdict: agree(script, fast, node) ? 'timing' : 'different' };
}

function agree(script: Script, fast: Transcript, node: Transcript): boolean {
  if (areSame(fast, node)) return true;
  if (resets(script)) return isBeginning(fast, node);
  if (ends(script) && isCutShort(fast, node)) return true;
  if (!expectsContinue(script)) return false;
  const [one, other] = [withoutContinue(fast), withoutContinue(node)];
  return isBeginning(one, other) || isBeginning(other, one);
}

function expectsContinue(script: Script): boolean {
  const sent = script.steps.flatMap(clientStepsOf).map((step) => ('send' in step ? step.send : ''));
  return /expect/i.test(sent.join(''));
}

/** Node asks for a body where it is its turn before it has come, and else ends the connection behind the answer: nothing is read there. */
function withoutContinue(transcript: Transcript): Transcript {
  return { ...transcript, received: transcript.received.replace(MOOT, ''), ending: '' };
}

function areSame(one: Transcript, other: Transcript): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

const STATUS_AND_REST = /: \d{3}, .*/;

/** Whether `short` is what comes first of `long`, as where the client is gone before it has all of it. */
function isBeginning(short: Transcript, long: Transcript): boolean {
  const known = long.requests.map((request) => request.replace(STATUS_AND_REST, ''));
  let at = 0;
  for (const request of short.requests) {
    at = known.indexOf(request.replace(STATUS_AND_REST, ''), at) + 1;
    if (at === 0) return false;
  }
  return long.received.startsWith(short.received) && short.log.every((line) => long.log.includes(line));
}

const CUT_SHORT = /^(.*): 400, \d+ bytes out, invalid_argument: the connection ended before the request was complete$/;

/**
 * Whether all is the same but that the last request, which does not come whole, is refused for that: what the fast path has kept is read
 * together with the end of the client, before anything else can be said of it.
 */
function isCutShort(fast: Transcript, node: Transcript): boolean {
  const last = fast.requests.length - 1;
  const [, request = ''] = CUT_SHORT.exec(fast.requests[last] ?? '') ?? [];
  const before = {
    requests: fast.requests.slice(0, last),
    received: fast.received.slice(0, fast.received.lastIndexOf('HTTP/1.1 400')),
  };
  return (
    request !== '' &&
    node.requests[last]?.startsWith(`${request}: `) === true &&
    isBeginning({ ...fast, ...before }, node)
  );
}

/** The same script for a server that gets nothing of what was handed over before it was. */
function asHandedOver({ stage, steps }: Script, handover: Handover): Script {
  const later: Step[] = [];
  let sentBytes = 0;
  let withheld = '';
  let hasEnded = false;
  for (const [index, step] of [...steps, ...CLOSING_STEPS].entries()) {
    if (index > handover.step) later.push(step);
    else if ('send' in step || 'client' in step || 'together' in step) {
      for (const each of clientStepsOf(step)) {
        if ('send' in each) {
          const known = each.send.slice(0, Math.max(0, handover.from - sentBytes));
          if (known !== '') later.push({ send: known });
          withheld += each.send.slice(known.length);
          sentBytes += each.send.length;
        } else if (each.client === 'ends' && withheld !== '') hasEnded = true;
        else later.push(each);
      }
    } else later.push(step);
    if (index === handover.step) {
      if (withheld !== '') later.push({ send: withheld });
      if (hasEnded) later.push({ client: 'ends' });
    }
  }
  return { stage, steps: later };
}
