import type { Events, FinishReason, MillraceError, Timing } from '../../core/index.js';
import { Distribution, FIRST_ANSWERS, GENERATIONS, TOKEN_GAPS, TOKENS } from './distribution.js';

/** What has been counted of the streams and tokens of one model version. */
export class GenerationMetrics {
  /** Its model generates text, or has said at least once what a call has taken. */
  counted = false;
  promptTokens = 0;
  cachedTokens = 0;
  completionTokens = 0;
  readonly finished: Record<FinishReason, number> = { stop: 0, length: 0, tool_calls: 0, content_filter: 0 };
  /** Generations that had begun and whose callers gave up on them. */
  aborted = 0;
  /** Generations that had begun and that model or runner have broken off. */
  failed = 0;
  readonly firstResponse = new Distribution(FIRST_ANSWERS);
  readonly tokenGaps = new Distribution(TOKEN_GAPS);
  readonly perToken = new Distribution(TOKEN_GAPS);
  #whole: WholeGenerations | undefined;

  /** Of generations that ended by themselves. */
  get whole(): WholeGenerations {
    this.#whole ??= new WholeGenerations();
    return this.#whole;
  }

  /** While a call is answered: nothing of it is counted at its end again. */
  recordUsage({ call, added, isFirst, sinceMs }: Events['usageGrew']): void {
    const { promptTokens, cachedTokens = 0, completionTokens, onlyRead = false } = added;
    this.counted = true;
    if (onlyRead) return;
    this.promptTokens += promptTokens;
    this.cachedTokens += cachedTokens;
    this.completionTokens += completionTokens;
    if (isFirst) this.#recordFirst(call.timing);
    // An answer may have the text of several tokens.
    if (sinceMs !== undefined && completionTokens > 0)
      this.tokenGaps.observe(sinceMs / completionTokens, completionTokens);
  }

  /** At the end of a call. */
  recordEnd(timing: Timing, error: MillraceError | undefined): void {
    const { usage, finishReason, firstResponseAt, finishedAt } = timing;
    if (usage?.onlyRead === true) return;
    if (usage === undefined) this.#recordFirst(timing);
    if (error !== undefined) {
      this.#recordFailure(error, timing);
      return;
    }
    if (finishReason !== undefined) this.finished[finishReason]++;
    if (usage === undefined || timing.cache === 'hit') return;
    this.whole.record(timing, usage);
    if (firstResponseAt > 0 && usage.completionTokens > 1) {
      this.perToken.observe((finishedAt - firstResponseAt) / (usage.completionTokens - 1));
    }
  }

  #recordFirst({ firstResponseAt, receivedAt }: Timing): void {
    if (firstResponseAt > 0) this.firstResponse.observe(firstResponseAt - receivedAt);
  }

  /** What was refused, by the queue or by the model, has not been a generation. */
  #recordFailure({ code }: MillraceError, { dequeuedAt }: Timing): void {
    if (dequeuedAt === 0) return;
    if (code === 'cancelled' || code === 'deadline_exceeded') this.aborted++;
    else if (code === 'internal' || code === 'unavailable') this.failed++;
  }
}

/** Times and sizes of generations that ended by themselves. */
class WholeGenerations {
  readonly promptTokens = new Distribution(TOKENS);
  readonly completionTokens = new Distribution(TOKENS);
  readonly duration = new Distribution(GENERATIONS);
  readonly queue = new Distribution(GENERATIONS);
  readonly compute = new Distribution(GENERATIONS);
  readonly prefill = new Distribution(GENERATIONS);
  readonly decode = new Distribution(GENERATIONS);

  record(timing: Timing, usage: NonNullable<Timing['usage']>): void {
    const { receivedAt, enqueuedAt, prepareMs, startedAt, firstResponseAt, finishedAt } = timing;
    this.promptTokens.observe(usage.promptTokens);
    this.completionTokens.observe(usage.completionTokens);
    this.duration.observe(finishedAt - receivedAt);
    this.queue.observe(startedAt - enqueuedAt - prepareMs);
    this.compute.observe(finishedAt - startedAt);
    if (firstResponseAt === 0) return;
    this.prefill.observe(firstResponseAt - startedAt);
    this.decode.observe(finishedAt - firstResponseAt);
  }
}
