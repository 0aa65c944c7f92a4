import { describe, expect, it } from 'vitest';
import { type BodyMemory, MillraceError } from '../../src/core/index.js';
import { chooseSeed, Random } from '../support/random.js';
import {
  createSettlements,
  FakeExchange,
  MAX_BYTES,
  SHUTDOWN,
  TESTER,
  TIMEOUT_MS,
} from '../support/settlement-fixture.js';

type Settlements = ReturnType<typeof createSettlements>;

const ENDS = ['answer', 'fail', 'client gone', 'deadline', 'shutdown', 'budget refused'] as const;
type End = (typeof ENDS)[number];

async function happen(end: End, exchange: FakeExchange, { clock }: Settlements): Promise<void> {
  const { settlement } = exchange;
  if (end === 'answer') exchange.answer(10);
  else if (end === 'fail') settlement.fail(new MillraceError('not_found', 'there is no such model'));
  else if (end === 'client gone') exchange.leave();
  else if (end === 'deadline') await clock.advance(TIMEOUT_MS);
  else if (end === 'shutdown') settlement.cancel(SHUTDOWN);
  else exchange.receive(MAX_BYTES + 1);
}

function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) => orders(items.filter((item) => item !== first)).map((rest) => [first, ...rest]));
}

describe('a request', () => {
  it.each([
    ['answer', ['answer'], undefined],
    ['fail', ['not_found'], 'not_found'],
    ['client gone', [], 'cancelled'],
    ['deadline', ['deadline_exceeded'], 'deadline_exceeded'],
    ['shutdown', ['unavailable'], 'unavailable'],
    ['budget refused', ['resource_exhausted'], 'resource_exhausted'],
  ] as const)('that meets "%s" first ends by that, whatever follows in whatever order', async (first, told, code) => {
    for (const rest of orders(ENDS.filter((end) => end !== first))) {
      const settlements = createSettlements();
      const { clock, budget, diagnostics } = settlements;
      const exchange = settlements.open();
      const { settlement, written, endings } = exchange;
      exchange.receive(100);
      await happen(first, exchange, settlements);
      await clock.flush();
      expect([written, settlement.error?.code]).toEqual([told, code]);
      for (const end of rest) {
        await happen(end, exchange, settlements);
        await clock.flush();
      }
      expect([written, endings.length, budget.usedBytes], `${first}, ${rest.join(', ')}`).toEqual([told, 1, 0]);
      expect([settlement.heldBytes, clock.pendingTimers, diagnostics]).toEqual([0, 0, []]);
    }
  });

  it.each(ENDS)('that has settled is not touched by "%s"', async (end) => {
    const settlements = createSettlements();
    const exchange = settlements.open();
    exchange.answer(10);
    exchange.flush();
    await happen(end, exchange, settlements);
    await settlements.clock.flush();
    expect([exchange.written, exchange.endings, settlements.budget.usedBytes]).toEqual([
      ['answer'],
      [{ error: undefined, requestBytes: 0, responseBytes: 10 }],
      0,
    ]);
  });

  it('is watched until it settles, from the moment at which its call is open', async () => {
    const { clock, open } = createSettlements();
    const [waiting, answered] = [open(), open()];
    answered.answer(10);
    await clock.advance(TIMEOUT_MS);
    expect(answered.settlement.call.cancelled?.code).toBe('deadline_exceeded');
    expect([waiting.written, answered.written]).toEqual([['deadline_exceeded'], ['answer']]);
  });

  it('has memory for its body, once, until it settles', () => {
    const asked: string[] = [];
    const memory = new Uint8Array(10);
    const bodies: BodyMemory = {
      claim: (sizeBytes, dataAt) => {
        asked.push(`claim ${sizeBytes} ${dataAt}`);
        return memory;
      },
      hold: () => true,
      release: (data) => void (data === memory && asked.push('release')),
    };
    const { context } = createSettlements();
    const exchange = new FakeExchange({ ...context, bodies });
    const { settlement } = exchange;
    expect([settlement.claim(10, 3), settlement.claim(20, 0)]).toEqual([memory, undefined]);
    exchange.answer(10);
    expect(asked).toEqual(['claim 10 3']);
    exchange.flush();
    exchange.leave();
    expect([asked, settlement.claim(10, 3)]).toEqual([['claim 10 3', 'release'], undefined]);
  });

  it('may take longer where it says so', async () => {
    const { clock, open } = createSettlements();
    const { settlement, written } = open();
    settlement.unwatch();
    await clock.advance(10 * TIMEOUT_MS);
    expect([written, settlement.call.cancelled]).toEqual([[], undefined]);
  });

  it('that has settled leaves no timer behind', async () => {
    const { clock, open, server } = createSettlements();
    server.draining = true;
    const exchange = open();
    exchange.settlement.expectMore();
    exchange.leave();
    await clock.advance(1_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('whose client leaves while its answer is on its way was left', () => {
    const { open } = createSettlements();
    const exchange = open();
    exchange.answer(10);
    exchange.leave();
    expect(exchange.endings).toMatchObject([{ error: { code: 'cancelled', message: 'the client left' } }]);
    expect(exchange.settlement.call.cancelled?.message).toBe('the client left');
  });

  const seed = chooseSeed();
  it(`is answered at most once, settles once and then holds nothing, beside others (MILLRACE_TEST_SEED=${seed})`, async () => {
    const random = new Random(seed);
    for (let round = 0; round < 200; round++) {
      const settlements = createSettlements();
      const { clock, budget, server } = settlements;
      const exchanges = Array.from({ length: random.integer(1, 4) }, () => settlements.open());
      for (let step = 0; step < 30; step++) {
        const exchange = random.pick(exchanges);
        const { settlement } = exchange;
        await random.pick([
          () => happen(random.pick(ENDS), exchange, settlements),
          () => exchange.receive(random.integer(0, 400)),
          () => exchange.answer(random.integer(0, 400)),
          () => settlement.fail(new TypeError('x is not a function')),
          () => settlement.breakOff(new MillraceError('internal', 'the model failed')),
          () => settlement.expectMore(),
          () => settlement.expectNoMore(),
          () => settlement.free(),
          () => settlement.unwatch(),
          () => exchange.flush(),
          () => clock.advance(random.integer(0, 1_500)),
          () => clock.flush(),
          () => {
            server.draining = true;
            settlement.hurry();
          },
        ])();
        expect(budget.usedBytes).toBe(exchanges.reduce((bytes, { settlement }) => bytes + settlement.heldBytes, 0));
        for (const { settlement, endings } of exchanges) {
          expect(endings.length).toBe(settlement.settled ? 1 : 0);
          if (settlement.settled) expect(settlement.heldBytes).toBe(0);
        }
      }
      for (const exchange of exchanges) exchange.leave();
      await clock.advance(2 * TIMEOUT_MS);
      for (const { written, endings } of exchanges) expect([written.length <= 1, endings.length]).toEqual([true, 1]);
      expect([budget.usedBytes, clock.pendingTimers]).toEqual([0, 0]);
    }
  });
});

describe('the call of a request', () => {
  it('carries its id, who calls, its trace and its deadline', () => {
    const { clock, open } = createSettlements();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { settlement } = open({ 'x-request-id': 'mine', traceparent, tracestate: 'v=1' });
    expect(settlement.call).toMatchObject({
      requestId: 'mine',
      principal: TESTER,
      trace: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', parentSpanId: '00f067aa0ba902b7', state: 'v=1' },
      deadlineAt: clock.now() + TIMEOUT_MS,
    });
  });

  it('is of nobody and has no deadline before it is known who calls', () => {
    const { call } = createSettlements().receive().settlement;
    expect([call.principal.name, call.principal.rights.summary, call.deadlineAt]).toEqual([
      'anonymous',
      'none',
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('that is cancelled is answered by who holds it, where somebody does', async () => {
    const { clock, open } = createSettlements();
    const { settlement, written } = open();
    settlement.call.onCancel(() => {
      queueMicrotask(() => settlement.fail(new MillraceError('internal', 'the holder answers')));
    });
    settlement.cancel(SHUTDOWN);
    await Promise.resolve();
    await clock.flush();
    expect([settlement.call.cancelled, written]).toEqual([SHUTDOWN, ['internal']]);
  });

  it('ends with it, and what was called on its behalf is given up', () => {
    const exchange = createSettlements().open();
    const { call } = exchange.settlement;
    const child = call.child({ receivedAt: 0 });
    exchange.answer(10);
    expect(child.cancelled).toBeUndefined();
    exchange.flush();
    expect([call.cancelled, child.cancelled?.code]).toEqual([undefined, 'cancelled']);
  });

  it('that its deadline cancels says so', async () => {
    const { clock, open } = createSettlements();
    const { settlement } = open();
    await clock.advance(TIMEOUT_MS);
    expect(settlement.call.cancelled?.message).toBe('the request took longer than its 5000 ms');
  });

  it('is not cancelled by its deadline once that is not watched any more', async () => {
    const { clock, open } = createSettlements();
    const { settlement, written } = open();
    settlement.unwatch();
    await clock.advance(2 * TIMEOUT_MS);
    expect([settlement.call.cancelled, written]).toEqual([undefined, []]);
  });
});

describe('the bytes of a request', () => {
  it('that find no room are refused for now, those of an answer for good', () => {
    const { open, receive } = createSettlements();
    open().receive(MAX_BYTES);
    const { settlement } = receive();
    const request = new MillraceError(
      'resource_exhausted',
      'the server already holds 1000 bytes of requests and answers; try again later',
      { retryAfterMs: 1_000 },
    );
    expect(() => settlement.hold(1)).toThrow(request);
    expect(settlement.holdAnswer(1)).toEqual(
      new MillraceError(
        'resource_exhausted',
        'the server already holds 1000 bytes of requests and answers, and has no room for this answer',
      ),
    );
    expect(settlement.holdAnswer(1)?.retryAfterMs).toBeUndefined();
  });

  it('are no longer taken once it is answered, nor those of an answer once it has settled', () => {
    const { open, budget } = createSettlements();
    const { settlement } = open();
    settlement.answer();
    expect(() => settlement.hold(1)).toThrow(new MillraceError('cancelled', 'the client is gone'));
    settlement.settle();
    expect([settlement.holdAnswer(1)?.code, budget.usedBytes]).toEqual(['cancelled', 0]);
  });
});

describe('the open requests of a server', () => {
  it('are those that have not settled, whatever the order in which they do', async () => {
    for (const order of orders([0, 1, 2, 3])) {
      const { context, open } = createSettlements();
      const exchanges = order.map(() => open());
      let idle = false;
      void context.open.idle().then(() => {
        idle = true;
      });
      for (const [index, at] of order.entries()) {
        expect([context.open.all().length, idle]).toEqual([order.length - index, false]);
        exchanges[at]?.leave();
      }
      await Promise.resolve();
      expect([context.open.all(), idle]).toEqual([[], true]);
      await context.open.idle();
    }
  });

  it('are all cancelled, though that takes them out of the list', async () => {
    const { context, clock, open } = createSettlements();
    const exchanges = [open(), open(), open()];
    for (const exchange of exchanges) exchange.settlement.call.onCancel(() => exchange.leave());
    context.open.cancelAll(SHUTDOWN);
    await clock.flush();
    expect(exchanges.map(({ settlement }) => settlement.call.cancelled)).toEqual([SHUTDOWN, SHUTDOWN, SHUTDOWN]);
    expect(context.open.all()).toEqual([]);
  });

  it('are told of the shutdown, but for those of which more is to come', () => {
    const { context, open } = createSettlements();
    const [arriving, waiting] = [open(), open()];
    arriving.settlement.expectMore();
    context.open.drain();
    expect([arriving.hurries, waiting.hurries]).toEqual([0, 1]);
  });
});

describe('a fault', () => {
  const fault = new TypeError('x is not a function');

  it('is told to the log, and hidden from the client', () => {
    const { open, diagnostics } = createSettlements();
    const { settlement, written } = open({ 'x-request-id': 'mine' });
    settlement.fail(fault);
    expect([written, settlement.error?.message]).toEqual([
      ['internal'],
      'internal error; the server log has the details',
    ]);
    expect(diagnostics).toEqual([
      {
        level: 'error',
        room: 'server',
        message: 'POST /v2/models/m/infer failed unexpectedly',
        fields: { requestId: 'mine' },
        error: fault,
      },
    ]);
  });

  it('is told to the log as well when the request has its answer', () => {
    const { open, diagnostics } = createSettlements();
    const { settlement, written } = open();
    settlement.fail(new MillraceError('not_found', 'there is no such model'));
    settlement.fail(fault);
    expect([written, settlement.error?.code, diagnostics.length]).toEqual([['not_found'], 'not_found', 1]);
  });
});

describe('while the server shuts down, a request of which more is to come', () => {
  it.each([['received before', true] as const, ['received after', false] as const])(
    'and that was %s ends once nothing has come for two seconds',
    async (_when, before) => {
      const { clock, open, server } = createSettlements();
      const exchange = open();
      const { settlement, written } = exchange;
      server.draining = !before;
      settlement.expectMore();
      server.draining = true;
      if (before) settlement.hurry();
      await clock.advance(1_900);
      exchange.receive(10);
      await clock.advance(2_000);
      expect(written).toEqual([]);
      await clock.advance(100);
      expect([written, settlement.error]).toMatchObject([['unavailable'], { retryAfterMs: 1_000 }]);
    },
  );

  it('does not get more time by being told again', async () => {
    const { clock, context, open } = createSettlements();
    const { settlement, written } = open();
    settlement.expectMore();
    context.open.drain();
    await clock.advance(1_500);
    context.open.drain();
    await clock.advance(500);
    expect(written).toEqual(['unavailable']);
  });

  it('is not waited for once it is answered', () => {
    const { open } = createSettlements();
    const { settlement } = open();
    settlement.expectMore();
    expect(settlement.arriving).toBe(true);
    settlement.fail(new MillraceError('not_found', 'there is no such model'));
    expect(settlement.arriving).toBe(false);
  });

  it('may take its time once all of it has come', async () => {
    const { clock, open, server } = createSettlements();
    const { settlement, written } = open();
    settlement.expectMore();
    server.draining = true;
    settlement.hurry();
    settlement.expectNoMore();
    await clock.advance(4_000);
    expect(written).toEqual([]);
  });
});
