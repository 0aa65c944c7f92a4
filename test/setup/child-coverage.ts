import { inject } from 'vitest';

// Node hands this on to every child process, which writes its coverage there when it ends by itself. Set here and not
// in the environment of vitest, so that the test process's own coverage has one collector only.
const folder = inject('childCoverageFolder');
if (folder !== '') process.env.NODE_V8_COVERAGE = folder;
