import type { FinishReason, Timing } from '../../core/index.js';
import { Distribution, DURATIONS } from './distribution.js';

/** What has been counted of the streams and tokens of one model version. */
export class GenerationMetrics {
  /** Its model has said at least once what a call has taken. */
  counted = false;
  promptTokens = 0;
  cachedTokens = 0;
  completionTokens = 0;
  readonly finished: Record<FinishReason, number> = { stop: 0, length: 0, tool_calls: 0, content_filter: 0 };
  readonly firstResponse = new Distribution(DURATIONS);
  readonly perToken = new Distribution(DURATIONS);

  /** Calls that failed count as well: their tokens were computed. */
  record(timing: Timing, succeeded: boolean): void {
    const { usage, finishReason, firstResponseAt, finishedAt } = timing;
    if (firstResponseAt > 0) this.firstResponse.observe(firstResponseAt - timing.receivedAt);
    if (finishReason !== undefined) this.finished[finishReason]++;
    if (usage === undefined) return;
    const { promptTokens, cachedTokens = 0, completionTokens } = usage;
    this.counted = true;
    this.promptTokens += promptTokens;
    this.cachedTokens += cachedTokens;
    this.completionTokens += completionTokens;
    if (succeeded && firstResponseAt > 0 && completionTokens > 1) {
      this.perToken.observe((finishedAt - firstResponseAt) / (completionTokens - 1));
    }
  }
}
