import { setTimeout as pause } from 'node:timers/promises';
import { RawClient, requestText } from '../../support/raw-client.js';
import { errorOf } from './dialects.js';
import { as } from './keys.js';
import { fail, type LaneOptions, withinLimit } from './lane.js';
import { TEXT_MODEL } from './text-model.js';

const PROMPTS = ['And the LORD said', 'In the beginning', 'And it came to pass', 'Then answered Jesus'];
const TOKENS = 4;

/** A client that has one prompt after the other completed, and expects what the model has always said to it. */
export async function runTexts({ port, random, journal, stopped }: LaneOptions): Promise<void> {
  const counts = journal.countsOf(TEXT_MODEL);
  while (!stopped()) {
    const client = await RawClient.connect(port).catch(() => undefined);
    // The port is gone for good.
    if (client === undefined) return;
    const prompt = random.pick(PROMPTS);
    const body = { model: TEXT_MODEL, prompt, temperature: 0, ignore_eos: true, max_tokens: TOKENS };
    counts.sent++;
    const sentAt = performance.now();
    client.send(requestText('POST /v1/completions', as('oracle'), JSON.stringify(body)));
    try {
      const response = await withinLimit(client);
      const { status, headers } = response;
      if (status !== 200) {
        const failure = { status, message: errorOf(response), sentAt, retryAfter: headers['retry-after'] };
        fail(journal, TEXT_MODEL, failure);
      } else {
        const { choices, usage } = JSON.parse(response.body.toString());
        const said = `${usage.completion_tokens} tokens: ${choices[0].text}`;
        const expected = journal.textFor(prompt, said);
        if (said === expected) counts.right++;
        else journal.wrong.push(`'${prompt}' was completed by ${said}, and before by ${expected}`);
      }
    } catch (error) {
      fail(journal, TEXT_MODEL, { status: 0, message: (error as Error).message, sentAt });
    }
    client.socket.destroy();
    await pause(random.integer(1, 50));
  }
}
