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
const NOT_RUN = 'x-millrace-not-run';

/** Inferences; gateways ask for readiness, too. */
const answeredBy = ({ requests }: Upstream) =>
  requests.filter(({ path, status }) => status === 200 && /\/infer$|\/ModelInfer$/.test(path)).length;

/** Sends requests until both servers have answered some: after a failure, gateways leave a server out for a while. */
async function bothAnswer(clients: Clients, upstreams: readonly Upstream[]): Promise<boolean> {
  const before = upstreams.map(answeredBy);
  return becomes(async () => {
    for (let index = 0; index < REQUESTS; index++) await clients.infer('copy', 1);
    return upstreams.every((upstream, index) => answeredBy(upstream) > (before[index] ?? 0));
  });
}

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

/** A request that has run is not sent again: its runner dies of it, once. */
export async function checkNoRepeat(tally: Tally, { gateway, tls, upstreams }: Stage): Promise<void> {
  await using clients = new Clients(gateway, tls);
  const died = () => upstreams.flatMap(({ requests }) => requests.filter(({ path }) => path.includes('/deadly/')));
  const body = JSON.stringify({ ...JSON.parse(bodyOf(1)), parameters: { fault: 'exit' } });
  const { status, headers } = await clients.send({ path: '/v2/models/deadly/infer', body });
  tally.check(
    status === 503 && headers[NOT_RUN] === undefined,
    `${gateway.name}: a request whose runner died was answered ${status}`,
  );
  tally.check(await becomes(() => died().length > 0), `${gateway.name}: no server has got the request`);
  tally.check(died().length === 1, `${gateway.name}: a request whose runner died was sent ${died().length} times`);
}

/** A server refuses requests that it has no room for: they run on the other one where the gateway reads the header, and are passed on where not. */
export async function checkRefusals(tally: Tally, { gateway, tls, upstreams }: Stage): Promise<void> {
  const { name, retriesRefusals } = gateway;
  const [full] = upstreams;
  await using clients = new Clients(gateway, tls);
  tally.check(await bothAnswer(clients, upstreams), `${name}: a server gets no requests`);
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
  const answers = [];
  for (let index = 0; index < REQUESTS; index++) answers.push(await clients.infer('busy', 1));
  const refused = answers.filter(({ status }) => status !== 200);
  if (retriesRefusals) {
    for (let index = 0; index < REQUESTS; index++) {
      const failure = await clients.grpcInfer('busy', 1).then(
        () => '',
        (error: Error) => error.message,
      );
      tally.check(failure === '', `${name}: a refusal over gRPC was not sent to the other server: ${failure}`);
    }
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

/** Jobs that fail are answered with 424, which leaves no server out, while failures that are answered at once do where the gateway counts them. */
export async function checkFailedJobs(tally: Tally, { gateway, tls, upstreams }: Stage): Promise<void> {
  const { name, ejections } = gateway;
  await using clients = new Clients(gateway, tls);
  const ask = async (headers: Readonly<Record<string, string>>) => {
    const statuses = new Map<number, number>();
    for (let index = 0; index < REQUESTS; index++) {
      const { status } = await clients.send({ path: '/v2/models/fails/infer', body: bodyOf(1), headers });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    return [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
  };
  const before = await ejections?.();
  const failed = await ask({ prefer: 'respond-async, wait=30' });
  tally.check(failed === `${REQUESTS} × 424`, `${name}: failed jobs were answered ${failed}`);
  tally.check(await bothAnswer(clients, upstreams), `${name}: after failed jobs a server gets no requests`);
  if (ejections === undefined) return;
  tally.check((await ejections()) === before, `${name}: failed jobs have had a server ejected`);
  await ask({});
  tally.check((await ejections()) > (before ?? 0), `${name} ejects no server for its 5xx, so that this proves nothing`);
}
