import { type Command, Option } from 'commander';
import type { Job, JobState } from '../../api/index.js';
import { connectToApi } from '../api.js';
import { type CommandContext, examples } from '../command.js';
import { EXIT_CODES } from '../exit-code.js';
import { untilSignal } from '../following/until-signal.js';
import { watchJob } from '../following/watch-job.js';
import { formatJob, formatJobChange, formatJobs, formatQueue, formatQueues, JOB_STATES } from '../format/jobs.js';
import { formatJson } from '../format/json.js';
import type { Io } from '../io.js';
import { addCommonFlags, type CommonFlags, parseCount } from '../server-options.js';
import { registerJobResult } from './job-result.js';
import { registerWebhookSecret } from './webhook-secret.js';

interface ListFlags extends CommonFlags {
  readonly state?: JobState;
  readonly failed?: true;
  readonly model?: string;
  readonly all?: true;
  readonly limit: number;
}

const MAX_PAGE = 1_000;

/** `millrace jobs …`: requests that a server has stored to run them later. */
export function registerJobs(program: Command, context: CommandContext): void {
  const { io } = context;
  const jobs = program
    .command('jobs')
    .description('list, watch, cancel and retry asynchronous jobs, and get their answers')
    .addHelpText(
      'after',
      examples(
        'millrace jobs list --failed',
        'millrace jobs watch ID && millrace jobs result ID -o answer.json',
        'millrace jobs retry ID',
        'millrace jobs pause fraud',
      ),
    );
  registerLists(jobs, io);
  registerJobResult(jobs, context);
  registerWatch(jobs, context);
  registerChanges(jobs, io);
  registerQueues(jobs, io);
  registerWebhookSecret(jobs, io);
}

function registerLists(jobs: Command, io: Io): void {
  addCommonFlags(jobs.command('list').description("the caller's jobs, newest first"))
    .addOption(new Option('--state <state>', 'jobs in this state').choices(JOB_STATES))
    .addOption(new Option('--failed', 'the same as --state failed').conflicts('state'))
    .option('--model <name>', 'jobs of this model')
    .option('--all', 'jobs of all callers: needs the right job.read')
    .option('-n, --limit <count>', 'how many at most', parseCount, 20)
    .action(async (flags: ListFlags) => {
      const { jobs: found, hasMore } = await listJobs(io, flags);
      io.stdout.write(flags.json ? formatJson(found) : formatJobs(found, io.stdout));
      if (hasMore) io.stderr.write(`older jobs are left out: --limit ${flags.limit}\n`);
    });
  addCommonFlags(jobs.command('show <id>').description('a job: state, times, attempts, error')).action(
    async (id: string, flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('GET /jobs/{job}/status', { params: { job: id } });
      io.stdout.write(flags.json ? formatJson(body) : formatJob(body, io.stdout));
    },
  );
}

async function listJobs(
  io: Io,
  flags: ListFlags,
): Promise<{ readonly jobs: readonly Job[]; readonly hasMore: boolean }> {
  const { state, failed, model, all, limit } = flags;
  const api = await connectToApi(io, flags);
  const filter = { state: failed ? ('failed' as const) : state, model, all };
  const found: Job[] = [];
  let after: string | undefined;
  do {
    const query = { ...filter, limit: Math.min(MAX_PAGE, limit - found.length), after };
    const { body } = await api.ask('GET /jobs', { query });
    found.push(...body.jobs);
    after = body.next;
  } while (after !== undefined && found.length < limit);
  return { jobs: found, hasMore: after !== undefined };
}

function registerWatch(jobs: Command, { io, exitWith }: CommandContext): void {
  addCommonFlags(jobs.command('watch <id>').description('follow a job until it ends, a line for each change'))
    .addHelpText('after', WATCH_EXITS)
    .action(async (id: string, flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const show = (job: Job) => io.stdout.write(flags.json ? formatJson(job) : formatJobChange(job, io.stdout.colors));
      const work = async (signal: AbortSignal) => {
        const job = await watchJob(io, { api, id, show, signal, timeoutMs: flags.timeout });
        return EXIT_CODES[job.state === 'succeeded' ? 'done' : 'failed'].code;
      };
      exitWith(await untilSignal(io, work, 'stopped watching; this does not stop the job\n'));
    });
}

const WATCH_EXITS = `
Waits for a server that restarts, at most five minutes.

Exit codes:
  0    succeeded
  1    failed, cancelled or expired; or the server refused
  3    no server answers
  130  ended by SIGINT (143 by SIGTERM); the job goes on`;

function registerChanges(jobs: Command, io: Io): void {
  const change = (verb: 'cancel' | 'retry' | 'redeliver', description: string, done: (job: Job) => string) =>
    addCommonFlags(jobs.command(`${verb} <id>`).description(description)).action(
      async (id: string, flags: CommonFlags) => {
        const api = await connectToApi(io, flags);
        const { body } = await api.ask(`POST /jobs/{job}/${verb}`, { params: { job: id } });
        io.stdout.write(flags.json ? formatJson(body) : done(body));
      },
    );
  change('cancel', 'cancel a job that has not ended', ({ id }) => `cancelled job ${id}\n`);
  change('retry', 'queue a job again that failed, expired or was cancelled', ({ id }) => `queued job ${id} again\n`);
  change(
    'redeliver',
    'send the webhook of a job again that was given up',
    ({ id }) => `sending the webhook of job ${id} again\n`,
  );
  addCommonFlags(jobs.command('remove <id>').description('delete a job that has ended, with its answer')).action(
    async (id: string, flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      await api.ask('DELETE /jobs/{job}', { params: { job: id } });
      io.stdout.write(flags.json ? formatJson({ removed: id }) : `removed job ${id}\n`);
    },
  );
}

function registerQueues(jobs: Command, io: Io): void {
  addCommonFlags(jobs.command('queues').description("models' queues: jobs that wait and run, and their age")).action(
    async (flags: CommonFlags) => {
      const api = await connectToApi(io, flags);
      const { body } = await api.ask('GET /job-queues', {});
      io.stdout.write(flags.json ? formatJson(body.queues) : formatQueues(body.queues, io.stdout));
    },
  );
  const change = (verb: 'pause' | 'resume', description: string) =>
    addCommonFlags(jobs.command(`${verb} <model>`).description(description)).action(
      async (model: string, flags: CommonFlags) => {
        const api = await connectToApi(io, flags);
        const { body } = await api.ask(`POST /job-queues/{model}/${verb}`, { params: { model } });
        io.stdout.write(flags.json ? formatJson(body) : formatQueue(body));
      },
    );
  change('pause', "start no further job of a model, also after the server's restart; running jobs go on");
  change('resume', "start the model's jobs again");
}
