/** A loaded model that may have to make room. */
export interface Resident {
  readonly name: string;
  /** What its eviction frees. */
  readonly bytes: number;
  /** How long it would take to load it again. */
  readonly reloadMs: number;
  /** How often it is asked for; any unit that is the same for all. */
  readonly rate: number;
  /** It must stay: busy, pinned, only just loaded, needed by another model. */
  readonly isProtected: boolean;
}

/** What a byte of the model saves by staying: the time of loads that its eviction would cause, by byte. */
export function worthOf({ rate, reloadMs, bytes }: Pick<Resident, 'rate' | 'reloadMs' | 'bytes'>): number {
  return (rate * reloadMs) / Math.max(1, bytes);
}

/**
 * The models to evict so that at least `neededBytes` become free: those of the least value, and of these none that need not go. undefined =
 * all that may go free less.
 */
export function chooseVictims(residents: readonly Resident[], neededBytes: number): readonly Resident[] | undefined {
  if (neededBytes <= 0) return [];
  const candidates = residents
    .filter(({ isProtected, bytes }) => !isProtected && bytes > 0)
    .map((resident) => ({ resident, value: worthOf(resident) }))
    .sort((a, b) => a.value - b.value || (a.resident.name < b.resident.name ? -1 : 1));
  const chosen: Resident[] = [];
  let freed = 0;
  for (const { resident } of candidates) {
    if (freed >= neededBytes) break;
    chosen.push(resident);
    freed += resident.bytes;
  }
  if (freed < neededBytes) return undefined;
  // A large one that was taken last may make smaller ones before it needless: the most valuable of them stay.
  for (const resident of chosen.toReversed()) {
    if (freed - resident.bytes < neededBytes) continue;
    chosen.splice(chosen.indexOf(resident), 1);
    freed -= resident.bytes;
  }
  return chosen;
}
