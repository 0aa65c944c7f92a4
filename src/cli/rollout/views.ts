import type { Rollout, RolloutDecision } from '../../api/index.js';
import { quoteShell } from '../../text/index.js';
import { formatJson } from '../format/json.js';
import { formatDecision, formatHead, formatPhase, formatRollout } from '../format/rollout.js';
import { CLEAR_SCREEN, type Io } from '../io.js';
import type { FollowView } from './follow.js';
import type { FollowOutcome } from './plan-look.js';

interface ViewOptions {
  readonly json?: true | undefined;
  /** Where the report of the rollout is. */
  readonly report: string;
}

/** A rollout as a whole at each look; a terminal shows it in one place. */
export function createWatchView(io: Io, { json, report }: ViewOptions): FollowView {
  const { stdout } = io;
  let model = '';
  return {
    show(rollout) {
      if (model !== '' && stdout.isTTY && !json) stdout.write(CLEAR_SCREEN);
      ({ model } = rollout);
      stdout.write(json ? formatJson(rollout) : formatRollout(rollout, stdout, report));
    },
    showPast(past, later) {
      stdout.write(json ? formatJson(past) : formatPhase({ ...past, phase: past.reason }, stdout.colors));
      io.stderr.write(formatLater(later));
    },
    end: (outcome) => io.stderr.write(formatHint(outcome, model)),
  };
}

/** A line for the rollout, for each decision and for the end; `json`: each an object with `event`. */
export function createWaitView(io: Io, { json, report }: ViewOptions): FollowView {
  const { stdout, stderr } = io;
  const write = (event: object, line: string) => stdout.write(json ? formatJson(event) : line);
  let shown: Rollout | undefined;
  let last: Ending | undefined;
  return {
    show(rollout) {
      if (shown === undefined) write(headOf(rollout), `${formatHead(rollout, stdout.colors)}\n`);
      for (const decision of decisionsSince(shown?.decisions[0], rollout.decisions)) {
        write({ event: 'decision', ...decision }, `${formatDecision(decision)}\n`);
      }
      const isNews = shown?.phase !== rollout.phase;
      if (isNews && rollout.state === 'awaiting_approval') stderr.write(formatApproval(rollout, report));
      shown = rollout;
      last = rollout;
    },
    showPast(past, later) {
      last = { ...past, phase: past.reason };
      stderr.write(formatLater(later));
    },
    end(outcome) {
      if (last === undefined) return;
      const { id, state, phase } = last;
      write({ event: 'ended', outcome, id, state, phase }, formatPhase(last, stdout.colors));
      stderr.write(formatHint(outcome, shown?.model ?? ''));
    },
  };
}

type Ending = Pick<Rollout, 'id' | 'state' | 'phase'>;

function headOf({ id, model, stable, canary, ...rollout }: Rollout): object {
  const { started_at: startedAt, started_by: startedBy } = rollout;
  return { event: 'rollout', id, model, stable, canary, started_at: startedAt, started_by: startedBy };
}

/** Oldest first; all of them where `seen` is not among them. */
export function decisionsSince(
  seen: RolloutDecision | undefined,
  newestFirst: readonly RolloutDecision[],
): readonly RolloutDecision[] {
  const isSeen = ({ at, action, reason }: RolloutDecision) =>
    at === seen?.at && action === seen.action && reason === seen.reason;
  const index = newestFirst.findIndex(isSeen);
  return (index === -1 ? newestFirst : newestFirst.slice(0, index)).toReversed();
}

function formatApproval({ model, phase }: Rollout, report: string): string {
  return `${phase}: millrace rollout approve ${quoteShell(model)}, or ${report}\n`;
}

function formatLater({ model, canary }: Rollout): string {
  return `another rollout of '${model}', to version ${canary}, has begun since\n`;
}

/** What to do about a rollout that is not over. */
function formatHint(outcome: FollowOutcome, model: string): string {
  const command = (action: string) => `millrace rollout ${action} ${quoteShell(model)}`;
  if (outcome === 'paused') return `resume it: ${command('resume')}; roll it back: ${command('abort')}\n`;
  return outcome === 'timed_out' ? 'stopped waiting after --max-wait; this does not stop the rollout\n' : '';
}
