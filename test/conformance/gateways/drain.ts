import { becomes } from '../harness/becomes.js';
import { HttpClient } from '../harness/http.js';
import type { Tally } from '../harness/tally.js';
import { AUTHORIZED, bodyOf, Clients } from './clients.js';
import type { Stage } from './requests.js';
import type { Upstream } from './servers.js';

const HTTP_WORKERS = 6;
const GRPC_WORKERS = 3;
const ANSWERS = 150;
const REQUESTS = 40;
const JOBS = 10;
const NOT_RUN = 'x-millrace-not-run';

const answeredBy = ({ requests }: Upstream) => requests.filter(({ status }) => status === 200).length;

/** One server ends and comes back while clients send requests over HTTP and gRPC: none fails. */
export async function checkDrain(tally: Tally, { gateway, tls, upstreams }: Stage): Promise<void> {
  const { name } = gateway;
  const [first, second] = upstreams;
  await using clients = new Clients(gateway, tls);
  const failures = new Map<string, number>();
  let ended = false;
  let sent = 0;
  const work = async (send: () => Promise<string>) => {
    while (!ended) {
      const outcome = await send().catch((error: Error) => error.message);
      sent++;
      if (outcome !== 'ok') failures.set(outcome, (failures.get(outcome) ?? 0) + 1);
    }
  };
  const http = async () => {
    const { status, body } = await clients.infer('copy', 1);
    return status === 200 ? 'ok' : `HTTP ${status} ${body.subarray(0, 200)}`;
  };
  const grpc = async () => (String(await clients.grpcInfer('copy', 1)) === '1' ? 'ok' : 'a wrong answer');
  const workers = [
    ...Array.from({ length: HTTP_WORKERS }, () => work(http)),
    ...Array.from({ length: GRPC_WORKERS }, () => work(grpc)),
  ];
  const answers = async (upstream: Upstream) => {
    const target = answeredBy(upstream) + ANSWERS;
    return becomes(() => answeredBy(upstream) >= target);
  };
  tally.check(await answers(first), `${name}: the first server gets no requests`);
  tally.check(await answers(second), `${name}: the second server gets no requests`);
  const code = await first.stop();
  tally.check(code === 0, `${name}: the drained server ended with ${code}`);
  tally.check(await answers(second), `${name}: the second server alone gets no requests`);
  await first.start();
  tally.check(await answers(first), `${name}: a server that comes back gets no requests`);
  ended = true;
  await Promise.all(workers);
  const told = [...failures].map(([outcome, count]) => `${count} × ${outcome}`).join('; ');
  tally.check(failures.size === 0, `${name}: of ${sent} requests during a drain some failed: ${told}`);
}

/** A server refuses requests that it has no room for: they run on the other one where the gateway reads the header, and are passed on where not. */
export async function checkRefusals(tally: Tally, { gateway, tls, upstreams }: Stage): Promise<void> {
  const { name, retriesRefusals } = gateway;
  const [full] = upstreams;
  const direct = new HttpClient(full.url);
  const hold = async (parameters: object) => {
    const body = JSON.stringify({ ...JSON.parse(bodyOf(1)), parameters });
    await direct.send({ path: '/v2/models/busy/infer', body, headers: AUTHORIZED });
  };
  const isFull = async () => {
    const { headers } = await direct.send({ path: '/v2/models/busy/infer', body: bodyOf(1), headers: AUTHORIZED });
    return headers[NOT_RUN] === 'true';
  };
  const held = [hold({ fault: 'hang' }), hold({})].map((each) => each.catch(() => undefined));
  tally.check(await becomes(isFull), `${name}: the queue of a server does not fill`);
  await using clients = new Clients(gateway, tls);
  const answers = [];
  for (let index = 0; index < REQUESTS; index++) answers.push(await clients.infer('busy', 1));
  const refused = answers.filter(({ status }) => status !== 200);
  if (retriesRefusals) {
    tally.check(
      refused.length === 0,
      `${name}: ${refused.length} of ${REQUESTS} refusals were not sent to the other server`,
    );
  } else {
    const isMarked = refused.every(({ status, headers }) => status === 503 && headers[NOT_RUN] === 'true');
    tally.check(
      refused.length > 0 && isMarked,
      `${name}: refusals were not passed on: ${answers.map(({ status }) => status)}`,
    );
  }
  direct.close();
  await Promise.all(held);
}

/** Jobs that fail are answered with 424, which leaves no server out. */
export async function checkFailedJobs(tally: Tally, { gateway, tls, upstreams }: Stage): Promise<void> {
  const { name } = gateway;
  await using clients = new Clients(gateway, tls);
  const failed = new Set<string>();
  for (let index = 0; index < JOBS; index++) {
    const { status, headers } = await clients.send({
      path: '/v2/models/fails/infer',
      body: bodyOf(1),
      headers: { prefer: 'respond-async' },
    });
    tally.check(status === 202, `${name}: a submission was answered ${status}`);
    // The other server does not know the job.
    const isFailed = await becomes(async () => {
      const answer = await clients.send({ path: headers.location ?? '', headers: { prefer: 'wait=10' } });
      return answer.status === 424;
    });
    if (isFailed) failed.add(headers.location ?? '');
  }
  tally.check(failed.size === JOBS, `${name}: of ${JOBS} failed jobs ${failed.size} were answered 424`);
  const before = upstreams.map(answeredBy);
  for (let index = 0; index < REQUESTS; index++) await clients.infer('copy', 1);
  const more = upstreams.map((upstream, index) => answeredBy(upstream) - (before[index] ?? 0));
  tally.check(
    more.every((count) => count > 0),
    `${name}: after failed jobs the servers have got ${more} of ${REQUESTS} requests`,
  );
}
