// Given to a server with --import: on SIGWINCH it writes how many of its timers run as a line of JSON. What Node itself
// counts leaves out those that keep no process alive.
const { setTimeout: set, clearTimeout: clear } = globalThis;
const running = new Set();

globalThis.setTimeout = (callback, ...rest) => {
  const timer = set(
    (...values) => {
      running.delete(timer);
      callback(...values);
    },
    ...rest,
  );
  running.add(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  running.delete(timer);
  clear(timer);
};

process.on('SIGWINCH', () => process.stdout.write(`${JSON.stringify({ timers: running.size })}\n`));
