import type { Command } from 'commander';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { formatJson } from '../format/json.js';
import { formatRollout } from '../format/rollout.js';
import { readDuration } from '../inputs/duration.js';
import { followRollout, reportUrl } from '../rollout/follow.js';
import { createWaitView, createWatchView } from '../rollout/views.js';
import { addCommonFlags, type CommonFlags } from '../server-options.js';

type StatusFlags = CommonFlags & { readonly watch?: true };
type WaitFlags = CommonFlags & { readonly maxWait?: number };

/** `millrace rollout status` and `wait`: the rollout of a model that is not over, else its last one. */
export function registerRolloutFollow(rollout: Command, { io, exitWith }: CommandContext): void {
  addCommonFlags(rollout.command('status <model>').description('what was measured, what follows from it, and why'))
    .option('--watch', 'show it anew every second until it is over or paused; exit codes as for wait')
    .action(async (model: string, flags: StatusFlags) => {
      const { json, timeout: timeoutMs } = flags;
      const report = reportUrl(flags.url, model);
      const api = await connectToApi(io, flags);
      if (flags.watch) {
        exitWith(await followRollout(io, { api, model, view: createWatchView(io, { json, report }), timeoutMs }));
        return;
      }
      const { body } = await api.ask('GET /models/{model}/rollout', { params: { model } });
      io.stdout.write(json ? formatJson(body) : formatRollout(body, io.stdout, report));
    });
  addCommonFlags(rollout.command('wait <model>').description('wait until a rollout is over, for scripts and CI'))
    .option(
      '--max-wait <duration>',
      'end with exit code 4 if it is not over by then (default: no limit)',
      readDuration('90s or 2h'),
    )
    .addHelpText('after', `${examples('millrace rollout wait fraud --max-wait 2h')}\n${EXITS}`)
    .action(async (model: string, flags: WaitFlags) => {
      const { json, timeout: timeoutMs, maxWait: maxWaitMs } = flags;
      const api = await connectToApi(io, flags);
      const view = createWaitView(io, { json, report: reportUrl(flags.url, model) });
      exitWith(await followRollout(io, { api, model, view, maxWaitMs, timeoutMs }));
    });
}

const EXITS = `
Prints a line for each decision; approvals are waited for, and so is a server that restarts (at most five minutes).

Exit codes:
  0    promoted
  1    rolled back or aborted; or the model has no rollout, or the server refused
  3    no server answers
  4    paused, or not over within --max-wait
  130  ended by SIGINT (143 by SIGTERM); the rollout goes on`;
