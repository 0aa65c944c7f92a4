import { expect, it } from 'vitest';
import { parsePerf } from './perf.js';

it('the samples of perf name the process, the part and the function', () => {
  const text = [
    '  812     7f00aa11bb22 llhttp__internal_execute (/usr/local/bin/node)',
    '  812 ffffffff81a0b0c0 tcp_sendmsg_locked ([kernel.kallsyms])',
    '  812     7f5b6e01bc70 [unknown] (/tmp/perf-812.map)',
    '  913     7f00aa11cc33 std::function<void (int)>::operator()(int) const (/opt/libonnxruntime.so.1)',
    '  913     7f00aa11cc44 [unknown] (/lib/libc.so.6)',
    '',
  ].join('\n');
  expect(parsePerf(text)).toEqual([
    { pid: 812, object: 'node', symbol: 'llhttp__internal_execute' },
    { pid: 812, object: 'kernel', symbol: 'tcp_sendmsg_locked' },
    { pid: 812, object: 'compiled JavaScript', symbol: 'compiled JavaScript' },
    { pid: 913, object: 'libonnxruntime.so.1', symbol: 'std::function<void (int)>::operator()(int) const' },
    { pid: 913, object: 'libc.so.6', symbol: 'libc.so.6' },
  ]);
});
