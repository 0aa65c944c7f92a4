/**
 * Jobs of several tenants, who take turns: after each, a tenant's other jobs wait behind those of all others. Its own keep their order. The
 * queue holds a bounded number.
 */
export class TurnQueue<Job> {
  readonly #maxJobs: number;
  /** In the order of their turns; none is empty. */
  readonly #lines = new Map<string, Job[]>();
  #size = 0;

  constructor(maxJobs: number) {
    this.#maxJobs = maxJobs;
  }

  get size(): number {
    return this.#size;
  }

  /** False where it is full. */
  push(tenant: string, job: Job): boolean {
    if (this.#size >= this.#maxJobs) return false;
    const line = this.#lines.get(tenant);
    if (line === undefined) this.#lines.set(tenant, [job]);
    else line.push(job);
    this.#size++;
    return true;
  }

  /** The next job of a tenant that may have a turn now; undefined = none may. */
  take(mayRun: (tenant: string) => boolean): { readonly tenant: string; readonly job: Job } | undefined {
    for (const [tenant, line] of this.#lines) {
      if (!mayRun(tenant)) continue;
      // Its next turn comes after those of all others.
      this.#lines.delete(tenant);
      const job = line.shift() as Job;
      if (line.length > 0) this.#lines.set(tenant, line);
      this.#size--;
      return { tenant, job };
    }
    return undefined;
  }

  /** Takes out all jobs, in no order. */
  clear(): readonly Job[] {
    const jobs = [...this.#lines.values()].flat();
    this.#lines.clear();
    this.#size = 0;
    return jobs;
  }
}
