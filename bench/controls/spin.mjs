// Declared stress: keeps half of a core busy, 5 ms of each 10 ms by the clock, as long as who started it runs. `--busy` starts one for each core.
const SPIN_MS = 5;
const REST_MS = 5;

const sleeper = new Int32Array(new SharedArrayBuffer(4));
const parent = process.ppid;
while (process.ppid === parent) {
  const endsAt = performance.now() + SPIN_MS;
  while (performance.now() < endsAt);
  Atomics.wait(sleeper, 0, 0, REST_MS);
}
