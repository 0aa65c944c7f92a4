import type { Timer } from '../../core/index.js';
import { diffScan } from '../../repository/index.js';
import { applyNames } from './apply-names.js';
import type { LoadingParts } from './parts.js';

/** Scans the repositories again and again: loads what is new or changed, unloads what is gone, leaves the rest, and what cannot be judged. */
export class Polling {
  readonly #parts: LoadingParts;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(parts: LoadingParts) {
    this.#parts = parts;
  }

  /** Begins, with the first scan in `pollIntervalMs`. */
  start(): void {
    if (this.#stopped) return;
    const { options, clock, turns, events } = this.#parts;
    this.#timer = clock.setTimer(options.pollIntervalMs, () => {
      turns
        .takeAll(() => this.#scan())
        .catch((error: unknown) => {
          const message = 'a scan of the repositories failed';
          events.publish('diagnostic', { level: 'error', room: 'repository', message, error });
        })
        .finally(() => this.start());
    });
  }

  /** A scan in progress goes on, and is the last. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.clear();
  }

  async #scan(): Promise<void> {
    const { repository, known, watch, index, loader } = this.#parts;
    const scan = watch.judge(await repository.scan());
    index.report(scan);
    index.noteUnselected(scan);
    const { added, changed, removed, sources } = diffScan(known.all, scan);
    known.replace(sources);
    applyNames(this.#parts, sources, { isFinal: false });
    const round = loader.createRound();
    round.add([...added, ...changed.map(({ to }) => to)]);
    await round.results();
    applyNames(this.#parts, sources, { isFinal: true, isWhole: true });
    // Whose runner could not start again while its files were away is loaded once they are back.
    known.loadAgain(known.all.filter((source) => watch.keeps(source) && !index.serves(source)));
    const kept = removed.filter(({ name }) => index.hasFailed(name, sources));
    known.replace([...known.all, ...kept]);
    index.retire(
      removed.filter((source) => !kept.includes(source)),
      scan,
    );
  }
}
